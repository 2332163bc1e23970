/// What the command line of `farfault compare` said, as plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/options.h"
#include "sim/core/units.h"

namespace farfault::cli {

struct CompareOptions {
  std::vector<std::string> given;    ///< a scenario or a folder of them; or folders of results, two or more
  std::vector<std::string> designs;  ///< columns; empty: those of the scenario
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> output;
  bool force = false;
  std::vector<std::string> at;       ///< sizes of device memory; not empty: set-up figures, no replay
  std::vector<std::string> fail_if;  ///< thresholds
  std::vector<std::string> figures;  ///< patterns
  bool all = false;
  std::optional<std::uint64_t> jobs;
  std::optional<std::string> sensitivity;  ///< a figure
  bool timeline = true;                    ///< timeline.json beside each run's results
  double factor = 2;                       ///< of a sensitivity; > 1
  std::vector<std::string> parameters;     ///< patterns, of a sensitivity
  Format format = Format::kTable;
};

}  // namespace farfault::cli
