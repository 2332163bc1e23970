#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "tests/unit/traces/records.h"
#include "tests/unit/traces/testing.h"
#include "traces/filters/cache_filter.h"
#include "traces/filters/cut.h"
#include "traces/filters/page_runs.h"

namespace farfault::traces {
namespace filters_test {

using testing::error_of;
using testing::event;
using testing::instructions_of;
using testing::random_records;
using testing::range;
using testing::read;
using testing::Record;
using testing::records_of;
using testing::RecordsReader;
using testing::some_agents;
using testing::write;

std::unique_ptr<Reader> reader_of(std::vector<Record> records, std::size_t agents = 1, std::size_t block_records = 7) {
  return std::make_unique<RecordsReader>(std::move(records), some_agents(agents), block_records);
}

std::vector<Access> accesses_of(const std::vector<Record>& records) {
  std::vector<Access> out;
  for (const Record& record : records) {
    if (const auto* access = std::get_if<Access>(&record)) out.push_back(*access);
  }
  return out;
}

// ---- page runs
// -------------------------------------------------------------------------------------------------------

std::vector<Record> page_runs(std::vector<Record> records, std::size_t agents = 1) {
  PageRuns filter(reader_of(std::move(records), agents));
  return records_of(filter);
}

TEST_CASE("traces: a page run is the extent of its accesses, with all their instructions") {
  CHECK(page_runs({read(0x1010, 8, 3), read(0x1008, 4, 4), read(0x1f00, 16, 5)}) ==
        std::vector<Record>{read(0x1008, 0xf08, 12)});
  CHECK(page_runs({}) == std::vector<Record>{});
}

TEST_CASE("traces: page runs keep operations and agents apart, and begin in the order of the accesses") {
  const std::vector<Record> out =
      page_runs({read(0x1000), write(0x1000), read(0x1000, 8, 0, 1), read(0x2000), read(0x1008), write(0x1010)}, 2);
  CHECK(out == std::vector<Record>{read(0x1000, 16), write(0x1000, 24), read(0x1000, 8, 0, 1), read(0x2000)});
}

TEST_CASE("traces: the ninth page run ends the first, whatever was used last") {
  std::vector<Record> in;
  for (std::uint64_t page = 1; page <= 8; ++page) in.emplace_back(read(page << 12U));
  in.emplace_back(read(0x1008));  // still the first run
  in.emplace_back(read(9 << 12U));
  in.emplace_back(read(0x1010));  // a new one
  const std::vector<Record> out = page_runs(in);
  REQUIRE(out.size() == 10);
  CHECK(out[0] == Record(read(0x1000, 16)));
  CHECK(out[1] == Record(read(0x2000)));
  CHECK(out[9] == Record(read(0x1010)));
}

TEST_CASE("traces: page runs end at every event but compute, whose instructions they take") {
  const Event marker = event(EventKind::kMarker, 0, 0, "phase");
  CHECK(page_runs({event(EventKind::kCompute, 5), read(0x1000, 8, 1), event(EventKind::kCompute, 100000), marker,
                   read(0x1008, 8, 2)}) == std::vector<Record>{event(EventKind::kCompute, 5),
                                                               event(EventKind::kCompute, 100001 - 65535),
                                                               read(0x1000, 8, 65535), marker, read(0x1008, 8, 2)});
}

TEST_CASE("traces: an access that crosses a page's end stays as it is among page runs") {
  CHECK(page_runs({read(0x1000), read(0x1ffc, 8, 7), read(0x1008)}) ==
        std::vector<Record>{read(0x1ffc, 8, 7), read(0x1000, 16)});
}

TEST_CASE("traces: page runs say what they take away, and how much there was") {
  PageRuns filter(reader_of({read(0x1000), read(0x1008)}));
  records_of(filter);
  CHECK(filter.accesses() == 2);
  CHECK(filter.meta().lossy == std::vector<std::string>{"order and number of accesses within page runs"});
  CHECK(filter.format() == "records");
}

/// Pages in the order in which they are first touched.
std::vector<std::uint64_t> first_touches(const std::vector<Record>& records) {
  std::vector<std::uint64_t> out;
  std::set<std::uint64_t> seen;
  for (const Access& a : accesses_of(records)) {
    for (std::uint64_t page = a.address >> 12U; page <= (a.address + a.size() - 1) >> 12U; ++page) {
      if (seen.insert(page).second) out.push_back(page);
    }
  }
  return out;
}

TEST_CASE("traces: page runs keep instructions, pages, and what every agent does to every page between events") {
  using Done = std::set<std::tuple<std::uint64_t, Op, std::uint16_t>>;
  const auto done_between_events = [](const std::vector<Record>& records) {
    std::vector<std::pair<Done, EventKind>> out(1);
    for (const Record& record : records) {
      if (const auto* a = std::get_if<Access>(&record)) {
        for (std::uint64_t page = a->address >> 12U; page <= (a->address + a->size() - 1) >> 12U; ++page) {
          out.back().first.insert({page, a->op(), a->agent});
        }
      } else if (const Event& e = std::get<Event>(record); e.kind != EventKind::kCompute) {
        out.back().second = e.kind;
        out.emplace_back();
      }
    }
    return out;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<Record> in = random_records(seed, 3000, 1 + seed * 3, 3);
    const std::vector<Record> out = page_runs(in, 3);
    CHECK(out.size() < in.size());
    CHECK(instructions_of(out) == instructions_of(in));
    CHECK(done_between_events(out) == done_between_events(in));
  }
}

TEST_CASE("traces: page runs touch pages first in the order of the accesses where none crosses a page's end") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<Record> in;
    for (Record& record : random_records(seed, 2000, 40, 2)) {
      if (auto* a = std::get_if<Access>(&record)) in.emplace_back(read(a->address & ~std::uint64_t{15}, 8, a->gap));
    }
    CHECK(first_touches(page_runs(in)) == first_touches(in));
  }
}

