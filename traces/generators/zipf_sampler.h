/// Samples from Zipf's law, and permutations to scatter what it prefers; both without tables.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "traces/generators/portable_math.h"
#include "traces/generators/random_numbers.h"

namespace farfault::traces {

/// Rank k of 1..n with probability proportional to k^-exponent. Exact (no approximation of the law, only rounding of
/// doubles), in constant time and memory for any n: rejection-inversion, W. Hoermann and G. Derflinger,
/// "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996.
///
/// The law's hat is the area under h(x) = x^-exponent over [k - 1/2, k + 1/2]; as h is convex, that area is at least
/// h(k), and a point of it is rejected only with the small probability by which it is larger.
class ZipfSampler {
 public:
  /// REQUIRES: 1 <= n <= 2^52, exponent >= 0.
  ZipfSampler(std::uint64_t n, double exponent)
      : n_(static_cast<double>(n)),
        exponent_(exponent),
        area_first_(area(1.5) - 1),  // the first column is cut to h(1) = 1, so that it is never rejected
        area_last_(area(n_ + 0.5)),
        always_(2 - area_inverse(area(2.5) - density(2))) {}

  std::uint64_t next(Xoshiro256& numbers) const {
    for (;;) {
      const double u = area_last_ + numbers.unit() * (area_first_ - area_last_);
      const double x = area_inverse(u);
      const double k =
          std::clamp(static_cast<double>(static_cast<std::uint64_t>(std::clamp(x + 0.5, 1.0, n_))), 1.0, n_);
      // Left of the middle of a column by no more than this, no point is ever rejected: saves the exact test mostly.
      if (k - x <= always_ || u >= area(k + 0.5) - density(k)) return static_cast<std::uint64_t>(k);
    }
  }

 private:
  double density(double x) const { return portable_exp(-exponent_ * portable_log(x)); }
  /// The integral of the density from 1 to x, in a form that does not cancel where the exponent is near 1.
  double area(double x) const {
    const double logarithm = portable_log(x);
    return expm1_over_x((1 - exponent_) * logarithm) * logarithm;
  }
  double area_inverse(double a) const {
    const double t = std::max(a * (1 - exponent_), -1.0);  // below -1 only by rounding
    return portable_exp(log1p_over_x(t) * a);
  }

  double n_;
  double exponent_;
  double area_first_;
  double area_last_;
  double always_;
};

/// A bijection of 0 .. n-1 that looks random and takes no memory: a keyed mixing of the smallest power of two that
/// holds them, repeated while the result is outside (less than twice on average).
class Permutation {
 public:
  /// REQUIRES: n > 0.
  Permutation(std::uint64_t n, std::uint64_t seed) : n_(n) {
    const int bits = std::bit_width(n - 1);
    mask_ = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    shift_ = static_cast<unsigned>(std::max(1, (bits + 1) / 2));
    SplitMix64 keys(seed);
    for (std::uint64_t& key : keys_) key = keys.next();
  }

  /// REQUIRES: i < n.
  std::uint64_t operator()(std::uint64_t i) const {
    do {
      i = mixed(i);
    } while (i >= n_);
    return i;
  }

 private:
  /// Each step can be undone within the mask's bits: adding, multiplying by an odd number, xor with a right shift.
  std::uint64_t mixed(std::uint64_t i) const {
    for (const std::uint64_t key : keys_) {
      i = (i + key) & mask_;
      i ^= i >> shift_;
      i = i * (0x9e3779b97f4a7c15 ^ (key & ~std::uint64_t{1})) & mask_;
      i ^= i >> shift_;
    }
    return i;
  }

  std::uint64_t n_;
  std::uint64_t mask_ = 0;
  unsigned shift_ = 1;
  std::uint64_t keys_[3] = {};
};

}  // namespace farfault::traces
