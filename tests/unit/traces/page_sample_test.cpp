#include "traces/filters/page_sample.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/traces/records.h"

namespace farfault::traces {
namespace page_sample_test {

using testing::event;
using testing::instructions_of;
using testing::random_records;
using testing::range;
using testing::read;
using testing::Record;
using testing::records_of;
using testing::RecordsReader;
using testing::some_agents;

std::vector<Record> sampled(const std::vector<Record>& records, const SampleOptions& options,
                            std::size_t block_records = 7) {
  PageSample sample(std::make_unique<RecordsReader>(records, some_agents(4), block_records), options);
  return records_of(sample);
}

/// The access's parts in the sample, found unit by unit.
std::vector<Record> parts_of(Access access, const SampleOptions& options) {
  const UnitSample sample(options);
  const std::uint64_t end = access.address + std::max<std::uint32_t>(access.size(), 1);
  std::vector<Record> out;
  std::uint64_t from = access.address;
  bool open = false;
  for (std::uint64_t at = access.address; at <= end; ++at) {
    const bool in = at < end && sample.keeps(sample.unit_of(at));
    if (in && !open) from = at;
    if (!in && open) {
      const bool whole = access.size() == 0;
      out.emplace_back(
          Access::make(from, whole ? 0 : static_cast<std::uint32_t>(at - from), access.op(), access.gap, access.agent));
      access.gap = 0;
    }
    open = in;
  }
  return out;
}

/// Without the events that wait for what follows.
std::vector<Record> without_waiting(std::vector<Record> records) {
  std::erase_if(records, [](const Record& record) {
    const auto* e = std::get_if<Event>(&record);
    return e != nullptr && (e->kind == EventKind::kCompute || e->kind == EventKind::kDependency);
  });
  return records;
}

TEST_CASE("traces: a sample has the accesses to its units and nothing else") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const std::vector<Record> all = random_records(seed, 4000, 400, 4);
    for (const Bytes unit : {Bytes::kib(4), Bytes::kib(16)}) {
      const SampleOptions options{0.4, seed + 10, unit};
      std::vector<Record> expected;
      for (const Record& record : all) {
        if (const auto* access = std::get_if<Access>(&record)) {
          for (Record& part : parts_of(*access, options)) expected.push_back(std::move(part));
        } else {
          expected.push_back(record);
        }
      }
      expected = without_waiting(std::move(expected));
      const std::vector<Record> got = without_waiting(sampled(all, options));
      CHECK(got.size() > 1000);
      CHECK(got.size() < all.size());
      CHECK(got == expected);
      CHECK(sampled(all, options, 1000) == sampled(all, options, 1));
    }
  }
}

TEST_CASE("traces: a sample of everything is the trace") {
  const std::vector<Record> all = random_records(5, 3000, 40, 4);
  CHECK(without_waiting(sampled(all, {1, 9, kPageSize})) == without_waiting(all));
}

TEST_CASE("traces: a sample computes as much for each access as the whole") {
  std::vector<Record> all;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    all.emplace_back(read(i * 4096, 8, 10));
    all.emplace_back(event(EventKind::kCompute, 7));
  }
  const std::vector<Record> some = sampled(all, {0.1, 1, kPageSize});
  const auto accesses = static_cast<double>(
      std::count_if(some.begin(), some.end(), [](const Record& r) { return std::holds_alternative<Access>(r); }));
  CHECK(accesses > 1800);
  CHECK(accesses < 2200);
  CHECK(static_cast<double>(instructions_of(some)) == doctest::Approx(accesses * 10 + 20000 * 7 * 0.1).epsilon(0.001));
}

TEST_CASE("traces: of events that a trace may have for each access the last before the next access is left") {
  const UnitSample sample({0.5, 1, kPageSize});
  std::uint64_t in = 1;
  while (!sample.keeps(in)) ++in;
  std::uint64_t out = 1;
  while (sample.keeps(out)) ++out;
  const auto a = [](std::uint64_t page, std::uint16_t agent) { return read(page * 4096, 8, 0, agent); };
  const auto e = [](EventKind kind, std::uint64_t value, std::uint16_t agent = 0) { return event(kind, value, agent); };
  using K = EventKind;
  const std::vector<Record> all = {e(K::kTimestamp, 1),
                                   e(K::kThreadBlock, 1),
                                   a(out, 0),
                                   e(K::kTimestamp, 2),
                                   e(K::kThreadBlock, 2),
                                   e(K::kDependency, 0),
                                   e(K::kDependency, 0),
                                   a(in, 1),
                                   e(K::kTimestamp, 3),
                                   a(in, 0),
                                   a(in, 0),
                                   e(K::kThreadBlock, 3),
                                   e(K::kKernelEnd, 0),
                                   a(in, 0)};
  const std::vector<Record> expected = {e(K::kTimestamp, 2),
                                        a(in, 1),
                                        e(K::kTimestamp, 3),
                                        e(K::kDependency, 0),
                                        e(K::kThreadBlock, 2),
                                        a(in, 0),
                                        a(in, 0),
                                        e(K::kKernelEnd, 0),
                                        a(in, 0)};
  CHECK(sampled(all, {0.5, 1, kPageSize}) == expected);
}

