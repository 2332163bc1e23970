#include "sim/core/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace farfault {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr std::uint64_t kExact = 128;  // values below have a bucket each
constexpr unsigned kExactBits = 7;
constexpr unsigned kSubBits = 6;  // 64 buckets to a power of two
constexpr std::size_t kMostBuckets = kExact + (64 - kExactBits) * (std::size_t{1} << kSubBits);

std::size_t bucket_of(std::uint64_t value) {
  if (value < kExact) return static_cast<std::size_t>(value);
  const unsigned exponent = static_cast<unsigned>(std::bit_width(value)) - 1;
  const std::uint64_t position = value >> (exponent - kSubBits);  // 64..127
  return kExact + (std::size_t{exponent - kExactBits} << kSubBits) + static_cast<std::size_t>(position - kExact / 2);
}

/// A bucket's smallest value and the distance to its largest.
struct Range {
  std::uint64_t low;
  std::uint64_t span;
};

Range range_of(std::size_t bucket) {
  if (bucket < kExact) return {bucket, 0};
  const std::size_t above = bucket - kExact;
  const unsigned shift = static_cast<unsigned>(above >> kSubBits) + kExactBits - kSubBits;
  const std::uint64_t position = kExact / 2 + above % (std::size_t{1} << kSubBits);
  return {position << shift, (std::uint64_t{1} << shift) - 1};
}

/// Grows to exactly `size` buckets, so that equal streams compare equal, while the storage doubles but never exceeds
/// what all buckets need.
void grow(std::vector<std::uint64_t>& counts, std::size_t size) {
  if (size > counts.capacity()) counts.reserve(std::min(kMostBuckets, std::max(size, 2 * counts.capacity())));
  counts.resize(size);
}

}  // namespace

void Histogram::add(std::uint64_t value, std::uint64_t times) {
  if (times == 0) return;
  const std::size_t bucket = bucket_of(value);
  if (bucket >= counts_.size()) grow(counts_, bucket + 1);
  counts_[bucket] += times;
  count_ += times;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  const Uint128 added = Uint128{value} * times + sum_low_;
  sum_low_ = static_cast<std::uint64_t>(added);
  sum_high_ += static_cast<std::uint64_t>(added >> 64U);
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  if (other.counts_.size() > counts_.size()) grow(counts_, other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  const Uint128 added = Uint128{other.sum_low_} + sum_low_;
  sum_high_ += other.sum_high_ + static_cast<std::uint64_t>(added >> 64U);
  sum_low_ = static_cast<std::uint64_t>(added);
}

double Histogram::sum() const { return static_cast<double>((Uint128{sum_high_} << 64U) | sum_low_); }

std::uint64_t Histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  if (!(q > 0)) return min_;
  if (q >= 1) return max_;
  const double product = q * static_cast<double>(count_);
  // 0.07 is a little more than 7/100 as a double; the allowance keeps the 7th of 100 from becoming the 8th.
  const double wanted = std::ceil(product - product * 0x1p-50);
  if (wanted <= 1) return min_;
  if (wanted >= static_cast<double>(count_)) return max_;
  const auto rank = static_cast<std::uint64_t>(wanted);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      const Range range = range_of(i);
      return std::clamp(range.low + range.span / 2, min_, max_);
    }
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const Range range = range_of(i);
    out.push_back({range.low, range.low + range.span, counts_[i]});
  }
  return out;
}

}  // namespace farfault
