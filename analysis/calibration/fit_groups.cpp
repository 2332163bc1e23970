// Groups of faults: what the driver's software takes beside the copies.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "analysis/calibration/parts.h"

namespace farfault::analysis::calibration {
namespace {

struct Column {
  const char* path;
  double Measurement::* count;  ///< null: one for each group
  const char* counted;          ///< "new_block"
};

/// In the order in which they take what cannot be told apart.
constexpr std::array<Column, 6> kPriceColumns = {{{"driver.batch_time", &Measurement::groups, "groups"},
                                                  {"driver.page_time", &Measurement::pages, "pages"},
                                                  {"driver.new_block_time", &Measurement::new_blocks, "new_block"},
                                                  {"driver.process_start_time", &Measurement::first, "first"},
                                                  {"driver.unmap_time", &Measurement::runs, "runs"},
                                                  {"driver.service_time", &Measurement::faults, "faults"}}};
constexpr std::size_t kLeastGroups = 3;

/// Sizes of the copies of a group: as the file says, else one for each run.
std::vector<std::uint64_t> pieces_of(const Measurement& group) {
  if (!group.pieces.empty()) return group.pieces;
  const auto runs = static_cast<std::uint64_t>(std::clamp(std::llround(group.runs), 1LL, 512LL));
  return std::vector<std::uint64_t>(runs, group.size / runs);
}

double software(const Measurement& group, const std::array<double, kPriceColumns.size()>& prices) {
  double out = 0;
  for (std::size_t c = 0; c < kPriceColumns.size(); ++c) out += group.*kPriceColumns[c].count * prices[c];
  return out;
}

bool varies(const Measurements& groups, const Column& column) {
  return std::any_of(groups.begin(), groups.end(),
                     [&](const Measurement* m) { return m->*column.count != groups.front()->*column.count; });
}

std::string why_kept(const Measurements& groups, const Column& column) {
  const double same = groups.front()->*column.count;
  const std::string name = column.counted;
  if (varies(groups, column)) return name + " follows from the other columns in every group";
  const std::string all = std::to_string(static_cast<long long>(same));
  return same == 0 ? name + " is 0 in every group"
                   : name + " is " + all + " in every group, as if it were part of batch_time";
}

}  // namespace

Part fit_groups(const Measurements& groups, const CopyModel& pieces, const Task& task) {
  Part part;
  part.name = "groups of faults";
  part.model =
      "copies + batch_time + page_time x pages + new_block_time x new blocks + process_start_time x first + "
      "unmap_time x runs + service_time x faults";
  if (groups.size() < kLeastGroups) {
    too_few(groups,
            std::to_string(groups.size()) + " fault_group" + (groups.size() == 1 ? "" : "s") +
                " cannot tell the driver's prices apart",
            "at least 3 are needed, of different sizes; better 8, with new_block, first and runs varied");
  }
  LinearProblem problem;
  for (const Measurement* m : groups) {
    std::vector<double> row;
    for (const Column& column : kPriceColumns) row.push_back(m->*column.count);
    problem.add(row, m->value - pieces.time(m->groups, pieces_of(*m)), weight_of(*m));
  }
  std::vector<double> base;
  for (const Column& column : kPriceColumns) {
    base.push_back(task.base.value(column.path));
    problem.lower.push_back(task.at_least(column.path));
  }
  const std::vector<bool> keep = identifiable(problem);
  const Fit fit = solve(problem.reduced(keep, base));
  std::array<double, kPriceColumns.size()> prices{};
  std::size_t fitted = 0;
  for (std::size_t c = 0; c < kPriceColumns.size(); ++c) {
    const std::string path = kPriceColumns[c].path;
    if (!keep[c]) {
      part.parameters.push_back(kept(task.base, path, Unit::kSeconds));
      part.notes.push_back(path + " is kept: " + why_kept(groups, kPriceColumns[c]));
    } else {
      part.parameters.push_back(parameter_of(fit, fitted++, path, Unit::kSeconds, groups.size()));
      if (part.parameters.back().standing == Parameter::Standing::kAtBound) {
        part.notes.push_back(path + " is at its lower bound: the groups would have it lower");
      } else if (const auto& interval = part.parameters.back().interval; interval && interval->first < 0) {
        part.notes.push_back(path + " is hardly told by these groups: its interval reaches below zero");
      }
    }
    prices[c] = part.parameters.back().value;
  }
  if (fitted == groups.size()) {
    task.warnings.push_back(
        "groups of faults: as many parameters as groups, so every error is 0 and says nothing; "
        "measure more groups");
  }
  for (const Measurement* m : groups) {
    const double copies = pieces.time(m->groups, pieces_of(*m));
    if (copies > m->value) {
      task.warnings.push_back(m->file + ':' + std::to_string(m->line) +
                              ": the copies of this group take longer than the group");
    }
    part.points.push_back({m, copies + software(*m, prices)});
  }
  return part;
}

Part fit_between(const Measurements& kernels, const CopyModel& pieces, const Part& groups, const Task& task) {
  Part part;
  part.name = "between groups of faults";
  part.model = "groups + (interrupt_latency + flush_time) x number of groups";
  std::array<double, kPriceColumns.size()> prices{};
  for (std::size_t c = 0; c < kPriceColumns.size(); ++c) {
    const auto found = std::find_if(groups.parameters.begin(), groups.parameters.end(),
                                    [&](const Parameter& p) { return p.path == kPriceColumns[c].path; });
    prices[c] = found == groups.parameters.end() ? task.base.value(kPriceColumns[c].path) : found->value;
  }
  const std::string path = "driver.interrupt_latency";
  const double flush = task.base.value("driver.flush_time");
  LinearProblem problem;
  std::vector<double> in_groups;
  double rest = 0;
  for (const Measurement* m : kernels) {
    in_groups.push_back(pieces.time(m->groups, pieces_of(*m)) + software(*m, prices));
    problem.add({m->groups}, m->value - in_groups.back() - flush * m->groups, weight_of(*m));
    rest += problem.target.back();
  }
  problem.lower = {task.at_least(path)};
  Parameter latency = parameter_of(solve(problem), 0, path, Unit::kSeconds, kernels.size());
  part.notes.emplace_back(
      "interrupt_latency and flush_time cannot be told apart by faults one after the other: "
      "flush_time is kept, the rest is interrupt_latency");
  if (latency.standing == Parameter::Standing::kAtBound && rest < 0) {
    task.warnings.emplace_back(
        "between groups of faults: the kernels took less time than their groups are fitted to "
        "take; interrupt_latency is put at its lower bound");
  }
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    part.points.push_back({kernels[i], in_groups[i] + (latency.value + flush) * kernels[i]->groups});
  }
  part.parameters = {latency, kept(task.base, "driver.flush_time", Unit::kSeconds)};
  return part;
}

}  // namespace farfault::analysis::calibration
