#include "sim/replay/timeline/series.h"

#include <algorithm>
#include <utility>

namespace farfault::timeline {
namespace {

__extension__ using Wide = unsigned __int128;  // amounts times picoseconds

template <class T>
void fold_pairs(std::vector<T>& values) {
  const std::size_t half = values.size() / 2;
  for (std::size_t i = 0; i < half; ++i) values[i] = values[2 * i] + values[2 * i + 1];
  std::fill(values.begin() + static_cast<std::ptrdiff_t>(half), values.end(), T{});
}

/// Either may be empty.
template <class T>
void add_all(std::vector<T>& to, const std::vector<T>& values) {
  if (to.empty()) {
    to = values;
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) to[i] += values[i];
}

double picoseconds(SimTime time) { return static_cast<double>(time.picoseconds()); }

}  // namespace

void SumSeries::spread(const TimeAxis& axis, std::uint64_t amount, SimTime start, SimTime end) {
  // What has passed by a date, rounded down: the differences add up to all of it.
  const auto length = static_cast<Wide>((end - start).picoseconds());
  std::uint64_t before = 0;
  for (std::size_t bin = axis.bin_of(start); axis.start_of(bin) < end; ++bin) {
    const SimTime until = std::min(end, axis.start_of(bin + 1));
    const auto by_then = static_cast<std::uint64_t>(static_cast<Wide>((until - start).picoseconds()) * amount / length);
    values_[bin] += by_then - before;
    before = by_then;
  }
}

void SumSeries::fold() {
  settle();
  fold_pairs(values_);
}

std::vector<std::uint64_t> SumSeries::values() const {
  SumSeries out = *this;
  out.settle();
  return std::move(out.values_);
}

void SumSeries::merge(const SumSeries& other) {
  settle();
  add_all(values_, other.values());
  total_ += other.total_;
}

void LevelSeries::pass(const TimeAxis& axis, SimTime now) {
  settle();
  if (integral_.empty()) integral_.resize(axis.bins());
  for (bin_ = axis.bin_of(since_); since_ < now; ++bin_) {
    const SimTime until = std::min(now, axis.start_of(bin_ + 1));
    integral_[bin_] += level_ * picoseconds(until - since_);
    since_ = until;
  }
  bin_ = axis.bin_of(now);
}

void LevelSeries::fold() {
  settle();
  fold_pairs(integral_);
}

void LevelSeries::merge(const TimeAxis& axis, const LevelSeries& other) {
  LevelSeries theirs = other;
  const SimTime now = std::max(since_, theirs.since_);
  set(axis, level_, now);
  theirs.set(axis, theirs.level_, now);
  settle();
  theirs.settle();
  add_all(integral_, theirs.integral_);
  level_ += theirs.level_;
}

std::vector<double> LevelSeries::means(const TimeAxis& axis) const {
  std::vector<double> out;
  for (std::size_t bin = 0; bin < integral_.size() && axis.start_of(bin) < since_; ++bin) {
    const SimTime length = std::min(since_, axis.start_of(bin + 1)) - axis.start_of(bin);
    const double pending = bin == bin_ ? pending_ : 0;
    out.push_back((integral_[bin] + pending) / picoseconds(length));
  }
  return out;
}

}  // namespace farfault::timeline
