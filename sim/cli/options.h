/// What the command line said, as plain data: program.cpp fills it, the subcommands read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/replay/timeline/perfetto.h"

namespace farfault::cli {

enum class Format : std::uint8_t { kTable, kJson, kCsv, kMarkdown };
enum class ColorMode : std::uint8_t { kAuto, kAlways, kNever };
enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };

/// What every subcommand understands.
struct CommonOptions {
  ColorMode color = ColorMode::kAuto;
  Verbosity verbosity = Verbosity::kNormal;
  std::vector<std::string> plugins;  ///< paths, of commands that choose or show policies
};

struct RunOptions {
  std::string scenario;  ///< a path, "-", or a name under configs/scenarios
  std::vector<std::string> sets;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> output;  ///< "-": no folder, results.json on stdout
  bool force = false;
  bool check = false;
  bool with_optimal = false;
  std::optional<std::uint64_t> sample_seeds;  ///< samples that estimates are from
  bool timeline = true;                       ///< timeline.json beside the results
  std::optional<std::string> perfetto;        ///< file of the trace for the viewer
  PerfettoOptions perfetto_options;
  std::optional<Format> format;  ///< the summary if none is given
};

struct RecordOptions {
  std::vector<std::string> command;  ///< the program and its arguments
  std::optional<std::string> output;
  std::optional<std::uint64_t> max_accesses;
  std::uint64_t skip = 0;
  bool force = false;
};

struct ListOptions {
  std::string kind;  ///< one of kinds(), or empty for all
  bool names = false;
  Format format = Format::kTable;
};

struct DescribeOptions {
  std::string name;  ///< "lru" or "eviction/lru"
  Format format = Format::kTable;
};

struct CompletionOptions {
  std::string shell;  ///< "bash", "zsh" or "fish"
};

}  // namespace farfault::cli
