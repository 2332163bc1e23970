/// What the command line of `farfault validate` said, as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/options.h"

namespace farfault::cli {

struct ValidateOptions {
  std::vector<std::string> scenarios;  ///< to check; none: the validation cases are run
  std::vector<std::string> sets;
  Format format = Format::kTable;
  // Of the cases.
  std::vector<std::string> cases;     ///< patterns of their names; none: all
  std::optional<std::string> folder;  ///< where they are; else beside the configs
  bool fast = false;                  ///< only those that are marked so
  bool list = false;                  ///< names and titles, nothing runs
  std::optional<std::uint64_t> jobs;
  std::vector<std::string> fail_if;
};

}  // namespace farfault::cli