// ---- cut
// -------------------------------------------------------------------------------------------------------------

std::vector<Record> cut(std::vector<Record> records, const CutOptions& options, std::size_t agents = 1) {
  Cut filter(reader_of(std::move(records), agents, 3), options);
  return records_of(filter);
}

TEST_CASE("traces: a cut of everything is the trace") {
  const std::vector<Record> in = random_records(1, 5000, 100, 3);
  CHECK(cut(in, {}, 3) == in);
}

TEST_CASE("traces: a cut by number begins with the mappings that are there") {
  const Event first = range(EventKind::kMmap, 0x1000, 0x1000, Backing::kHeap);
  const Event gone = range(EventKind::kMmap, 0x5000, 0x1000);
  const Event later = range(EventKind::kMmap, 0x9000, 0x1000);
  const std::vector<Record> in = {first,        gone,  read(0x1000), range(EventKind::kMunmap, 0x5000, 0x1000),
                                  read(0x1008), later, read(0x9000), range(EventKind::kMunmap, 0x1000, 0x1000),
                                  read(0x9008)};
  // What unmaps the second comes before access 1, and so belongs to the cut.
  CHECK(cut(in, {.accesses = {1, 3}}) ==
        std::vector<Record>{first, gone, range(EventKind::kMunmap, 0x5000, 0x1000), read(0x1008), later, read(0x9000)});
  CHECK(cut(in, {.accesses = {2, 3}}) == std::vector<Record>{first, later, read(0x9000)});
  CHECK(cut(in, {.accesses = {3}}) ==
        std::vector<Record>{first, later, range(EventKind::kMunmap, 0x1000, 0x1000), read(0x9008)});
  CHECK(cut(in, {.accesses = {4}}) == std::vector<Record>{later});
  CHECK(cut(in, {.accesses = {99}}) == std::vector<Record>{});
  CHECK(cut(in, {.accesses = {0, 0}}) == std::vector<Record>{});
}

