#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "analysis/number.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/sweep/modes.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/core/content_hash.h"
#include "sim/core/text.h"
#include "sim/replay/summary.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/search/halving.h"

namespace farfault::cli {
namespace {

using sweep::HalvingOptions;
using sweep::HalvingResult;
using sweep::Objective;
using sweep::Outcome;
using sweep::Plan;
using sweep::Point;
using sweep::Scores;
using sweep::Trial;
using SearchJson = nlohmann::ordered_json;

/// Where runs of prefixes are kept, so that a search that was stopped goes on.
constexpr const char* kPrefixFolder = "prefixes";
constexpr const char* kPrefixPath = "workload.max_accesses";
constexpr double kDefaultBudgetShare = 0.25;

/// Points of one workload have the same number.
std::vector<std::size_t> workloads_of(const Plan& plan, const Context& context) {
  const auto load = sweep::point_loader(context.paths, context.catalogue);
  std::map<std::string, std::size_t> numbers;
  std::vector<std::size_t> out;
  out.reserve(plan.points.size());
  for (const Point& point : plan.points) {
    const WorkloadSpec workload = load(plan.base, point).workload;
    std::string name = point.trace_hash + ' ' + std::to_string(workload.max_accesses.value_or(0));
    if (workload.generator) {
      name += workload.generator->kind;
      for (const auto& [key, value] : workload.generator->parameters.values())
        name += ' ' + key + '=' + parameter_text(value);
    }
    out.push_back(numbers.try_emplace(std::move(name), numbers.size()).first->second);
  }
  return out;
}

/// The point with a shorter trace: another point, of another key.
Point shortened(const Point& point, std::uint64_t prefix, std::size_t position) {
  Point out = point;
  out.position = position;
  out.sets.push_back(std::string(kPrefixPath) + '=' + std::to_string(prefix));
  out.axes.push_back(std::to_string(prefix));
  out.key = text_hash(point.key + ' ' + out.sets.back());
  out.config_hash = text_hash(point.config_hash + ' ' + out.sets.back());
  return out;
}

/// What the search has to see of every run.
std::vector<std::string> wanted_figures(const std::vector<Objective>& objectives) {
  std::vector<std::string> out = {"accesses.total"};
  for (const Objective& objective : objectives) out.push_back(objective.figure);
  return out;
}

/// Outcomes of stored points, as far as figures go.
std::map<std::string, Outcome> stored_outcomes(const std::filesystem::path& folder,
                                               const std::vector<std::string>& figures) {
  const analysis::Sweep stored = analysis::read_sweep(folder, figures);
  std::map<std::string, Outcome> out;
  for (std::size_t i = 0; i < stored.points.size(); ++i) {
    Outcome outcome;
    outcome.key = stored.points[i].key;
    if (stored.points[i].status == analysis::PointStatus::kFailed) outcome.failure = sweep::Failure::kRun;
    for (const analysis::SweepFigure& figure : stored.figures) {
      if (analysis::is_finite(figure.values[i])) outcome.figures[figure.name] = {figure.unit, figure.values[i], ""};
    }
    std::string key = outcome.key;
    out.emplace(std::move(key), std::move(outcome));
  }
  return out;
}

/// Runs trials: whole ones as points of the sweep, prefixes in a store beside it.
class TrialRuns {
 public:
  TrialRuns(const SweepOptions& options, const Context& context, const Plan& plan, SweepFolder& folder,
            std::vector<std::string> figures)
      : options_(options), context_(context), plan_(plan), folder_(folder), figures_(std::move(figures)) {}

  std::vector<Outcome> operator()(const std::vector<Trial>& trials) {
    const bool is_whole = !trials.empty() && !trials.front().prefix;
    return is_whole ? run_whole(trials) : run_prefixes(trials);
  }

  std::size_t failed() const { return failed_; }

 private:
  std::vector<Outcome> run_whole(const std::vector<Trial>& trials) {
    std::set<std::size_t> wanted;
    for (const Trial& trial : trials) wanted.insert(trial.position);
    SweepWork work =
        work_of(plan_, folder_.store().keys(), stored_version(), {options_.rerun_stale, !options_.keep_failed});
    std::erase_if(work.positions, [&](std::size_t position) { return !wanted.contains(position); });
    SweepRun run(plan_, folder_.store(), context_, "searching, whole traces");
    run.run(*make_executor(options_, context_, folder_.path()), work);
    failed_ += run.collector().failed();
    std::vector<std::string> keys;
    keys.reserve(trials.size());
    for (const Trial& trial : trials) keys.push_back(plan_.points[trial.position].key);
    return outcomes_of(keys, folder_.path());
  }

