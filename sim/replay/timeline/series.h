/// Values by bin of a time axis.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/core/units.h"
#include "sim/replay/timeline/time_axis.h"

namespace farfault::timeline {

/// Amounts, each in the bins of its interval. Exact: the bins add up to what was added. Has memory from the first
/// amount on.
class SumSeries {
 public:
  /// Spread evenly over [start, end); all at `start` where that is empty. REQUIRES: the axis holds `end`.
  void add(const TimeAxis& axis, std::uint64_t amount, SimTime start, SimTime end) {
    if (values_.empty()) values_.resize(axis.bins());
    total_ += amount;
    const std::size_t bin = axis.bin_of(start);
    if (end > axis.start_of(bin + 1)) return spread(axis, amount, start, end);
    if (bin != bin_) settle();
    bin_ = bin;
    pending_ += amount;
  }
  /// After the axis has doubled its width.
  void fold();
  void merge(const SumSeries& other);

  std::uint64_t total() const { return total_; }
  /// Empty if nothing was added.
  std::vector<std::uint64_t> values() const;

 private:
  void spread(const TimeAxis& axis, std::uint64_t amount, SimTime start, SimTime end);
  void settle() {
    if (pending_ != 0) values_[bin_] += std::exchange(pending_, 0);
  }

  // Amounts come bin after bin: those of one bin gather here, beside their neighbours of a row, and not in an array
  // that would have to come from memory for each.
  std::size_t bin_ = 0;
  std::uint64_t pending_ = 0;
  std::uint64_t total_ = 0;
  std::vector<std::uint64_t> values_;
};

/// A level that lasts until it changes: its mean over each bin. Has memory from the first level on that is not zero.
class LevelSeries {
 public:
  /// From `now` on the level is `level`. A date before the last change counts as that. REQUIRES: the axis holds `now`.
  void set(const TimeAxis& axis, double level, SimTime now) {
    if (now > since_) {
      if (level_ == 0) {
        since_ = now;
      } else if (axis.bin_of(since_) == bin_ && now <= axis.start_of(bin_ + 1) && !integral_.empty()) {
        pending_ += level_ * static_cast<double>((now - since_).picoseconds());
        since_ = now;
      } else {
        pass(axis, now);
      }
    }
    level_ = level;
  }
  void change(const TimeAxis& axis, double by, SimTime now) { set(axis, level_ + by, now); }
  /// After the axis has doubled its width.
  void fold();
  /// Adds the other's level. Both are brought to the later of their dates.
  void merge(const TimeAxis& axis, const LevelSeries& other);

  double level() const { return level_; }
  /// Whether the level was never anything but zero.
  bool empty() const { return integral_.empty() && level_ == 0; }
  /// Up to the last change; that of the last bin is over what of it has passed. REQUIRES: set() at the end of the run.
  std::vector<double> means(const TimeAxis& axis) const;

 private:
  void pass(const TimeAxis& axis, SimTime now);
  void settle() {
    if (pending_ != 0) integral_[bin_] += std::exchange(pending_, 0);
  }

  std::size_t bin_ = 0;           // as of SumSeries
  double pending_ = 0;            // of this bin
  std::vector<double> integral_;  // level x picoseconds
  double level_ = 0;
  SimTime since_;
};

}  // namespace farfault::timeline