TEST_CASE("traces: cuts that follow each other have every access and event once") {
  const std::vector<Record> in = random_records(3, 3000, 50, 2);
  const std::uint64_t all = accesses_of(in).size();
  std::vector<Access> together;
  for (std::uint64_t from = 0; from < all; from += 700) {
    const std::vector<Record> part = cut(in, {.accesses = {from, from + 700 >= all ? Interval::kOpen : from + 700}}, 2);
    for (const Access& access : accesses_of(part)) together.push_back(access);
  }
  CHECK(together == accesses_of(in));
}

TEST_CASE("traces: a cut by agent keeps mappings of all, and events of those that are kept") {
  const Event map = range(EventKind::kMmap, 0x1000, 0x1000);
  const Event launch = event(EventKind::kKernelLaunch, 0, 1, "k");
  const Event sync = event(EventKind::kStreamSync, 1, 0);
  const std::vector<Record> in = {map, read(0x1000), launch, read(0x1000, 8, 2, 1), sync, read(0x1008)};
  CHECK(cut(in, {.agents = "thread 2"}, 2) == std::vector<Record>{map, launch, read(0x1000, 8, 2, 1)});
  CHECK(cut(in, {.agents = "*1"}, 2) == std::vector<Record>{map, read(0x1000), sync, read(0x1008)});
  CHECK(error_of([&in] { cut(in, {.agents = "thred 1"}, 2); }) ==
        "no agent has a name like \"thred 1\"; did you mean \"thread 1\"?");
}

TEST_CASE("traces: a cut in the middle of a kernel begins with its launch") {
  const Event launch = event(EventKind::kKernelLaunch, 0, 1, "k");
  const Event end = event(EventKind::kKernelEnd, 0, 1);
  const std::vector<Record> in = {launch, read(0, 8, 0, 1), end, launch, read(8, 8, 0, 1), read(16, 8, 0, 1), end};
  CHECK(cut(in, {.accesses = {2}}, 2) == std::vector<Record>{launch, read(16, 8, 0, 1), end});
  CHECK(cut(in, {.accesses = {1}}, 2) ==
        std::vector<Record>{launch, end, launch, read(8, 8, 0, 1), read(16, 8, 0, 1), end});
  CHECK(cut(in, {.accesses = {2}, .agents = "thread 1"}, 2) == std::vector<Record>{});
}

TEST_CASE("traces: a cut by time keeps what is not before the first and before the second") {
  const auto at = [](std::uint64_t time) { return event(EventKind::kTimestamp, time); };
  const std::vector<Record> in = {read(0), at(5), read(8), at(10), read(16), at(20), read(24)};
  CHECK(cut(in, {.time = {10, 20}}) == std::vector<Record>{at(10), read(16)});
  CHECK(cut(in, {.time = {6, 11}}) == std::vector<Record>{at(10), read(16)});
  CHECK(cut(in, {.time = {0, 5}}) == std::vector<Record>{read(0)});
  CHECK(cut(in, {.accesses = {2}, .time = {5}}) == std::vector<Record>{at(5), at(10), read(16), at(20), read(24)});
}

TEST_CASE("traces: a cut by address moves instructions to the agent's next access") {
  const Event copy = [] {
    Event out = range(EventKind::kMemcpy, 0x9000, 0x100);
    out.value = 0x1ff0;
    return out;
  }();
  const std::vector<Record> in = {read(0x1000, 8, 1),
                                  read(0x5000, 8, 65535),
                                  read(0x5000, 8, 3, 1),
                                  read(0x0ff8, 8, 1),
                                  read(0x0ffc, 8, 2),
                                  copy,
                                  range(EventKind::kPrefetch, 0x3000, 0x1000),
                                  read(0x2000, 8, 4),
                                  read(0x1fff, 1, 5)};
  CHECK(cut(in, {.addresses = {0x1000, 0x2000}}, 2) ==
        std::vector<Record>{read(0x1000, 8, 1), event(EventKind::kCompute, 3), read(0x0ffc, 8, 65535), copy,
                            read(0x1fff, 1, 9), event(EventKind::kCompute, 3, 1)});
}

