#include "sim/cli/validate/cases.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <thread>
#include <utility>

#include "analysis/threshold.h"
#include "analysis/validation/judge.h"
#include "analysis/validation/suite_export.h"
#include "sim/cli/compare/child_pool.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/validate/validate_report.h"
#include "sim/cli/version.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"
#include "sim/replay/simulation.h"

namespace farfault::cli {
namespace {

using analysis::ValidationCase;

constexpr std::uint64_t kMostJobs = 1024;

/// A run of a case, by place.
struct PlannedRun {
  std::size_t of = 0;
  std::string name;
  std::vector<std::string> sets;
};

RunSpec load(const ValidationCase& of, const PlannedRun& run, const Context& context) {
  if (!of.scenario_is_text) return load_given_scenario(of.scenario, run.sets, context);
  const std::string name = "case " + of.name + ", run " + run.name;
  return load_scenario_text(of.scenario, name, context.paths.configs, run.sets, context.paths, context.catalogue);
}

/// In a child: results.json of a run.
std::vector<std::string> run_one(const ValidationCase& of, const PlannedRun& run, const Context& context,
                                 const ProgressSink& progress) {
  const RunSpec spec = load(of, run, context);
  SimulationOptions simulation;
  simulation.on_progress = progress;
  const RunResult result = simulate(spec, context.catalogue, simulation);
  return {results_json(spec, result, version_text())};
}

std::vector<analysis::Threshold> thresholds_of(const ValidateOptions& options) {
  std::vector<analysis::Threshold> out;
  for (const std::string& text : options.fail_if) {
    out.push_back(analysis::parse_threshold(text));
    if (out.back().relative) {
      throw Error(ExitCode::kUsage,
                  "--fail-if: '" + printable(text) + "' is relative to nothing; write 'rows.missed > 0'");
    }
  }
  return out;
}

/// Through the comparison's judge: the summary is its second column.
std::vector<std::string> beyond(const std::vector<analysis::Threshold>& thresholds, const analysis::Summary& summary) {
  analysis::ResultFile figures;
  figures.statistics = analysis::summary_figures(summary);
  std::vector<analysis::Column> columns;
  columns.push_back({"nothing", analysis::ResultFile(), {}});
  columns.push_back({"validation", std::move(figures), {}});
  const analysis::Comparison comparison = analysis::compare(std::move(columns));
  std::vector<std::string> out;
  for (const analysis::Threshold& threshold : thresholds) {
    for (const analysis::Verdict& verdict : analysis::judge(threshold, comparison)) {
      if (verdict.kind != analysis::Verdict::Kind::kHolds) out.push_back(verdict.words);
    }
  }
  return out;
}

/// Runs the runs of all cases side by side.
class SuiteRun {
 public:
  SuiteRun(const ValidateOptions& options, const Context& context, std::vector<ValidationCase> cases)
      : options_(options), context_(context), cases_(std::move(cases)), outcomes_(cases_.size()) {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      for (const analysis::CaseRun& run : cases_[i].runs) {
        runs_.push_back({i, run.name, run.sets});
        runs_.back().sets.insert(runs_.back().sets.end(), options.sets.begin(), options.sets.end());
      }
    }
  }

  std::vector<analysis::JudgedCase> run() {
    const InterruptGuard guard{std::filesystem::path()};
    std::vector<ChildJob> jobs;
    jobs.reserve(runs_.size());
    for (const PlannedRun& run : runs_) {
      jobs.push_back(
          {[this, &run](const ProgressSink& progress) { return run_one(cases_[run.of], run, context_, progress); }});
    }
    const std::size_t at_once =
        std::clamp<std::uint64_t>(options_.jobs.value_or(std::thread::hardware_concurrency()), 1, kMostJobs);
    run_in_children(
        jobs, at_once, context_.common.verbosity,
        [this](std::size_t job, ChildResult result) { take(runs_[job], std::move(result)); }, "validating");
    std::vector<analysis::JudgedCase> out;
    out.reserve(cases_.size());
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      out.push_back(analysis::judge_case(std::move(cases_[i]), outcomes_[i]));
    }
    return out;
  }

 private:
  void take(const PlannedRun& run, ChildResult result) {
    analysis::RunOutcome& outcome = outcomes_[run.of][run.name];
    outcome.failure = std::move(result.failure);
    if (outcome.failure.empty() && result.texts.empty()) outcome.failure = "gave no results";
    const std::string name = cases_[run.of].name + ", run " + run.name;
    info(name + (outcome.failure.empty() ? " is done" : " failed"));
    if (outcome.failure.empty()) outcome.result = analysis::parse_result(result.texts.front(), name);
  }

  const ValidateOptions& options_;
  const Context& context_;
  std::vector<ValidationCase> cases_;
  std::vector<analysis::RunOutcomes> outcomes_;
  std::vector<PlannedRun> runs_;
};

void print_suite(const std::vector<analysis::JudgedCase>& cases, const analysis::Summary& summary, Format format,
                 ColorMode color) {
  switch (format) {
    case Format::kJson:
      return print(analysis::suite_json(cases, summary));
    case Format::kCsv:
      return print(analysis::suite_csv(cases));
    case Format::kTable:
    case Format::kMarkdown:
      return print(report_text(suite_report(cases, summary), format, color));
  }
}

ExitCode list_cases(const std::vector<ValidationCase>& cases, const ValidateOptions& options, const Context& context) {
  Table table{{"case", "runs", "rows", "fast", "title"}, {}};
  for (const ValidationCase& each : cases) {
    table.rows.push_back({each.name, std::to_string(each.runs.size()), std::to_string(each.rows.size()),
                          each.fast ? "yes" : "no", each.title});
  }
  print(formatted(table, options.format, context.common.color));
  return ExitCode::kOk;
}

}  // namespace

ExitCode validate_cases(const ValidateOptions& options, const Context& context) {
  const std::vector<analysis::Threshold> thresholds = thresholds_of(options);
  if (options.jobs && *options.jobs == 0) throw Error(ExitCode::kUsage, "-j 0 runs nothing");
  std::vector<ValidationCase> found = find_cases(options, context);
  if (options.list) return list_cases(found, options, context);
  const std::vector<analysis::JudgedCase> cases = SuiteRun(options, context, std::move(found)).run();
  const analysis::Summary summary = analysis::summarise(cases);
  // Before anything is printed: a threshold on a figure that does not exist is a usage error.
  const std::vector<std::string> broken = beyond(thresholds, summary);
  print_suite(cases, summary, options.format, context.common.color);
  for (const std::string& words : broken) print_error(words);
  if (summary.failed > 0) {
    print_error(std::to_string(summary.failed) + (summary.failed == 1 ? " row" : " rows") +
                " could not be simulated; see the lines that begin with \"failed\"");
    return ExitCode::kRunFailed;
  }
  return broken.empty() ? ExitCode::kOk : ExitCode::kComparisonBeyondThreshold;
}

}  // namespace farfault::cli
