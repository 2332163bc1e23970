#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/histogram.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault {
namespace core_properties_test {

/// Every magnitude equally likely: rapidcheck's own integers stay small or fill all bits.
rc::Gen<std::uint64_t> any_u64() {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 65), rc::gen::arbitrary<std::uint64_t>()),
                      [](const std::pair<int, std::uint64_t>& p) {
                        // Scrambled, since small generated numbers would leave the high bits empty.
                        const std::uint64_t bits = (p.second + 1) * 0x9E3779B97F4A7C15ULL;
                        return p.first == 0 ? 0 : bits >> (64 - p.first);
                      });
}

/// Every positive finite double, subnormals included.
rc::Gen<double> any_positive_double() {
  constexpr std::uint64_t kInfinity = 0x7FF0'0000'0000'0000ULL;
  return rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t n) {
    return std::bit_cast<double>((n + 1) * 0x9E3779B97F4A7C15ULL % (kInfinity - 1) + 1);
  });
}

bool within(std::uint64_t reported, std::uint64_t exact) {
  const std::uint64_t error = reported > exact ? reported - exact : exact - reported;
  // error < exact / 128, without rounding: error is below 2^57, exact values below 128 must be exact.
  return error == 0 || (error < (std::uint64_t{1} << 57U) && error * 128 < exact);
}

Histogram histogram_of(const std::vector<std::uint64_t>& values) {
  Histogram h;
  for (const std::uint64_t value : values) h.add(value);
  return h;
}

TEST_CASE("core properties: an exact size parses back") {
  CHECK(rc::check([] {
    const Bytes bytes(*any_u64());
    const auto parsed = parse_bytes(format_exact(bytes));
    RC_ASSERT(bool(parsed));
    RC_ASSERT(*parsed.value == bytes);
  }));
}

