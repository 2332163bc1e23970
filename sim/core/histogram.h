/// A mergeable histogram of non-negative integers with a bounded relative error.
#pragma once

#include <cstdint>
#include <vector>

namespace farfault {

/// Log-linear: values below 128 are kept exactly, each power of two above is divided into 64 equal buckets, so a value
/// read back is off by less than 1/128 of itself (the bucket's middle is reported). Counts, sum, minimum and maximum
/// are exact. Merging two histograms gives exactly the histogram of both streams, in either order. Memory: grows to at
/// most ~30 KiB. REQUIRES: fewer than 2^64 values in all.
class Histogram {
 public:
  void add(std::uint64_t value, std::uint64_t times = 1);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const { return max_; }
  /// Sum of all values: kept exactly, rounded to the nearest double here.
  double sum() const;
  double mean() const { return count_ == 0 ? 0.0 : sum() / static_cast<double>(count_); }

  /// The value at a quantile of 0..1 (nearest rank), clamped to [min, max]. Zero for an empty histogram. The first rank
  /// is exactly min(), the last exactly max(); a quantile outside 0..1 counts as the nearer end, NaN as 0.
  std::uint64_t quantile(double q) const;

  struct Bucket {
    std::uint64_t low;   ///< smallest value of the bucket
    std::uint64_t high;  ///< largest value of the bucket
    std::uint64_t count;
  };
  /// The buckets that hold something, ascending.
  std::vector<Bucket> buckets() const;

  bool operator==(const Histogram&) const = default;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
  // 128 bits in two words: a double would make the sum, and with it equality, depend on the order of additions.
  std::uint64_t sum_high_ = 0;
  std::uint64_t sum_low_ = 0;
};

}  // namespace farfault
