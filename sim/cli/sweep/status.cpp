#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analysis/sweep_store/store.h"
#include "sim/cli/sweep/modes.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/slurm/slurm_executor.h"

namespace farfault::cli {
namespace {

using StatusJson = nlohmann::ordered_json;

constexpr std::size_t kMostFailedShown = 20;

/// A point that failed, as planned and as stored.
struct Failed {
  const sweep::Point* point;
  const analysis::SweepPoint* stored;
};

/// A store against its plan.
struct Census {
  std::size_t points = 0;
  std::size_t done = 0;
  std::size_t missing = 0;
  std::size_t stale = 0;
  std::size_t gone = 0;
  std::map<std::string, std::size_t> failed;  ///< by the word for why
  std::vector<Failed> failures;               ///< the first
};

Census census_of(const sweep::Plan& plan, const analysis::Sweep& stored) {
  Census out;
  out.points = plan.points.size();
  std::map<std::string, const analysis::SweepPoint*> by_key;
  for (const analysis::SweepPoint& point : stored.points) by_key.emplace(point.key, &point);
  std::size_t found = 0;
  for (const sweep::Point& point : plan.points) {
    const auto it = by_key.find(point.key);
    if (it == by_key.end()) continue;
    ++found;
    if (it->second->version != stored_version()) ++out.stale;
    if (it->second->status == analysis::PointStatus::kDone) {
      ++out.done;
      continue;
    }
    ++out.failed[it->second->failure];
    if (out.failures.size() < kMostFailedShown) out.failures.push_back({&point, it->second});
  }
  out.missing = out.points - found;
  out.gone = stored.points.size() - found;
  return out;
}

Table table_of_census(const Census& census) {
  Table table{{"what", "number"}, {}};
  const auto row = [&table](const std::string& name, std::size_t count) {
    table.rows.push_back({name, format_count(count)});
  };
  row("points", census.points);
  row("done", census.done);
  for (const auto& [why, count] : census.failed) row("failed: " + why, count);
  row("missing", census.missing);
  if (census.stale != 0) row("of another farfault", census.stale);
  if (census.gone != 0) row("stored, but no longer in the sweep", census.gone);
  return table;
}

/// What the cluster does for it.
void add_slurm(Table& table, const sweep::SlurmStatus& slurm) {
  if (!slurm.present) return;
  table.rows.push_back({"on the cluster", format_count(slurm.done) + " done, " + format_count(slurm.running) +
                                              " running, " + format_count(slurm.waiting) + " waiting, " +
                                              format_count(slurm.lost) + " lost"});
  for (const auto& [state, count] : slurm.tasks)
    table.rows.push_back({"tasks: " + printable(state), format_count(count)});
  if (slurm.cancelled) table.rows.push_back({"cancelled", "yes"});
  if (!slurm.problem.empty()) table.rows.push_back({"Slurm", printable(slurm.problem, 1000)});
}

StatusJson json_of(const sweep::SlurmStatus& slurm) {
  if (!slurm.present) return nullptr;
  StatusJson tasks = StatusJson::object();
  for (const auto& [state, count] : slurm.tasks) tasks[state] = count;
  return {{"jobs", slurm.jobs},
          {"tasks", tasks},
          {"done", slurm.done},
          {"running", slurm.running},
          {"waiting", slurm.waiting},
          {"lost", slurm.lost},
          {"collecting", slurm.collecting},
          {"cancelled", slurm.cancelled},
          {"problem", slurm.problem}};
}

std::string json_of_census(const Census& census, int holder, const sweep::SlurmStatus& slurm) {
  StatusJson out;
  out["points"] = census.points;
  out["done"] = census.done;
  out["failed"] = census.failed;
  out["missing"] = census.missing;
  out["stale"] = census.stale;
  out["gone"] = census.gone;
  out["process"] = holder == 0 ? StatusJson() : StatusJson(holder);
  out["slurm"] = json_of(slurm);
  return out.dump(2, ' ', false, StatusJson::error_handler_t::replace) + '\n';
}

}  // namespace

ExitCode sweep_status(const SweepOptions& options, const Context& context) {
  const std::filesystem::path folder = options.folder;
  const sweep::Plan plan = read_plan(folder);
  // No figures: a pattern that fits none.
  const analysis::Sweep stored = analysis::read_sweep(folder, {""});
  const Census census = census_of(plan, stored);
  const sweep::SlurmStatus slurm = sweep::slurm_status(std::filesystem::absolute(folder));
  const int holder = who_holds(folder);
  if (options.format == Format::kJson) {
    print(json_of_census(census, holder, slurm));
    return ExitCode::kOk;
  }
  Table table = table_of_census(census);
  if (holder != 0) table.rows.push_back({"runs in process", std::to_string(holder)});
  add_slurm(table, slurm);
  std::string out = formatted(table, options.format, context.common.color);
  if (options.format == Format::kTable) {
    for (const Failed& failed : census.failures) {
      out += "failed: " + sweep::point_text(plan.axes, *failed.point) + ": " + failed.stored->failure + ": " +
             printable(failed.stored->reason, 1000) + '\n';
    }
  }
  print(out);
  return ExitCode::kOk;
}

}  // namespace farfault::cli
