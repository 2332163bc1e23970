#include <algorithm>
#include <set>
#include <utility>

#include "sim/cli/compare/child_pool.h"
#include "sim/cli/compare/modes.h"
#include "sim/cli/file_name.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/run_files.h"
#include "sim/cli/terminal.h"
#include "sim/cli/version.h"
#include "sim/core/error.h"

namespace farfault::cli {
namespace {

/// Folders and files of one folder, each with a name of its own.
class FolderNames {
 public:
  std::string name_for(const std::string& name) {
    const std::string plain = file_name(name);
    std::string out = plain;
    for (int number = 2; !taken_.insert(out).second; ++number) out = plain + '-' + std::to_string(number);
    return out;
  }

 private:
  std::set<std::string> taken_ = {"compare.json", "compare.md", "results.json"};
};

/// In a child: the files of the column's run, results.json first, or that alone.
std::vector<std::string> run_column(const RunSpec& spec, const CompareOptions& options, const Context& context,
                                    bool all_files, const ProgressSink& progress) {
  RunRecord record;
  if (all_files && spec.workload.trace) record.trace_hash = file_hash(*spec.workload.trace);
  SimulationOptions simulation;
  simulation.on_progress = progress;
  Timeline timeline;
  if (all_files && options.timeline) simulation.timeline = &timeline;
  const RunResult result = simulate_recorded(spec, context, simulation, record);
  if (!all_files) return {results_json(spec, result, version_text())};
  std::vector<std::string> out;
  for (RunFile& file : run_files(spec, result, record, context)) {
    out.push_back(std::move(file.name));
    out.push_back(std::move(file.contents));
  }
  return out;
}

/// Name and contents in turn, as run_column() gives them; or the contents of results.json.
std::string results_of(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return texts.front();
  const auto name = std::find(texts.begin(), texts.end(), "results.json");
  if (name == texts.end() || name + 1 == texts.end()) throw RunError("a run gave no results");
  return *(name + 1);
}

class ScenarioComparison {
 public:
  ScenarioComparison(const CompareOptions& options, const Context& context)
      : options_(options), context_(context), thresholds_(thresholds_of(options)), planned_(plan(options, context)) {
    output_ = open_output(options);
  }

  ExitCode run() {
    const InterruptGuard guard(output_ ? output_->temporary() : std::filesystem::path());
    for (const PlannedScenario& scenario : planned_) compare_one(scenario);
    const bool several = planned_.size() > 1;
    if (several) show(overview_report(done_), report_);
    if (is_export()) print_comparisons(options_, context_, "designs", done_, {});
    if (output_) {
      if (several) write("", done_, overview_report(done_));
      if (InterruptGuard::flag()) throw Interrupted();
      commit(*output_, context_);
    }
    return outcome(done_);
  }

 private:
  bool is_export() const { return options_.format == Format::kJson || options_.format == Format::kCsv; }

  /// Tables come as they are done; `before` is what was printed already.
  void show(const Report& report, bool& before) {
    if (is_export()) return;
    print((before ? "\n" : "") + report_text(report, options_.format, context_.common.color));
    before = true;
  }

  void compare_one(const PlannedScenario& scenario) {
    const std::string folder = planned_.size() > 1 ? scenario_folders_.name_for(scenario.heading.name) + '/' : "";
    analysis::Titled titled{scenario.heading, analysis::compare(run_columns(scenario, folder)), options_.figures, {}};
    for (const analysis::Column& column : titled.comparison.columns) {
      if (column.result && titled.heading.workload.empty()) titled.heading.workload = column.result->workload;
    }
    titled.verdicts = judge_all(thresholds_, titled.comparison);
    const Report report = comparison_report(titled, view_of(options_, titled.comparison));
    show(report, report_);
    if (output_) write(folder, {titled}, report);
    done_.push_back(std::move(titled));
  }

  std::vector<analysis::Column> run_columns(const PlannedScenario& scenario, const std::string& folder) {
    FolderNames folders;
    std::vector<std::string> names;
    std::vector<ChildJob> jobs;
    std::vector<analysis::Column> columns;
    for (const PlannedColumn& column : scenario.columns) {
      names.push_back(folder + folders.name_for(column.name));
      columns.push_back({column.name, std::nullopt, "not run"});
      jobs.push_back({[this, &column](const ProgressSink& progress) {
        return run_column(column.spec, options_, context_, output_ != nullptr, progress);
      }});
    }
    run_in_children(jobs, jobs_at_once(options_), context_.common.verbosity,
                    [&](std::size_t job, ChildResult result) { take(columns[job], names[job], std::move(result)); });
    return columns;
  }

  void take(analysis::Column& column, const std::string& folder, ChildResult result) {
    column.failure = std::move(result.failure);
    if (result.texts.empty()) {
      if (column.failure.empty()) column.failure = "gave no results";
      return;
    }
    column.result = analysis::parse_result(results_of(result.texts), column.name);
    info(column.name + " is done");
    if (!output_) return;
    for (std::size_t i = 0; i + 1 < result.texts.size(); i += 2) {
      output_->write(folder + '/' + result.texts[i], result.texts[i + 1]);
    }
  }

  void write(const std::string& folder, const std::vector<analysis::Titled>& comparisons, const Report& report) {
    output_->write(folder + "compare.json", analysis::comparisons_json("designs", comparisons));
    output_->write(folder + "compare.md", report_text(report, Format::kMarkdown, ColorMode::kNever));
  }

  const CompareOptions& options_;
  const Context& context_;
  std::vector<analysis::Threshold> thresholds_;
  std::vector<PlannedScenario> planned_;
  std::unique_ptr<OutputDirectory> output_;
  FolderNames scenario_folders_;
  std::vector<analysis::Titled> done_;
  bool report_ = false;  ///< one was printed
};

}  // namespace

ExitCode compare_scenarios(const CompareOptions& options, const Context& context) {
  return ScenarioComparison(options, context).run();
}

}  // namespace farfault::cli