  std::vector<Outcome> run_prefixes(const std::vector<Trial>& trials) {
    Plan plan = sweep::without_points(plan_);
    plan.axes.push_back({kPrefixPath, "accesses"});
    if (!plan.figures.empty()) plan.figures = figures_;
    // All that were tried before stay in the plan, so that none is gone from the store.
    for (const Trial& trial : trials) {
      shortened_.push_back(shortened(plan_.points[trial.position], trial.prefix.value(), shortened_.size()));
    }
    plan.points = shortened_;
    SweepFolder prefixes = SweepFolder::begin(folder_.path() / kPrefixFolder, plan);
    const SweepWork work = work_of(plan, prefixes.store().keys(), stored_version(), {true, true});
    SweepRun run(plan, prefixes.store(), context_,
                 "searching, " +
                     analysis::short_text(Unit::kCount, static_cast<std::int64_t>(trials.front().prefix.value())) +
                     " accesses");
    run.run(*make_executor(options_, context_, prefixes.path()), work);
    failed_ += run.collector().failed();
    std::vector<std::string> keys;
    for (std::size_t i = shortened_.size() - trials.size(); i < shortened_.size(); ++i)
      keys.push_back(shortened_[i].key);
    return outcomes_of(keys, prefixes.path());
  }

  std::vector<Outcome> outcomes_of(const std::vector<std::string>& keys, const std::filesystem::path& folder) const {
    const std::map<std::string, Outcome> stored = stored_outcomes(folder, figures_);
    std::vector<Outcome> out;
    out.reserve(keys.size());
    for (const std::string& key : keys) out.push_back(stored.at(key));
    return out;
  }

