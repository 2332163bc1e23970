/// Values by bin of a time axis.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/statistics.h"
#include "sim/core/units.h"
#include "sim/replay/timeline/time_axis.h"

namespace farfault::timeline {

/// Amounts, each in the bins of its interval. Exact: the bins add up to what was added.
class SumSeries {
 public:
  explicit SumSeries(const TimeAxis& axis) : values_(axis.bins()) {}

  /// Spread evenly over [start, end); all at `start` where that is empty. REQUIRES: the axis holds `end`.
  void add(const TimeAxis& axis, std::uint64_t amount, SimTime start, SimTime end);
  void fold();
  void merge(const SumSeries& other);

  std::uint64_t total() const { return total_; }
  const std::vector<std::uint64_t>& values() const { return values_; }

 private:
  std::vector<std::uint64_t> values_;
  std::uint64_t total_ = 0;
};

/// A level that lasts until it changes: its mean over each bin.
class LevelSeries {
 public:
  explicit LevelSeries(const TimeAxis& axis) : integral_(axis.bins()) {}

  /// From `now` on the level is `level`. A date before the last change counts as that. REQUIRES: the axis holds `now`.
  void set(const TimeAxis& axis, double level, SimTime now);
  void change(const TimeAxis& axis, double by, SimTime now) { set(axis, level_ + by, now); }
  void fold();
  /// Adds the other's level. Both are brought to the later of their dates.
  void merge(const TimeAxis& axis, const LevelSeries& other);

  double level() const { return level_; }
  bool empty() const { return empty_; }
  /// Up to the last change; that of the last bin is over what of it has passed. REQUIRES: set() at the end of the run.
  std::vector<double> means(const TimeAxis& axis) const;

 private:
  std::vector<double> integral_;  // level x picoseconds
  double level_ = 0;
  SimTime since_;
  bool empty_ = true;  // the level was never anything but zero
};

}  // namespace farfault::timeline
