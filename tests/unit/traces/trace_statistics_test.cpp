#include "traces/trace_statistics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/traces/records.h"
#include "tests/unit/traces/testing.h"
#include "traces/source.h"

namespace farfault::traces {
namespace trace_statistics_test {

using testing::error_of;
using testing::event;
using testing::random_records;
using testing::range;
using testing::read;
using testing::Record;
using testing::RecordsReader;
using testing::some_agents;
using testing::write;

TraceStatistics measured(std::vector<Record> records, const StatisticsOptions& options = {}) {
  RecordsReader reader(std::move(records), some_agents(4));
  return measure(reader, "x", options);
}

const BackingStatistics& of(const TraceStatistics& statistics, Backing backing) {
  return statistics.by_backing[static_cast<std::size_t>(backing)];
}

// ---- reuse distances
// -------------------------------------------------------------------------------------------------

ReuseDistances::Counts counts_of(const std::vector<std::uint64_t>& pages) {
  ReuseDistances distances(1'000'000);
  for (const std::uint64_t page : pages) distances.touch(page);
  return *distances.counts();
}

/// By looking at all touches in between.
ReuseDistances::Counts naive_counts_of(const std::vector<std::uint64_t>& pages) {
  ReuseDistances::Counts out;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::set<std::uint64_t> between;
    std::size_t j = i;
    while (j > 0 && pages[j - 1] != pages[i]) between.insert(pages[--j]);
    if (j == 0) {
      ++out.first;
      continue;
    }
    std::size_t bound = 0;
    while (bound < ReuseDistances::kBounds.size() && between.size() >= ReuseDistances::kBounds[bound]) ++bound;
    ++(bound < ReuseDistances::kBounds.size() ? out.below[bound] : out.beyond);
  }
  return out;
}

TEST_CASE("traces: reuse distances at every bound") {
  for (const std::uint64_t distance : {0, 1, 15, 16, 17, 255, 256, 4095, 4096, 65535, 65536}) {
    std::vector<std::uint64_t> pages = {7};
    for (std::uint64_t i = 0; i < distance; ++i) pages.push_back(1000 + i);
    pages.push_back(7);
    ReuseDistances::Counts expected;
    expected.first = distance + 1;
    const auto* const bound =
        std::upper_bound(ReuseDistances::kBounds.begin(), ReuseDistances::kBounds.end(), distance);
    if (bound == ReuseDistances::kBounds.end()) {
      expected.beyond = 1;
    } else {
      expected.below[static_cast<std::size_t>(bound - ReuseDistances::kBounds.begin())] = 1;
    }
    CAPTURE(distance);
    CHECK(counts_of(pages) == expected);
  }
}

TEST_CASE("traces: reuse distances agree with counting what lies between") {
  Xoshiro256 random(3);
  for (const std::uint64_t pages : {1, 5, 16, 17, 40, 300, 700}) {
    std::vector<std::uint64_t> touches;
    for (int i = 0; i < 2500; ++i) {
      // Some pages more often than others, and now and then a walk.
      const std::uint64_t page = random.below(1 + random.below(pages));
      for (std::uint64_t step = 0; step < (random.below(50) == 0 ? 30U : 1U); ++step) {
        touches.push_back((page + step) * 0x100000000);
      }
    }
    CAPTURE(pages);
    CHECK(counts_of(touches) == naive_counts_of(touches));
  }
}

TEST_CASE("traces: reuse distances stay exact when slots are given anew, many times") {
  // Round and round over n pages: every distance is n - 1.
  for (const std::uint64_t n : {20, 1000, 5000}) {
    ReuseDistances distances(1'000'000);
    for (std::uint64_t i = 0; i < 12 * n + 20000; ++i) distances.touch(i % n);
    ReuseDistances::Counts expected;
    expected.first = n;
    expected.below[n <= 256 ? 2 : n <= 4096 ? 3 : 4] = 11 * n + 20000;
    CHECK(*distances.counts() == expected);
  }
}

TEST_CASE("traces: reuse is given up beyond the limit of pages") {
  ReuseDistances distances(100);
  for (std::uint64_t page = 0; page < 100; ++page) distances.touch(page);
  CHECK(distances.counts().has_value());
  for (std::uint64_t i = 0; i < 1000; ++i) distances.touch(i * 37 % 500);
  CHECK_FALSE(distances.counts().has_value());
}

// ---- the rest
// --------------------------------------------------------------------------------------------------------

TEST_CASE("traces: statistics of nothing") {
  const TraceStatistics s = measured({});
  CHECK(s.footprint == FootprintScan{});
  CHECK(s.accesses_by_agent.empty());
  CHECK(s.reuse == ReuseDistances::Counts{});
}

TEST_CASE("traces: statistics count accesses by agent and operation, events by kind, and pages") {
  const TraceStatistics s =
      measured({read(0x1000, 8, 3), write(0x1ffc, 8, 0, 2), event(EventKind::kCompute, 100),
                Access::make(0x1000, 4, Op::kAtomic, 1, 2), Access::make(0x1000, 4, Op::kReadModifyWrite),
                event(EventKind::kTimestamp, 70), event(EventKind::kKernelLaunch), event(EventKind::kTimestamp, 90)});
  CHECK(s.footprint.accesses == 4);
  CHECK(s.footprint.reads == 1);
  CHECK(s.footprint.writes == 1);
  CHECK(s.footprint.read_modify_writes == 2);
  CHECK(s.atomics == 1);
  CHECK(s.footprint.bytes == 24);
  CHECK(s.footprint.instructions == 104);
  CHECK(s.footprint.pages == 2);
  CHECK(s.footprint.blocks == 1);
  CHECK(s.accesses_by_agent == std::vector<std::uint64_t>{2, 0, 2});
  CHECK(s.events[static_cast<std::size_t>(EventKind::kTimestamp)] == 2);
  CHECK(s.events[static_cast<std::size_t>(EventKind::kKernelLaunch)] == 1);
  CHECK(s.last_time == 90);
  // Pages 1, 1, 2, 1, 1.
  CHECK(s.reuse->first == 2);
  CHECK(s.reuse->below == std::array<std::uint64_t, 5>{2, 1, 0, 0, 0});
}

TEST_CASE("traces: statistics tell mappings by what is behind them") {
  Event grown = range(EventKind::kMremap, 0x10000, 0x2000);
  grown.value = 0x50000;
  grown.value2 = 0x4000;
  const TraceStatistics s =
      measured({range(EventKind::kMmap, 0x10000, 0x2000, Backing::kPrivateAnonymous), read(0x10000), read(0x11ff8, 16),
                read(0x12000), grown, read(0x53000), read(0x10000), range(EventKind::kBrk, 0x80000, 0x1000),
                read(0x80000), range(EventKind::kBrk, 0x80000, 0x9000), read(0x88000),
                range(EventKind::kBrk, 0x80000, 0x2000), read(0x88000), range(EventKind::kMunmap, 0x50000, 0x4000),
                range(EventKind::kMmap, 0x51000, 0x1000, Backing::kFile), read(0x51000),
                range(EventKind::kMmap, 0x61000, 0x1000, Backing::kFile), range(EventKind::kMunmap, 0, 0x100000)});
  CHECK(of(s, Backing::kPrivateAnonymous) == BackingStatistics{1, Bytes(0x4000), 3, 4});
  CHECK(of(s, Backing::kHeap) == BackingStatistics{1, Bytes(0x9000), 2, 2});
  CHECK(of(s, Backing::kFile) == BackingStatistics{2, Bytes(0x2000), 1, 1});
  // 0x12000 is the page that 0x11ff8 has touched before, 0x10000 and 0x88000 were known before they were unmapped.
  CHECK(s.unmapped == BackingStatistics{0, Bytes(0), 3, 0});
  CHECK(s.mappings_complete);
}

TEST_CASE("traces: statistics of mappings agree with counting all of them after every event") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<Record> in = random_records(seed, 2000, 30, 3);
    const TraceStatistics s = measured(in);
    VmaMap map;
    std::map<int, std::uint64_t> accesses;
    std::array<std::uint64_t, kBackingCount> most{};
    for (const Record& record : in) {
      if (const auto* access = std::get_if<Access>(&record)) {
        const Vma* const vma = map.find(access->address);
        ++accesses[vma == nullptr ? -1 : static_cast<int>(vma->backing)];
        continue;
      }
      map.apply(std::get<Event>(record));
      std::array<std::uint64_t, kBackingCount> mapped{};
      for (const auto& [start, vma] : map.ranges()) mapped[static_cast<std::size_t>(vma.backing)] += vma.length;
      for (std::size_t i = 0; i < kBackingCount; ++i) most[i] = std::max(most[i], mapped[i]);
    }
    std::uint64_t pages = s.unmapped.pages;
    for (std::size_t i = 0; i < kBackingCount; ++i) {
      CHECK(s.by_backing[i].mapped == Bytes(most[i]));
      CHECK(s.by_backing[i].accesses == accesses[static_cast<int>(i)]);
      pages += s.by_backing[i].pages;
    }
    CHECK(s.unmapped.accesses == accesses[-1]);
    CHECK(pages == s.footprint.pages);
  }
}

TEST_CASE("traces: statistics without reuse, and within limits") {
  CHECK_FALSE(measured({read(0)}, {.reuse = false}).reuse.has_value());
  CHECK_FALSE(measured({read(0), read(0x1000), read(0x2000)}, {.reuse_page_limit = 2}).reuse.has_value());
  CHECK(error_of([] { measured({read(0), read(1U << 21U)}, {.block_limit = 1}); }) ==
        "x: accesses touch more than 1 blocks of 2 MiB; measure a part of it: farfault trace cut");
}

TEST_CASE("traces: statistics agree with the footprint scan on a shipped sample") {
  const std::unique_ptr<Source> source = open_file("traces/samples/bfs.lackey.zst");
  const auto reader = source->open();
  const TraceStatistics s = measure(*reader, "bfs");
  const auto again = source->open();
  CHECK(s.footprint == scan_footprint(*again, "bfs", 1000));
  CHECK(s.reuse->first == s.footprint.pages);
}

}  // namespace trace_statistics_test
}  // namespace farfault::traces