TEST_CASE("traces: a cut by address keeps all instructions") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<Record> in = random_records(seed, 3000, 50, 3);
    const std::vector<Record> out = cut(in, {.addresses = {0x18000, 0x20000}}, 3);
    CHECK(accesses_of(out).size() < accesses_of(in).size() / 3);
    CHECK(instructions_of(out) == instructions_of(in));
  }
}

TEST_CASE("traces: a cut tells in the meta what it is") {
  const Cut filter(reader_of({}), {.accesses = {5, 9}, .agents = "gpu*", .addresses = {4096}});
  CHECK(filter.meta().lossy == std::vector<std::string>{"all but a cut, accesses 5..9, addresses 4096.., agents gpu*"});
}

TEST_CASE("traces: patterns of names") {
  CHECK(matches("gpu", "gpu"));
  CHECK_FALSE(matches("gpu", "gpu0"));
  CHECK(matches("gpu?", "gpu0"));
  CHECK_FALSE(matches("gpu?", "gpu"));
  CHECK(matches("*", ""));
  CHECK(matches("*a*b", "xaxbab"));
  CHECK_FALSE(matches("*a*b", "xaxbac"));
  CHECK(matches("thread *", "thread 12"));
  CHECK_FALSE(matches("", "x"));
  CHECK(matches("", ""));
  CHECK_FALSE(matches("**********************b", std::string(10000, 'a')));
}

// ---- cache filter
// ----------------------------------------------------------------------------------------------------

/// The same cache with lists, a line at a time.
class ReferenceCache {
 public:
  explicit ReferenceCache(const CacheOptions& options) : options_(options) {}

  CacheTotals totals;
  std::vector<Record> out;  ///< without gaps and compute

  void add(const Access& access) {
    const std::uint64_t line = options_.line.count();
    for (std::uint64_t number = access.address / line; number * line < access.address + access.size(); ++number) {
      const std::uint64_t start = std::max(access.address, number * line);
      const std::uint64_t end = std::min(access.address + access.size(), (number + 1) * line);
      use(access, number, Access::make(start, static_cast<std::uint32_t>(end - start), access.op(), 0, access.agent));
    }
  }
  void add(const Event& e) {
    if (e.kind == EventKind::kCompute) return;
    if (e.kind == EventKind::kMunmap || e.kind == EventKind::kMremap) unmap(e);
    out.emplace_back(e);
  }
  std::uint64_t dirty() const {
    std::uint64_t n = 0;
    for (const auto& [key, set] : sets_) {
      for (const auto& [number, is_dirty] : set) n += is_dirty ? 1 : 0;
    }
    return n;
  }

 private:
  using Key = std::pair<std::uint16_t, std::uint64_t>;     ///< agent, set
  using Set = std::deque<std::pair<std::uint64_t, bool>>;  ///< line number and dirty; the victim last

