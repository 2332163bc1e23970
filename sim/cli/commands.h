/// The subcommands. Each returns its exit code, writes its data to stdout and all else to stderr, and throws Error.
#pragma once

#include <string>
#include <vector>

#include "sim/cli/calibrate/options.h"
#include "sim/cli/command_tree.h"
#include "sim/cli/compare/options.h"
#include "sim/cli/options.h"
#include "sim/cli/report/options.h"
#include "sim/cli/sweep/options.h"
#include "sim/cli/validate/options.h"
#include "sim/config/catalogue.h"
#include "sim/config/load.h"
#include "sim/core/error.h"

namespace farfault::cli {

/// What the subcommands share.
struct Context {
  std::vector<std::string> arguments;  ///< argv
  CommonOptions common;
  Catalogue catalogue;
  ConfigPaths paths;
};

ExitCode run(const RunOptions& options, const Context& context);
ExitCode compare(const CompareOptions& options, const Context& context);
ExitCode calibrate(const CalibrateOptions& options, const Context& context);
ExitCode validate(const ValidateOptions& options, const Context& context);
ExitCode record(const RecordOptions& options, const CommonOptions& common);
/// `verb`: "sweep", "status", ...
ExitCode sweep(const std::string& verb, const SweepOptions& options, const Context& context);
ExitCode make_report(const ReportOptions& options, const CommonOptions& common);
ExitCode list(const ListOptions& options, const Context& context);
ExitCode describe(const DescribeOptions& options, const Context& context);
ExitCode completion(const CompletionOptions& options, const CommandTree& tree);
ExitCode version();

/// Loads what run and validate were given: "-", a path, or the name of a shipped scenario.
RunSpec load_given_scenario(const std::string& given, const std::vector<std::string>& sets, const Context& context);

}  // namespace farfault::cli
