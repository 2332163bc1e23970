#include "sim/cli/compare/modes.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "analysis/pattern.h"
#include "sim/cli/terminal.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

bool fits_some(const std::string& pattern, const analysis::Comparison& comparison) {
  return std::any_of(comparison.rows.begin(), comparison.rows.end(),
                     [&](const analysis::Row& row) { return analysis::matches(pattern, row.name); });
}

void check_options(const CompareOptions& options, bool results) {
  const auto refuse = [](const std::string& text) { throw Error(ExitCode::kUsage, text); };
  if (!options.at.empty() && options.sensitivity) refuse("--at and --sensitivity do not go together");
  if (!options.sensitivity && !options.parameters.empty()) refuse("--parameters is for --sensitivity");
  if (options.sensitivity && (!options.fail_if.empty() || !options.figures.empty())) {
    refuse("--sensitivity is about one figure; --fail-if and --figures are for comparisons");
  }
  if (options.jobs && *options.jobs == 0) refuse("-j 0 runs nothing");
  if (!results) return;
  const bool of_scenario = !options.designs.empty() || !options.sets.empty() || options.seed || !options.at.empty() ||
                           options.sensitivity || options.jobs;
  if (of_scenario) {
    refuse(
        "several arguments are folders of results of earlier runs, which run no more: --designs, --set, --seed, "
        "--at, --sensitivity and -j are for one scenario");
  }
}

}  // namespace

std::size_t jobs_at_once(const CompareOptions& options) {
  constexpr std::uint64_t kMost = 1024;
  return std::max<std::size_t>(
      1, std::min<std::uint64_t>(options.jobs.value_or(std::thread::hardware_concurrency()), kMost));
}

std::unique_ptr<OutputDirectory> open_output(const CompareOptions& options) {
  if (!options.output) return nullptr;
  return std::make_unique<OutputDirectory>(*options.output, options.force ? IfExists::kReplace : IfExists::kRefuse);
}

void commit(OutputDirectory& output, const Context& context) {
  const std::filesystem::path left = output.commit();
  if (!left.empty()) warn("could not remove the old results: " + printable(left.native(), 4096));
  if (context.common.verbosity != Verbosity::kQuiet) say("results: " + printable(output.target().native(), 4096));
}

ReportView view_of(const CompareOptions& options, const analysis::Comparison& comparison) {
  ReportView view;
  view.zeros = options.all;
  view.patterns = !options.figures.empty() ? options.figures
                  : options.all            ? std::vector<std::string>{"*"}
                                           : usual_figures();
  if (comparison.rows.empty()) return view;
  for (const std::string& pattern : options.figures) {
    if (fits_some(pattern, comparison)) continue;
    throw Error(ExitCode::kUsage, "--figures: no figure is named \"" + printable(pattern) + "\"; " +
                                      name_hint(pattern, analysis::figure_names(comparison)));
  }
  return view;
}

void print_comparisons(const CompareOptions& options, const Context& context, const std::string& kind,
                       const std::vector<analysis::Titled>& comparisons, const Report& report) {
  switch (options.format) {
    case Format::kJson:
      return print(analysis::comparisons_json(kind, comparisons));
    case Format::kCsv:
      return print(analysis::comparisons_csv(comparisons));
    case Format::kTable:
    case Format::kMarkdown:
      return print(report_text(report, options.format, context.common.color));
  }
}

ExitCode outcome(const std::vector<analysis::Titled>& comparisons, bool setups) {
  ExitCode code = ExitCode::kOk;
  for (const analysis::Titled& titled : comparisons) {
    const std::string where = titled.heading.name.empty() ? "" : printable(titled.heading.name) + ": ";
    for (const analysis::Verdict& verdict : titled.verdicts) {
      if (verdict.kind == analysis::Verdict::Kind::kHolds) continue;
      print_error(where + verdict.words);
      if (code == ExitCode::kOk) code = ExitCode::kComparisonBeyondThreshold;
    }
    for (const analysis::Column& column : titled.comparison.columns) {
      if (column.result || setups) continue;
      print_error(where + printable(column.name) + ": " + column.failure);
      code = ExitCode::kRunFailed;
    }
  }
  return code;
}

std::vector<analysis::Threshold> thresholds_of(const CompareOptions& options) {
  std::vector<analysis::Threshold> out;
  out.reserve(options.fail_if.size());
  for (const std::string& text : options.fail_if) out.push_back(analysis::parse_threshold(text));
  return out;
}

std::vector<analysis::Verdict> judge_all(const std::vector<analysis::Threshold>& thresholds,
                                         const analysis::Comparison& comparison) {
  std::vector<analysis::Verdict> out;
  if (comparison.rows.empty()) return out;
  for (const analysis::Threshold& threshold : thresholds) {
    const std::vector<analysis::Verdict> verdicts = analysis::judge(threshold, comparison);
    out.insert(out.end(), verdicts.begin(), verdicts.end());
  }
  return out;
}

ExitCode compare(const CompareOptions& options, const Context& context) {
  const bool results = are_results(options);
  check_options(options, results);
  if (results) return compare_results(options, context);
  if (!options.at.empty()) return compare_setups(options, context);
  if (options.sensitivity) return compare_sensitivity(options, context);
  return compare_scenarios(options, context);
}

}  // namespace farfault::cli