  Access whole(std::uint64_t number, Op op, std::uint16_t agent) const {
    return Access::make(number * options_.line.count(), static_cast<std::uint32_t>(options_.line.count()), op, 0,
                        agent);
  }
  void use(const Access& access, std::uint64_t number, const Access& part) {
    const std::uint64_t sets = options_.size.count() / options_.line.count() / options_.ways;
    Set& set = sets_[{options_.shared ? std::uint16_t{0} : access.agent, number % sets}];
    const auto at = std::find_if(set.begin(), set.end(), [&](const auto& entry) { return entry.first == number; });
    if (at != set.end()) {
      ++(access.is_write() ? totals.write_hits : totals.read_hits);
      auto entry = *at;
      if (access.is_write()) {
        if (options_.write_back) {
          entry.second = true;
        } else {
          through(part, Op::kWrite);
        }
      }
      if (options_.replacement == CacheOptions::Replacement::kLru) {
        set.erase(at);
        set.push_front(entry);
      } else {
        *at = entry;
      }
      return;
    }
    ++(access.is_write() ? totals.write_misses : totals.read_misses);
    if (access.is_write() && !options_.write_allocate) return through(part, access.op());
    ++totals.fills;
    out.emplace_back(whole(number, Op::kRead, access.agent));
    set.push_front({number, access.is_write() && options_.write_back});
    if (set.size() > options_.ways) {
      if (set.back().second) {
        ++totals.write_backs;
        out.emplace_back(whole(set.back().first, Op::kWrite, access.agent));
      }
      set.pop_back();
    }
    if (access.is_write() && !options_.write_back) through(part, Op::kWrite);
  }
  void through(const Access& part, Op op) {
    ++totals.write_throughs;
    out.emplace_back(Access::make(part.address, part.size(), op, 0, part.agent));
  }
  void unmap(const Event& e) {
    for (auto& [key, set] : sets_) {
      for (std::size_t i = 0; i < set.size();) {
        const std::uint64_t start = set[i].first * options_.line.count();
        if (start + options_.line.count() <= e.address || start >= e.address + e.length) {
          ++i;
          continue;
        }
        if (set[i].second) {
          ++totals.write_backs;
          out.emplace_back(whole(set[i].first, Op::kWrite, options_.shared ? e.agent : key.first));
        }
        set.erase(set.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }

  CacheOptions options_;
  std::map<Key, Set> sets_;
};

/// Without what carries instructions; write-backs before an event in order of address, since that is nobody's concern.
std::vector<Record> without_instructions(std::vector<Record> records) {
  std::vector<Record> out;
  for (Record& record : records) {
    if (auto* access = std::get_if<Access>(&record)) {
      access->gap = 0;
      out.emplace_back(*access);
      continue;
    }
    const Event& e = std::get<Event>(record);
    if (e.kind == EventKind::kCompute) continue;
    if (e.kind == EventKind::kMunmap || e.kind == EventKind::kMremap) {
      std::size_t first = out.size();
      while (first > 0 && std::holds_alternative<Access>(out[first - 1]) &&
             std::get<Access>(out[first - 1]).op() == Op::kWrite) {
        --first;
      }
      std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), [](const Record& a, const Record& b) {
        const auto& x = std::get<Access>(a);
        const auto& y = std::get<Access>(b);
        return std::tie(x.agent, x.address, x.size_and_op) < std::tie(y.agent, y.address, y.size_and_op);
      });
    }
    out.push_back(record);
  }
  return out;
}

TEST_CASE("traces: the cache filter agrees with a small reference on random traces") {
  std::uint64_t seed = 1;
  for (const bool write_back : {true, false}) {
    for (const bool write_allocate : {true, false}) {
      for (const bool shared : {true, false}) {
        for (const auto replacement : {CacheOptions::Replacement::kLru, CacheOptions::Replacement::kFifo}) {
          for (const auto& [sets, ways, line] : {std::tuple(16, 4, 64), {1, 8, 32}, {24, 1, 128}, {3, 3, 4096}}) {
            CacheOptions options;
            options.ways = static_cast<std::uint64_t>(ways);
            options.line = Bytes(static_cast<std::uint64_t>(line));
            options.size = options.line * static_cast<std::uint64_t>(sets * ways);
            options.replacement = replacement;
            options.write_back = write_back;
            options.write_allocate = write_allocate;
            options.shared = shared;
            const std::vector<Record> in = random_records(seed++, 1500, 4, 3);
            ReferenceCache reference(options);
            for (const Record& record : in) {
              std::visit([&reference](const auto& r) { reference.add(r); }, record);
            }
            CacheFilter filter(reader_of(in, 3), options);
            std::size_t most = 0;
            const std::vector<Record> out = records_of(filter, &most);
            CHECK(without_instructions(out) == without_instructions(reference.out));
            CHECK(instructions_of(out) == instructions_of(in));
            CHECK(most <= kBlockAccesses + options.ways + 3);
            reference.totals.dirty = reference.dirty();
            CHECK(filter.totals() == reference.totals);
          }
        }
      }
    }
  }
}

TEST_CASE("traces: instructions of accesses that hit are before the next access to memory, or the next event") {
  const Event launch = event(EventKind::kKernelLaunch, 0, 1, "k");
  CacheFilter filter(reader_of({read(0x1000, 8, 1), read(0x1008, 8, 2), event(EventKind::kCompute, 70000),
                                read(0x1040, 8, 3), read(0x1000, 8, 4), launch, read(0x1000, 8, 5)},
                               2),
                     {});
  CHECK(records_of(filter) == std::vector<Record>{read(0x1000, 64, 1), event(EventKind::kCompute, 70005 - 65535),
                                                  read(0x1040, 64, 65535), event(EventKind::kCompute, 4), launch,
                                                  event(EventKind::kCompute, 5)});
}

TEST_CASE("traces: a large access through a cache comes in blocks of the usual size") {
  CacheFilter filter(reader_of({write(0x100000, 64 << 20U)}), {});
  std::size_t most = 0;
  const std::vector<Record> out = records_of(filter, &most);
  CHECK(out.size() == 2 * (std::size_t{1} << 20U) - 512);
  CHECK(most <= kBlockAccesses + 2);
  CHECK(filter.totals().dirty == 512);
}

TEST_CASE("traces: a cache that cannot be is refused") {
  const auto error = [](Bytes size, std::uint64_t ways, Bytes line) {
    CacheOptions options;
    options.size = size;
    options.ways = ways;
    options.line = line;
    return error_of([&] { CacheFilter(reader_of({}), options); });
  };
  CHECK(error(Bytes::kib(48), 12, Bytes(64)).empty());
  CHECK(error(Bytes::kib(32), 7, Bytes(64)) ==
        "a cache of 32 KiB with 7 ways and lines of 64 B: its lines do not make sets of so many ways; size / line must "
        "be a multiple of the ways");
  CHECK_FALSE(error(Bytes(0), 1, Bytes(64)).empty());
  CHECK_FALSE(error(Bytes::kib(32), 0, Bytes(64)).empty());
  CHECK_FALSE(error(Bytes::kib(32), 8, Bytes(0)).empty());
  CHECK_FALSE(error(Bytes::kib(32), 8, Bytes(48)).empty());
  CHECK_FALSE(error(Bytes(100), 1, Bytes(64)).empty());
  CHECK_FALSE(error(Bytes::gib(1024), 8, Bytes(64)).empty());
  CHECK_FALSE(error(Bytes::gib(1024), ~std::uint64_t{0}, Bytes(64)).empty());
  CHECK_FALSE(error(Bytes::mib(4), 1, Bytes::mib(2)).empty());
}

TEST_CASE("traces: caches of too many agents are refused before they take the memory") {
  std::vector<Record> in;
  for (std::uint16_t agent = 0; agent < 9; ++agent) in.emplace_back(read(0, 1, 0, agent));
  CacheOptions options;
  options.size = Bytes::mib(512);
  const std::string error = error_of([&] {
    CacheFilter filter(reader_of(in, 9), options);
    records_of(filter);
  });
  CHECK(error.find("--shared") != std::string::npos);
  options.shared = true;
  CacheFilter filter(reader_of(in, 9), options);
  CHECK(records_of(filter).size() == 1);
}

}  // namespace filters_test
}  // namespace farfault::traces
