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
  explicit TimeAxis(std::size_t bins) : bins_(bins) {}

  std::size_t bins() const { return bins_; }
  SimTime width() const { return SimTime::picoseconds(std::int64_t{1} << shift_); }
  bool holds(SimTime date) const { return bin_of(date) < bins_; }
  /// Beyond bins() for a date that the axis does not hold. REQUIRES: date >= 0.
  std::size_t bin_of(SimTime date) const {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(date.picoseconds()) >> shift_);
  }
  SimTime start_of(std::size_t bin) const {
    return SimTime::picoseconds(static_cast<std::int64_t>(static_cast<std::uint64_t>(bin) << shift_));
  }
  /// Two bins become one; whoever keeps values by bin does the same with them.
  void double_width() { ++shift_; }

 private:
  std::size_t bins_;
  unsigned shift_ = 16;  // 65 ns: shorter than a fault's service
};

}  // namespace farfault::timeline
