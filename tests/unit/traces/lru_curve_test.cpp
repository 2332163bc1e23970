#include "traces/lru_curve.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/traces/records.h"
#include "tests/unit/traces/testing.h"

namespace farfault::traces {
namespace lru_curve_test {

using testing::error_of;
using testing::read;
using testing::Record;
using testing::RecordsReader;

LruCurve curve_of(std::vector<Record> records, const CurveOptions& options = {}) {
  RecordsReader reader(std::move(records));
  return measure_lru_curve(reader, "x", options);
}

/// Misses of a list that is kept in the order of use.
std::uint64_t lru_misses(const std::vector<std::uint64_t>& pages, std::size_t capacity) {
  std::vector<std::uint64_t> list;
  std::uint64_t misses = 0;
  for (const std::uint64_t page : pages) {
    const auto it = std::find(list.begin(), list.end(), page);
    if (it != list.end()) {
      list.erase(it);
    } else {
      ++misses;
      if (list.size() == capacity) list.pop_back();
    }
    list.insert(list.begin(), page);
  }
  return misses;
}

TEST_CASE("traces: the exact curve is the misses of an LRU list at every size") {
  Xoshiro256 random(11);
  std::vector<std::uint64_t> pages;
  std::vector<Record> records;
  for (std::size_t i = 0; i < 6000; ++i) {
    // Near ones more often, so that all distances occur.
    const std::uint64_t page = random.below(1 + random.below(200));
    pages.push_back(page);
    records.emplace_back(read(0x10000 + page * 4096));
  }
  const LruCurve curve = curve_of(records);
  CHECK(curve.touches() == 6000);
  CHECK(curve.sampled_pages() == curve.pages());
  for (std::size_t capacity = 1; capacity <= curve.pages() + 5; ++capacity) {
    CHECK(curve.faults(static_cast<double>(capacity)) == static_cast<double>(lru_misses(pages, capacity)));
  }
  CHECK(curve.miss_ratio(0) == 1);
}

TEST_CASE("traces: an access over two pages touches both and one of no size none") {
  const LruCurve curve = curve_of({read(0x1ff8, 16), read(0x1000, 0), read(0x2000)});
  CHECK(curve.touches() == 3);
  CHECK(curve.pages() == 2);
  CHECK(curve.faults(1) == 2);
}

TEST_CASE("traces: a curve of nothing is nothing") {
  const LruCurve curve = curve_of({});
  CHECK(curve.touches() == 0);
  CHECK(curve.miss_ratio(10) == 0);
}

TEST_CASE("traces: a curve refuses more pages than its limit and a sample without any") {
  std::vector<Record> records;
  for (std::uint64_t page = 0; page < 100; ++page) records.emplace_back(read(page * 4096));
  CHECK(error_of([&] { curve_of(records, {.page_limit = 50}); }).find("more than 50 pages") != std::string::npos);
  CHECK(error_of([&] {
          curve_of({read(0), read(std::uint64_t{1} << 30U)}, {.block_limit = 1});
        }).find("more than 1 blocks") != std::string::npos);
  CHECK(error_of([&] { curve_of({read(0x1000)}, {.rate = 1e-6}); }).find("no page of the trace") != std::string::npos);
}

}  // namespace lru_curve_test
}  // namespace farfault::traces
