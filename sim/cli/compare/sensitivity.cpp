#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "analysis/pattern.h"
#include "sim/cli/compare/child_pool.h"
#include "sim/cli/compare/modes.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/terminal.h"
#include "sim/cli/version.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

using analysis::Change;

/// "design.to_device.collect.page" of "/design/to_device/collect/page"; nothing where --set cannot write it.
std::optional<std::string> path_of(const std::string& pointer) {
  if (pointer.size() < 2 || pointer.find_first_of(".~=") != std::string::npos) return std::nullopt;
  std::string out = pointer.substr(1);
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

bool is_wanted(const std::string& pointer, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return true;
  const std::string path = path_of(pointer).value_or(pointer);
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return analysis::matches(pattern, pointer) || analysis::matches(pattern, path);
  });
}

/// One change of one parameter, with the columns that have it.
struct Trial {
  std::string parameter;
  Change change;
  std::vector<std::optional<RunSpec>> specs;  ///< by column; nothing where the column stays as it is
};

/// A run of a column, changed or not.
struct Run {
  std::size_t column;
  std::optional<std::size_t> trial;
  const RunSpec* spec;
};

class ScenarioSensitivity {
 public:
  ScenarioSensitivity(const CompareOptions& options, const Context& context, const PlannedScenario& scenario)
      : options_(options), context_(context), scenario_(scenario) {
    report_.heading = scenario.heading;
    report_.figure = *options.sensitivity;
    report_.factor = options.factor;
    unchanged_.resize(scenario.columns.size());
  }

  analysis::SensitivityReport run() {
    plan_trials();
    run_unchanged();
    run_trials();
    std::vector<std::string> names;
    names.reserve(scenario_.columns.size());
    for (const PlannedColumn& column : scenario_.columns) names.push_back(column.name);
    report_.sensitivity = analysis::analyse(names, unchanged_, variations_);
    return std::move(report_);
  }

 private:
  void plan_trials() {
    std::set<std::string> parameters;
    std::vector<std::map<std::string, std::string>> values;  // by column
    for (const PlannedColumn& column : scenario_.columns) {
      values.emplace_back();
      for (const Assumption& assumption : assumptions(column.spec)) {
        if (!is_wanted(assumption.pointer, options_.parameters)) continue;
        parameters.insert(assumption.pointer);
        values.back()[assumption.pointer] = assumption.value;
      }
    }
    if (parameters.empty()) {
      throw Error(ExitCode::kUsage,
                  "no assumption of this scenario fits --parameters; `farfault run SCENARIO -o -` "
                  "lists them under \"assumptions\"");
    }
    for (const std::string& parameter : parameters) {
      for (const Change change : {Change::kDivided, Change::kMultiplied}) plan_trial(parameter, change, values);
    }
  }

