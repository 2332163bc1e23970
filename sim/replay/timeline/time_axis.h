/// Bins of simulated time: a fixed number, whose width doubles whenever the run outgrows them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/core/units.h"

namespace farfault::timeline {

/// Bin i is [i * width, (i + 1) * width). A run of any length fills between half of the bins and all of them, so what
/// is kept is bounded and nothing has to be known of the run beforehand.
class TimeAxis {
 public:
  /// REQUIRES: bins is even and not zero.
  explicit TimeAxis(std::size_t bins) : bins_(bins), limit_(start_of(bins)) {}

  std::size_t bins() const { return bins_; }
  SimTime width() const { return SimTime::picoseconds(std::int64_t{1} << shift_); }
  bool holds(SimTime date) const { return date < limit_; }
  /// Beyond bins() for a date that the axis does not hold. REQUIRES: date >= 0.
  std::size_t bin_of(SimTime date) const {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(date.picoseconds()) >> shift_);
  }
  SimTime start_of(std::size_t bin) const {
    // Beyond 2^63 ps there are no dates: an axis that reaches so far holds all.
    const auto last = static_cast<std::uint64_t>(SimTime::max().picoseconds());
    return bin > last >> shift_ ? SimTime::max()
                                : SimTime::picoseconds(static_cast<std::int64_t>(std::uint64_t{bin} << shift_));
  }
  /// Bins that have something of [0, end): one at least.
  std::size_t bins_until(SimTime end) const {
    const std::size_t last = bin_of(end);
    return start_of(last) == end && last != 0 ? last : last + 1;
  }
  /// Two bins become one; whoever keeps values by bin does the same with them.
  void double_width() {
    ++shift_;
    limit_ = start_of(bins_);
  }

 private:
  std::size_t bins_;
  unsigned shift_ = 16;  // 65 ns: shorter than a fault's service
  SimTime limit_;
};

}  // namespace farfault::timeline
