/// What `compare` can do: replay columns, read results, add memory without a replay, vary assumptions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/comparison_json.h"
#include "sim/cli/commands.h"
#include "sim/cli/compare/options.h"
#include "sim/cli/compare/plan.h"
#include "sim/cli/compare/report.h"
#include "sim/replay/results.h"

namespace farfault::cli {

ExitCode compare_scenarios(const CompareOptions& options, const Context& context);
ExitCode compare_results(const CompareOptions& options, const Context& context);
ExitCode compare_setups(const CompareOptions& options, const Context& context);
ExitCode compare_sensitivity(const CompareOptions& options, const Context& context);

/// Runs at once, as -j says.
std::size_t jobs_at_once(const CompareOptions& options);

/// The folder of -o, or null. Fails early, as OutputDirectory does.
std::unique_ptr<OutputDirectory> open_output(const CompareOptions& options);
/// Renames the folder and says where it is.
void commit(OutputDirectory& output, const Context& context);

/// What is shown of each comparison. Throws Error with exit code 2 for a pattern of --figures that no figure fits; what
/// only failed columns might have is not missed.
ReportView view_of(const CompareOptions& options, const analysis::Comparison& comparison);

/// Prints what was compared: `report` for tables and Markdown, else JSON or CSV.
void print_comparisons(const CompareOptions& options, const Context& context, const std::string& kind,
                       const std::vector<analysis::Titled>& comparisons, const Report& report);

/// Says on stderr what failed and what is beyond a threshold. 1 for a column that failed, else 4 beyond a threshold.
/// What does not fit at set-up has not failed: that is an answer.
ExitCode outcome(const std::vector<analysis::Titled>& comparisons, bool setups = false);

std::vector<analysis::Threshold> thresholds_of(const CompareOptions& options);
/// Verdicts on all thresholds. None if every column failed.
std::vector<analysis::Verdict> judge_all(const std::vector<analysis::Threshold>& thresholds,
                                         const analysis::Comparison& comparison);

}  // namespace farfault::cli