  void plan_trial(const std::string& parameter, Change change,
                  const std::vector<std::map<std::string, std::string>>& values) {
    Trial trial{parameter, change, {}};
    std::string why;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = values[i].find(parameter);
      trial.specs.push_back(value == values[i].end()
                                ? std::nullopt
                                : changed(scenario_.columns[i], parameter, value->second, change, why));
    }
    if (std::any_of(trial.specs.begin(), trial.specs.end(), [](const auto& spec) { return spec.has_value(); })) {
      trials_.push_back(std::move(trial));
      return;
    }
    const std::pair<std::string, std::string> skipped(parameter, why);
    if (report_.skipped.empty() || report_.skipped.back() != skipped) report_.skipped.push_back(skipped);
  }

  /// The column's spec with the value changed; nothing, and why, where that cannot be or changes nothing.
  std::optional<RunSpec> changed(const PlannedColumn& column, const std::string& parameter, const std::string& value,
                                 Change change, std::string& why) const {
    const std::optional<std::string> path = path_of(parameter);
    const analysis::ScaledValue scaled = analysis::scaled_value(value, options_.factor, change);
    why = path ? scaled.problem : "stands under a name that --set cannot write";
    if (!path) return std::nullopt;
    for (const std::string& text : scaled.texts) {
      std::vector<std::string> sets = column.sets;
      sets.push_back(*path + '=' + text);
      try {
        RunSpec spec = scenario_.load(sets);
        if (resolved_json(spec) != resolved_json(column.spec)) return spec;
        why = "would not change";
      } catch (const InputError&) {
        why = "may not be " + text;
      }
    }
    return std::nullopt;
  }

  /// The values that the runs give to the figure; nothing where a run failed or has no such figure.
  void run_all(const std::vector<Run>& runs,
               const std::function<void(const Run&, std::optional<analysis::Number>)>& take) {
    std::vector<ChildJob> jobs;
    jobs.reserve(runs.size());
    for (const Run& run : runs) {
      jobs.push_back({[this, spec = run.spec](const ProgressSink& progress) {
        SimulationOptions simulation;
        simulation.on_progress = progress;
        return std::vector<std::string>{
            results_json(*spec, simulate(*spec, context_.catalogue, simulation), version_text())};
      }});
    }
    run_in_children(jobs, jobs_at_once(options_), context_.common.verbosity,
                    [&](std::size_t job, const ChildResult& result) { take(runs[job], value_of(runs[job], result)); });
  }

  std::optional<analysis::Number> value_of(const Run& run, const ChildResult& result) {
    if (result.texts.empty()) {
      const Trial* const trial = run.trial ? &trials_[*run.trial] : nullptr;
      const std::string with =
          trial == nullptr ? "" : " with " + trial->parameter + ' ' + change_text(trial->change, options_.factor);
      report_.failures.push_back(scenario_.columns[run.column].name + with + " failed: " + result.failure);
      return std::nullopt;
    }
    const analysis::ResultFile file = analysis::parse_result(result.texts.front(), scenario_.columns[run.column].name);
    if (report_.heading.workload.empty()) report_.heading.workload = file.workload;
    const Figures figures = analysis::all_figures(file);
    const auto figure = figures.find(report_.figure);
    if (figure == figures.end()) {
      if (names_.empty()) {
        for (const auto& [name, unused] : figures) names_.push_back(name);
      }
      return std::nullopt;
    }
    report_.unit = figure->second.unit;
    return figure->second.value;
  }

  void run_unchanged() {
    std::vector<Run> runs;
    runs.reserve(scenario_.columns.size());
    for (std::size_t i = 0; i < scenario_.columns.size(); ++i) {
      runs.push_back({i, std::nullopt, &scenario_.columns[i].spec});
    }
    run_all(runs, [this](const Run& run, std::optional<analysis::Number> value) { unchanged_[run.column] = value; });
    const bool any =
        std::any_of(unchanged_.begin(), unchanged_.end(), [](const auto& value) { return value.has_value(); });
    if (any || names_.empty()) return;
    throw Error(ExitCode::kUsage, "--sensitivity: no column has a figure \"" + printable(report_.figure) + "\"; " +
                                      name_hint(report_.figure, names_));
  }

  void run_trials() {
    std::vector<Run> runs;
    for (std::size_t t = 0; t < trials_.size(); ++t) {
      variations_.push_back({trials_[t].parameter, trials_[t].change, unchanged_});
      for (std::size_t i = 0; i < trials_[t].specs.size(); ++i) {
        if (trials_[t].specs[i]) runs.push_back({i, t, &*trials_[t].specs[i]});
      }
    }
    info("sensitivity of " + report_.figure + ": " + std::to_string(runs.size()) + " runs");
    run_all(runs, [this](const Run& run, std::optional<analysis::Number> value) {
      variations_[*run.trial].values[run.column] = value;
    });
    // As the runs ended, which is no order to print.
    std::sort(report_.failures.begin(), report_.failures.end());
  }

  const CompareOptions& options_;
  const Context& context_;
  const PlannedScenario& scenario_;
  analysis::SensitivityReport report_;
  std::vector<Trial> trials_;
  std::vector<std::optional<analysis::Number>> unchanged_;
  std::vector<analysis::Variation> variations_;
  std::vector<std::string> names_;  ///< of figures, where the one that is asked for is missing
};

}  // namespace

ExitCode compare_sensitivity(const CompareOptions& options, const Context& context) {
  constexpr std::size_t kUsuallyShown = 10;
  const std::vector<PlannedScenario> planned = plan(options, context);
  const std::unique_ptr<OutputDirectory> output = open_output(options);
  const InterruptGuard guard(output ? output->temporary() : std::filesystem::path());
  std::vector<analysis::SensitivityReport> reports;
  Report report;
  bool failed = false;
  for (const PlannedScenario& scenario : planned) {
    reports.push_back(ScenarioSensitivity(options, context, scenario).run());
    const Report one = sensitivity_report(reports.back(), options.all ? std::string::npos : kUsuallyShown);
    report.insert(report.end(), one.begin(), one.end());
    for (const std::string& failure : reports.back().failures) print_error(failure);
    failed = failed || !reports.back().failures.empty();
  }
  if (output) {
    output->write("compare.json", analysis::sensitivities_json(reports));
    output->write("compare.md", report_text(report, Format::kMarkdown, ColorMode::kNever));
    commit(*output, context);
  }
  print(options.format == Format::kJson  ? analysis::sensitivities_json(reports)
        : options.format == Format::kCsv ? analysis::sensitivities_csv(reports)
                                         : report_text(report, options.format, context.common.color));
  return failed ? ExitCode::kRunFailed : ExitCode::kOk;
}

}  // namespace farfault::cli
