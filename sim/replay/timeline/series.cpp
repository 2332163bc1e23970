#include "sim/replay/timeline/series.h"

#include <algorithm>

namespace farfault::timeline {
namespace {

__extension__ using Wide = unsigned __int128;  // amounts times picoseconds

template <class T>
void fold_pairs(std::vector<T>& values) {
  const std::size_t half = values.size() / 2;
  for (std::size_t i = 0; i < half; ++i) values[i] = values[2 * i] + values[2 * i + 1];
  std::fill(values.begin() + static_cast<std::ptrdiff_t>(half), values.end(), T{});
}

double picoseconds(SimTime time) { return static_cast<double>(time.picoseconds()); }

}  // namespace

void SumSeries::add(const TimeAxis& axis, std::uint64_t amount, SimTime start, SimTime end) {
  total_ += amount;
  std::size_t bin = axis.bin_of(start);
  if (end <= axis.start_of(bin + 1)) {
    values_[bin] += amount;
    return;
  }
  // What has passed by a date, rounded down: the differences add up to all of it.
  const auto length = static_cast<Wide>((end - start).picoseconds());
  std::uint64_t before = 0;
  for (; axis.start_of(bin) < end; ++bin) {
    const SimTime until = std::min(end, axis.start_of(bin + 1));
    const auto passed = static_cast<Wide>((until - start).picoseconds());
    const auto by_then = static_cast<std::uint64_t>(passed * amount / length);
    values_[bin] += by_then - before;
    before = by_then;
  }
}

void SumSeries::fold() { fold_pairs(values_); }

void SumSeries::merge(const SumSeries& other) {
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += other.values_[i];
  total_ += other.total_;
}

void LevelSeries::set(const TimeAxis& axis, double level, SimTime now) {
  if (level_ != 0) {
    for (std::size_t bin = axis.bin_of(since_); since_ < now; ++bin) {
      const SimTime until = std::min(now, axis.start_of(bin + 1));
      integral_[bin] += level_ * picoseconds(until - since_);
      since_ = until;
    }
  }
  since_ = std::max(since_, now);
  level_ = level;
  if (level != 0) empty_ = false;
}

void LevelSeries::fold() { fold_pairs(integral_); }

void LevelSeries::merge(const TimeAxis& axis, const LevelSeries& other) {
  LevelSeries theirs = other;
  const SimTime now = std::max(since_, theirs.since_);
  set(axis, level_, now);
  theirs.set(axis, theirs.level_, now);
  for (std::size_t i = 0; i < integral_.size(); ++i) integral_[i] += theirs.integral_[i];
  level_ += theirs.level_;
  empty_ = empty_ && theirs.empty_;
}

std::vector<double> LevelSeries::means(const TimeAxis& axis) const {
  std::vector<double> out;
  for (std::size_t bin = 0; bin < integral_.size() && axis.start_of(bin) < since_; ++bin) {
    const SimTime length = std::min(since_, axis.start_of(bin + 1)) - axis.start_of(bin);
    out.push_back(integral_[bin] / picoseconds(length));
  }
  return out;
}

}  // namespace farfault::timeline