  const SweepOptions& options_;
  const Context& context_;
  const Plan& plan_;
  SweepFolder& folder_;
  std::vector<std::string> figures_;
  std::vector<Point> shortened_;
  std::size_t failed_ = 0;
};

/// A search against all points.
struct Comparison {
  double shortfall = 0;
  std::size_t front = 0;  ///< points of the true front, or 1
  std::size_t found = 0;  ///< of those, in what the search found
  std::size_t rank = 0;   ///< of the found one among all, from 1; of one objective
};

Comparison against_all(const HalvingResult& result, const std::vector<Scores>& all) {
  Comparison out;
  std::vector<Scores> found;
  found.reserve(result.best.size());
  for (const std::size_t position : result.best) found.push_back(all[position]);
  const std::vector<std::size_t> order = sweep::ranked(all);
  const bool is_single = !found.empty() && found.front().size() == 1;
  const std::vector<std::size_t> front = is_single ? std::vector{order.front()} : sweep::pareto_front(all);
  std::vector<Scores> wanted;
  for (const std::size_t position : front) {
    wanted.push_back(all[position]);
    if (std::find(found.begin(), found.end(), all[position]) != found.end()) ++out.found;
  }
  out.front = front.size();
  out.shortfall = sweep::shortfall(found, wanted);
  const auto better = [&](std::size_t i) { return all[i][0] < found.front()[0]; };
  out.rank = 1 + static_cast<std::size_t>(std::count_if(order.begin(), order.end(), better));
  return out;
}

std::string percent_text(double share) {
  return std::isfinite(share) ? parameter_text(std::round(share * 1e4) / 100) + " %" : "any amount";
}

/// The points that were found, with their figures.
Table table_of_best(const Plan& plan, const HalvingResult& result, const std::map<std::string, Outcome>& outcomes,
                    const std::vector<Objective>& objectives, bool exact) {
  Table table;
  for (const sweep::Axis& axis : plan.axes) table.header.push_back(axis.title.empty() ? axis.path : axis.title);
  for (const Objective& objective : objectives) table.header.push_back(objective.figure);
  for (const std::size_t position : result.best) {
    const Point& point = plan.points[position];
    std::vector<std::string> row;
    row.reserve(table.header.size());
    for (const std::string& axis : point.axes) row.push_back(sweep::value_text(axis));
    for (const Objective& objective : objectives) {
      const Statistic& statistic = outcomes.at(point.key).figures.at(objective.figure);
      row.push_back(exact ? analysis::exact_text(statistic.value)
                          : analysis::short_text(statistic.unit, statistic.value));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<std::string> sentences(const Plan& plan, const HalvingResult& result, const Comparison* against) {
  std::vector<std::string> out;
  const auto whole = static_cast<double>(plan.points.size());
  out.push_back("searched " + std::to_string(result.considered) + " of " + std::to_string(plan.points.size()) +
                " points at the cost of " + parameter_text(std::round(result.cost * 10) / 10) + " whole runs, " +
                percent_text(result.cost / whole) + " of all");
  for (const sweep::Rung& rung : result.rungs) {
    std::string text = std::to_string(rung.points) + (rung.points == 1 ? " point on " : " points on ") +
                       (rung.share == 1 ? "the whole trace" : percent_text(rung.share) + " of the trace");
    if (rung.failed != 0) text += ", " + std::to_string(rung.failed) + " failed";
    out.push_back("  " + text);
  }
  if (against == nullptr) {
    out.emplace_back(
        "how far that is from the best of all is not known; --exhaustive tells, at the cost of all points");
  } else if (against->front == 1) {
    out.push_back("of all points it is number " + std::to_string(against->rank) + ", " +
                  percent_text(against->shortfall) + " from the best");
  } else {
    out.push_back("of the " + std::to_string(against->front) + " points of the true front " +
                  std::to_string(against->found) + " were found; what was found is within " +
                  percent_text(against->shortfall) + " of every one of them");
  }
  return out;
}

SearchJson json_of_search(const Plan& plan, const HalvingResult& result, const std::map<std::string, Outcome>& outcomes,
                          const std::vector<Objective>& objectives, const Comparison* against) {
  SearchJson out;
  out["points"] = plan.points.size();
  out["considered"] = result.considered;
  out["cost_in_whole_runs"] = result.cost;
  out["rungs"] = SearchJson::array();
  for (const sweep::Rung& rung : result.rungs) {
    out["rungs"].push_back(
        {{"share", rung.share}, {"points", rung.points}, {"failed", rung.failed}, {"cost", rung.cost}});
  }
  out["best"] = SearchJson::array();
  for (const std::size_t position : result.best) {
    const Point& point = plan.points[position];
    SearchJson one = {{"position", position}, {"key", point.key}, {"axes", SearchJson::object()}};
    for (std::size_t i = 0; i < plan.axes.size(); ++i) {
      if (!point.axes[i].empty()) one["axes"][plan.axes[i].path] = SearchJson::parse(point.axes[i]);
    }
    for (const Objective& objective : objectives) {
      std::visit([&](auto value) { one["figures"][objective.figure] = value; },
                 outcomes.at(point.key).figures.at(objective.figure).value);
    }
    out["best"].push_back(std::move(one));
  }
  if (against != nullptr) {
    out["exhaustive"] = {{"front", against->front}, {"found", against->found}, {"rank", against->rank}};
    out["exhaustive"]["shortfall"] = std::isfinite(against->shortfall) ? SearchJson(against->shortfall) : SearchJson();
  }
  return out;
}

}  // namespace

ExitCode sweep_search(const SweepOptions& options, const Context& context) {
  HalvingOptions halving;
  for (const std::string& text : options.optimize) halving.objectives.push_back(sweep::parse_objective(text));
  Plan plan = load_given_sweep(options, context);
  const std::vector<std::string> figures = wanted_figures(halving.objectives);
  if (!plan.figures.empty()) plan.figures.insert(plan.figures.end(), figures.begin(), figures.end());
  const auto all = static_cast<double>(plan.points.size());
  halving.budget = options.budget.value_or(std::max(1.0, std::ceil(all * kDefaultBudgetShare)));

  SweepFolder folder = SweepFolder::begin(folder_of(options, plan), plan);
  const InterruptGuard guard{{}};
  TrialRuns runs(options, context, plan, folder, figures);
  const HalvingResult result = sweep::halve(workloads_of(plan, context), halving, std::ref(runs));
  std::optional<Comparison> against;
  if (options.exhaustive) {
    std::vector<Trial> trials;
    trials.reserve(plan.points.size());
    for (const Point& point : plan.points) trials.push_back({point.position, std::nullopt});
    std::vector<Scores> scores;
    for (const Outcome& outcome : runs(trials)) scores.push_back(sweep::scores_of(outcome, halving.objectives));
    against = against_all(result, scores);
  }

  const std::map<std::string, Outcome> outcomes = stored_outcomes(folder.path(), figures);
  const Comparison* const compared = against ? &*against : nullptr;
  if (options.format == Format::kJson) {
    print(json_of_search(plan, result, outcomes, halving.objectives, compared).dump(2) + '\n');
  } else {
    const bool exact = options.format == Format::kCsv;
    print(formatted(table_of_best(plan, result, outcomes, halving.objectives, exact), options.format,
                    context.common.color));
    if (options.format == Format::kTable) {
      for (const std::string& sentence : sentences(plan, result, compared)) print(sentence + '\n');
    }
  }
  return runs.failed() == 0 ? ExitCode::kOk : ExitCode::kRunFailed;
}

}  // namespace farfault::cli