TEST_CASE("traces: the rate is the share of units and other seeds are other units") {
  for (const double rate : {0.001, 0.01, 0.25}) {
    std::vector<std::set<std::uint64_t>> kept(2);
    for (const std::uint64_t seed : {1, 2}) {
      const UnitSample sample({rate, seed, Bytes::mib(2)});
      for (std::uint64_t unit = 0; unit < 1'000'000; ++unit) {
        if (sample.keeps(unit)) kept[seed - 1].insert(unit);
      }
      // Four standard deviations of a binomial distribution.
      const double expected = rate * 1e6;
      CHECK(std::abs(static_cast<double>(kept[seed - 1].size()) - expected) < 4 * std::sqrt(expected));
    }
    CHECK(kept[0] != kept[1]);
  }
}

TEST_CASE("traces: of a prefetch only what is in the sample is left") {
  const SampleOptions options{0.3, 4, Bytes::mib(2)};
  const UnitSample sample(options);
  const std::uint64_t start = (std::uint64_t{1} << 30U) + 4096;
  const std::uint64_t length = std::uint64_t{200} << 21U;
  std::uint64_t covered = 0;
  std::uint64_t last_end = 0;
  for (const Record& record : sampled({range(EventKind::kPrefetch, start, length)}, options)) {
    const Event& piece = std::get<Event>(record);
    CHECK(piece.kind == EventKind::kPrefetch);
    CHECK(piece.address > last_end);
    last_end = piece.address + piece.length;
    for (std::uint64_t at = piece.address; at < last_end; at += 4096) CHECK(sample.keeps(sample.unit_of(at)));
    covered += piece.length;
  }
  std::uint64_t expected = 0;
  for (std::uint64_t at = start; at < start + length; at += 4096)
    expected += sample.keeps(sample.unit_of(at)) ? 4096 : 0;
  CHECK(covered == expected);
  CHECK(covered > 0);
}

TEST_CASE("traces: a prefetch and an access at the end of the address space come to an end") {
  const SampleOptions options{0.5, 1, kPageSize};
  const std::vector<Record> all = {range(EventKind::kPrefetch, 0, kMaxAddress), read(kMaxAddress - 8, 64)};
  const std::vector<Record> out = sampled(all, options);
  REQUIRE(!out.empty());
  CHECK(out.front() == all.front());
}

TEST_CASE("traces: a scan says what is in the sample of a trace") {
  const std::vector<Record> all = random_records(3, 20000, 30000, 4);
  const SampleOptions options{0.2, 6, Bytes::kib(16)};
  RecordsReader whole(all, some_agents(4));
  const SampleScan scan = scan_sample(whole, "x", 1000, options);
  RecordsReader again(all, some_agents(4));
  CHECK(scan.whole == scan_footprint(again, "x", 1000));
  PageSample sample(std::make_unique<RecordsReader>(all, some_agents(4)), options);
  CHECK(scan.pages == scan_footprint(sample, "x", 1000).pages);
  std::set<std::uint64_t> units;
  for (const Record& record : sampled(all, options)) {
    const auto* access = std::get_if<Access>(&record);
    if (access == nullptr || access->size() == 0) continue;
    for (std::uint64_t u = access->address >> 14U; u <= (access->address + access->size() - 1) >> 14U; ++u)
      units.insert(u);
  }
  CHECK(scan.units == units.size());
  CHECK(scan.share() == doctest::Approx(0.2).epsilon(0.1));
}

TEST_CASE("traces: where much in a row is not in the sample the reader comes back with nothing now and then") {
  std::vector<Record> all;
  const UnitSample sample({0.01, 1, kPageSize});
  std::uint64_t page = 1;
  while (sample.keeps(page)) ++page;
  for (std::uint64_t i = 0; i < 5000; ++i) all.emplace_back(read(page * 4096));
  PageSample reader(std::make_unique<RecordsReader>(all, some_agents(1), 5), {0.01, 1, kPageSize});
  AccessBlock block;
  std::size_t empty = 0;
  while (reader.next(block)) {
    CHECK(block.empty());
    ++empty;
  }
  CHECK(empty >= 3);
  CHECK(empty <= 10);
}

}  // namespace page_sample_test
}  // namespace farfault::traces