TEST_CASE("core properties: an exact round size parses back") {
  // Multiples of units take other branches than arbitrary numbers do.
  CHECK(rc::check([] {
    const std::uint64_t unit = *rc::gen::element<std::uint64_t>(10, 1'000, 1'000'000, 10'000'000'000'000, 1ULL << 8U,
                                                                1ULL << 10U, 1ULL << 28U, 1ULL << 40U, 1ULL << 50U);
    const Bytes bytes(*rc::gen::inRange<std::uint64_t>(0, 16'384) * unit);
    const auto parsed = parse_bytes(format_exact(bytes));
    RC_ASSERT(bool(parsed));
    RC_ASSERT(*parsed.value == bytes);
  }));
}

TEST_CASE("core properties: an exact time parses back") {
  CHECK(rc::check([] {
    const SimTime time = SimTime::picoseconds(static_cast<std::int64_t>(*any_u64() >> 1U));
    const auto parsed = parse_time(format_exact(time));
    RC_ASSERT(bool(parsed));
    RC_ASSERT(*parsed.value == time);
  }));
}

TEST_CASE("core properties: an exact bandwidth parses back to the same double") {
  CHECK(rc::check([] {
    const Bandwidth bandwidth = Bandwidth::bytes_per_second(*any_positive_double());
    const auto parsed = parse_bandwidth(format_exact(bandwidth));
    RC_ASSERT(bool(parsed));
    RC_ASSERT(*parsed.value == bandwidth);
  }));
}

TEST_CASE("core properties: a usual bandwidth parses back to the same double") {
  CHECK(rc::check([] {
    const double rate = static_cast<double>(*any_u64() + 1) / static_cast<double>(*rc::gen::inRange(1, 10'000));
    const auto parsed = parse_bandwidth(format_exact(Bandwidth::bytes_per_second(rate)));
    RC_ASSERT(bool(parsed));
    RC_ASSERT(parsed.value->bytes_per_second() == rate);
  }));
}

TEST_CASE("core properties: a short text is within half a percent and parses") {
  CHECK(rc::check([] {
    const std::uint64_t count = *any_u64();
    const auto bytes = parse_bytes(format_short(Bytes(count)));
    // "11.7 GiB" need not be a whole number of bytes, and rounding up may leave the range.
    if (bytes)
      RC_ASSERT(std::abs(static_cast<double>(bytes.value->count()) - static_cast<double>(count)) <=
                0.0051 * static_cast<double>(count));
    const std::int64_t ps = static_cast<std::int64_t>(count >> 2U);
    const auto time = parse_time(format_short(SimTime::picoseconds(ps)));
    RC_ASSERT(bool(time));
    RC_ASSERT(std::abs(static_cast<double>(time.value->picoseconds() - ps)) <= 0.0051 * static_cast<double>(ps));
  }));
}

TEST_CASE("core properties: parsers answer any text with a value or a problem") {
  CHECK(rc::check([] {
    const std::string text = *rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::elementOf(std::string("0123456789.eE+- kKMGTPiBbsunphm/%\xC2\xB5")), rc::gen::arbitrary<char>()));
    const auto bytes = parse_bytes(text);
    RC_ASSERT(bool(bytes) == bytes.problem.empty());
    const auto time = parse_time(text);
    RC_ASSERT(bool(time) == time.problem.empty());
    RC_ASSERT(!time || *time.value >= SimTime::zero());
    const auto bandwidth = parse_bandwidth(text);
    RC_ASSERT(bool(bandwidth) == bandwidth.problem.empty());
    RC_ASSERT(!bandwidth || bandwidth.value->bytes_per_second() > 0);
    const auto percent = parse_percent(text);
    RC_ASSERT(bool(percent) == percent.problem.empty());
  }));
}

TEST_CASE("core properties: grouped counts keep their digits") {
  CHECK(rc::check([] {
    const std::uint64_t n = *any_u64();
    std::string text = format_count(n);
    std::erase(text, ',');
    RC_ASSERT(text == std::to_string(n));
  }));
}

TEST_CASE("core properties: a histogram's relative error is below 1/128") {
  CHECK(rc::check([] {
    const std::uint64_t value = *any_u64();
    // Neighbours far below and above, so that clamping to the extremes does not hide the bucket's error.
    Histogram h;
    h.add(0);
    h.add(value);
    h.add(std::numeric_limits<std::uint64_t>::max());
    RC_ASSERT(within(h.quantile(0.5), value));
  }));
}

TEST_CASE("core properties: histogram bucket ends are within the error too") {
  CHECK(rc::check([] {
    Histogram one;
    one.add(*any_u64());
    const Histogram::Bucket bucket = one.buckets().front();
    for (const std::uint64_t value : {bucket.low, bucket.high}) {
      Histogram h;
      h.add(0);
      h.add(value);
      h.add(std::numeric_limits<std::uint64_t>::max());
      RC_ASSERT(within(h.quantile(0.5), value));
    }
  }));
}

TEST_CASE("core properties: merging histograms is concatenating streams") {
  CHECK(rc::check([] {
    const auto a = *rc::gen::container<std::vector<std::uint64_t>>(any_u64());
    const auto b = *rc::gen::container<std::vector<std::uint64_t>>(any_u64());
    std::vector<std::uint64_t> both = a;
    both.insert(both.end(), b.begin(), b.end());
    Histogram merged = histogram_of(a);
    merged.merge(histogram_of(b));
    RC_ASSERT(merged == histogram_of(both));
    Histogram reversed = histogram_of(b);
    reversed.merge(histogram_of(a));
    RC_ASSERT(reversed == merged);
  }));
}

TEST_CASE("core properties: histogram figures are exact") {
  CHECK(rc::check([] {
    auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(any_u64()));
    const Histogram h = histogram_of(values);
    RC_ASSERT(h.count() == values.size());
    RC_ASSERT(h.min() == *std::min_element(values.begin(), values.end()));
    RC_ASSERT(h.max() == *std::max_element(values.begin(), values.end()));
    long double sum = 0;
    for (const std::uint64_t value : values) sum += static_cast<long double>(value);
    RC_ASSERT(std::abs(static_cast<long double>(h.sum()) - sum) <= sum * 1e-15L);
    std::uint64_t count = 0;
    for (const auto& bucket : h.buckets()) count += bucket.count;
    RC_ASSERT(count == h.count());
  }));
}

TEST_CASE("core properties: a quantile is within the bound of the exact nearest rank") {
  CHECK(rc::check([] {
    auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(any_u64()));
    const Histogram h = histogram_of(values);
    std::sort(values.begin(), values.end());
    const std::size_t permille = *rc::gen::inRange<std::size_t>(0, 1'001);
    const std::size_t rank = std::max<std::size_t>(1, (values.size() * permille + 999) / 1'000);
    RC_ASSERT(within(h.quantile(static_cast<double>(permille) / 1'000), values[rank - 1]));
  }));
}

TEST_CASE("core properties: quantiles do not decrease") {
  CHECK(rc::check([] {
    const Histogram h = histogram_of(*rc::gen::container<std::vector<std::uint64_t>>(any_u64()));
    std::uint64_t last = h.quantile(0);
    for (int i = 1; i <= 50; ++i) {
      const std::uint64_t next = h.quantile(i / 50.0);
      RC_ASSERT(next >= last);
      last = next;
    }
  }));
}

rc::Gen<std::string> short_name() { return rc::gen::container<std::string>(rc::gen::elementOf(std::string("abc-"))); }

TEST_CASE("core properties: edit distance is symmetric and bounded") {
  CHECK(rc::check([] {
    const std::string a = *short_name();
    const std::string b = *short_name();
    const std::size_t distance = edit_distance(a, b);
    RC_ASSERT(distance == edit_distance(b, a));
    RC_ASSERT((distance == 0) == (a == b));
    RC_ASSERT(distance <= std::max(a.size(), b.size()));
    RC_ASSERT(distance >= std::max(a.size(), b.size()) - std::min(a.size(), b.size()));
  }));
}

TEST_CASE("core properties: printable text is short and printing it again changes nothing") {
  CHECK(rc::check([] {
    const std::string text = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    const std::size_t limit = *rc::gen::inRange<std::size_t>(0, 120);
    const std::string out = printable(text, limit);
    RC_ASSERT(out.size() <= limit);
    RC_ASSERT(printable(out, limit) == out);
    for (const char c : out) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
  }));
}

}  // namespace core_properties_test
}  // namespace farfault
