#include "sim/core/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace farfault {
namespace histogram_test {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("histogram: empty") {
  const Histogram h;
  CHECK(h.count() == 0);
  CHECK(h.min() == 0);
  CHECK(h.max() == 0);
  CHECK(h.sum() == 0);
  CHECK(h.mean() == 0);
  CHECK(h.quantile(0.5) == 0);
  CHECK(h.buckets().empty());
}

TEST_CASE("histogram: small values are exact") {
  Histogram h;
  for (std::uint64_t v = 1; v <= 100; ++v) h.add(v);
  CHECK(h.count() == 100);
  CHECK(h.sum() == 5050);
  CHECK(h.mean() == doctest::Approx(50.5));
  CHECK(h.quantile(0) == 1);
  CHECK(h.quantile(1) == 100);
  // Nearest rank, for every percentile: 0.07 * 100 is above 7 in doubles, and still means the 7th.
  for (std::uint64_t p = 1; p <= 100; ++p) {
    CAPTURE(p);
    CHECK(h.quantile(static_cast<double>(p) / 100) == p);
  }
}

TEST_CASE("histogram: quantiles outside the range count as its ends") {
  Histogram h;
  h.add(5);
  h.add(9);
  CHECK(h.quantile(-1) == 5);
  CHECK(h.quantile(2) == 9);
  CHECK(h.quantile(std::nan("")) == 5);
  CHECK(h.quantile(std::numeric_limits<double>::infinity()) == 9);
}

TEST_CASE("histogram: a repeated value is reported exactly") {
  Histogram h;
  h.add(1'000'003, 7);
  CHECK(h.count() == 7);
  CHECK(h.sum() == 7'000'021);
  for (const double q : {0.0, 0.3, 0.5, 0.99, 1.0}) CHECK(h.quantile(q) == 1'000'003);
  h.add(5, 0);
  CHECK(h.min() == 1'000'003);
  CHECK(h.count() == 7);
}

TEST_CASE("histogram: buckets tile the whole range") {
  // Every bucket begins where the one before ends, and its own ends fall into it.
  Histogram ends;
  std::vector<Histogram::Bucket> all;
  std::uint64_t next = 0;
  while (true) {
    Histogram one;
    one.add(next);
    REQUIRE(one.buckets().size() == 1);
    const Histogram::Bucket bucket = one.buckets().front();
    REQUIRE(bucket.low == next);
    REQUIRE(bucket.high >= bucket.low);
    ends.add(bucket.low);
    ends.add(bucket.high);
    all.push_back(bucket);
    if (bucket.high == kMost) break;
    next = bucket.high + 1;
  }
  CHECK(all.size() == 3776);
  const auto buckets = ends.buckets();
  REQUIRE(buckets.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(buckets[i].low == all[i].low);
    CHECK(buckets[i].high == all[i].high);
    CHECK(buckets[i].count == 2);
    // The value reported is off by less than 1/128 at either end. 0 and the largest value keep it from being clamped.
    for (const std::uint64_t value : {all[i].low, all[i].high}) {
      Histogram h;
      h.add(0);
      h.add(value);
      h.add(kMost);
      const std::uint64_t reported = h.quantile(0.5);
      const std::uint64_t error = std::max(reported, value) - std::min(reported, value);
      CHECK((error == 0 || (error < (1ULL << 57U) && error * 128 < value)));
    }
  }
}

TEST_CASE("histogram: 64 buckets to a power of two from 128 on") {
  Histogram h;
  for (std::uint64_t v = 128; v < 256; ++v) h.add(v);
  CHECK(h.buckets().size() == 64);
  CHECK(h.buckets().front().low == 128);
  CHECK(h.buckets().front().high == 129);
  Histogram exact;
  for (std::uint64_t v = 0; v < 128; ++v) exact.add(v);
  CHECK(exact.buckets().size() == 128);
}

TEST_CASE("histogram: extremes of the range") {
  Histogram h;
  h.add(0);
  h.add(kMost);
  CHECK(h.quantile(0) == 0);
  CHECK(h.quantile(1) == kMost);
  CHECK(h.sum() == 0x1p64);
  h.add(kMost, kMost - 2);
  CHECK(h.count() == kMost);
  CHECK(h.mean() == doctest::Approx(0x1p64));
  CHECK(h.quantile(0.5) >= kMost - kMost / 128);
}

TEST_CASE("histogram: the sum does not lose small values") {
  Histogram h;
  h.add(1ULL << 60U);
  h.add(1, 1U << 20U);
  Histogram other;
  other.add(1, 1U << 20U);
  other.add(1ULL << 60U);
  CHECK(h.sum() == 0x1p60 + 0x1p20);
  CHECK(h == other);
}

TEST_CASE("histogram: merge gives the histogram of both streams") {
  Histogram a;
  Histogram b;
  Histogram both;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const std::uint64_t value = i * i * i;
    (i % 3 == 0 ? a : b).add(value);
    both.add(value);
  }
  Histogram ab = a;
  ab.merge(b);
  Histogram ba = b;
  ba.merge(a);
  CHECK(ab == both);
  CHECK(ba == both);
  ab.merge(Histogram());
  CHECK(ab == both);
  Histogram empty;
  empty.merge(both);
  CHECK(empty == both);
  Histogram doubled = a;
  doubled.merge(doubled);
  CHECK(doubled.count() == 2 * a.count());
  CHECK(doubled.sum() == 2 * a.sum());
}

}  // namespace histogram_test
}  // namespace farfault
