#include "sim/cli/sweep/collector.h"

#include <algorithm>
#include <utility>

#include "analysis/pattern.h"
#include "sim/core/text.h"
#include "sim/sweep/load_sweep.h"

namespace farfault::cli {
namespace {

constexpr std::size_t kMostFailuresShown = 5;

/// Lines stay lines.
std::string printable_lines(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += printable(text.substr(0, end), 4096);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

analysis::SweepRecord record_of(const sweep::Point& point, sweep::Outcome outcome) {
  analysis::SweepRecord record;
  record.position = point.position;
  record.key = point.key;
  record.status =
      outcome.failure == sweep::Failure::kNone ? analysis::PointStatus::kDone : analysis::PointStatus::kFailed;
  record.failure = sweep::failure_name(outcome.failure);
  // Whatever a process wrote, the store holds text.
  record.reason = printable(outcome.reason, 4096);
  record.output = printable_lines(outcome.output);
  record.config_hash = point.config_hash;
  record.trace_hash = point.trace_hash;
  record.version = std::move(outcome.version);
  record.seconds = outcome.seconds;
  record.peak_memory = outcome.peak_memory;
  record.host = printable(outcome.host, 256);
  record.axes = point.axes;
  record.figures = std::move(outcome.figures);
  return record;
}

}  // namespace

SweepWork work_of(const sweep::Plan& plan, const std::map<std::string, analysis::StoredPoint>& stored,
                  const std::string& version, const WorkWishes& wishes) {
  SweepWork out;
  std::size_t found = 0;
  for (const sweep::Point& point : plan.points) {
    const auto it = stored.find(point.key);
    if (it == stored.end()) {
      out.positions.push_back(point.position);
      continue;
    }
    ++found;
    const bool is_failed = it->second.status == analysis::PointStatus::kFailed;
    const bool is_stale = it->second.version != version;
    // What failed in another farfault may not fail in this one.
    if ((is_failed && wishes.rerun_failed) || (is_stale && wishes.rerun_stale)) {
      out.positions.push_back(point.position);
      continue;
    }
    ++(is_failed ? out.failed : out.done);
    if (!is_stale) continue;
    ++out.stale;
    out.stale_version = it->second.version;
  }
  out.gone = stored.size() - found;
  return out;
}

Collector::Collector(const sweep::Plan& plan, analysis::SweepStore& store)
    : plan_(plan), store_(store), matched_(plan.figures.size()) {
  for (const sweep::Point& point : plan.points) positions_.emplace(point.key, point.position);
}

void Collector::take(std::vector<sweep::Outcome> outcomes) {
  std::vector<analysis::SweepRecord> records;
  for (sweep::Outcome& outcome : outcomes) {
    const auto found = positions_.find(outcome.key);
    if (found == positions_.end() || !taken_.insert(outcome.key).second) continue;
    records.push_back(record_of(plan_.points[found->second], std::move(outcome)));
  }
  if (records.empty()) return;
  store_.add(records);
  for (const analysis::SweepRecord& record : records) count(plan_.points[record.position], record);
}

void Collector::count(const sweep::Point& point, const analysis::SweepRecord& record) {
  const bool is_done = record.status == analysis::PointStatus::kDone;
  ++(is_done ? done_ : failed_);
  if (!is_done && failures_.size() < kMostFailuresShown) {
    failures_.push_back(sweep::point_text(plan_.axes, point) + ": " + record.failure + ": " + record.reason);
  }
  for (std::size_t i = 0; is_done && i < matched_.size(); ++i) {
    matched_[i] = matched_[i] || std::any_of(record.figures.begin(), record.figures.end(), [&](const auto& figure) {
                    return analysis::matches(plan_.figures[i], figure.first);
                  });
  }
}

std::vector<std::string> Collector::unmatched_figures() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; done_ > 0 && i < matched_.size(); ++i) {
    if (!matched_[i]) out.push_back(plan_.figures[i]);
  }
  return out;
}

}  // namespace farfault::cli
