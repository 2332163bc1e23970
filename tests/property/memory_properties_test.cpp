// TLBs and caches against models that are as plain as can be.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "models/cache/lru_sets.h"
#include "models/cache/sector_cache.h"
#include "models/memory/loaded_latency.h"
#include "models/tlb/tlbs.h"
#include "tests/property/dice.h"

namespace farfault {
namespace memory_properties_test {

using testing::Dice;

/// Sets as lists of keys, the most recent first.
template <class Key>
class NaiveSets {
 public:
  NaiveSets(std::uint64_t sets, std::uint64_t ways) : ways_(ways), sets_(sets) {}

  bool find(std::uint64_t set, const Key& key) {
    std::list<Key>& list = sets_[set];
    const bool there = std::find(list.begin(), list.end(), key) != list.end();
    if (there) {
      list.remove(key);
      list.push_front(key);
    }
    return there;
  }
  /// Returns what had to go.
  std::vector<Key> insert(std::uint64_t set, const Key& key) {
    std::list<Key>& list = sets_[set];
    list.push_front(key);
    if (list.size() <= ways_) return {};
    const Key out = list.back();
    list.pop_back();
    return {out};
  }
  bool erase(std::uint64_t set, const Key& key) { return sets_[set].remove(key) != 0; }
  template <class Gone>
  std::uint64_t erase_if(Gone gone) {
    std::uint64_t count = 0;
    for (auto& list : sets_) count += list.remove_if(gone);
    return count;
  }
  void clear() {
    for (auto& list : sets_) list.clear();
  }
  std::uint64_t sets() const { return sets_.size(); }

 private:
  std::uint64_t ways_;
  std::vector<std::list<Key>> sets_;
};

TEST_CASE("memory properties: sets find and replace and lose what lists in the order of use do") {
  CHECK(rc::check([] {
    Dice dice;
    const std::uint64_t ways = 1 + dice.below(5);
    const std::uint64_t sets = 1 + dice.below(6);
    LruSets real(ways * sets, ways);
    NaiveSets<std::uint64_t> naive(sets, ways);
    for (int i = 0; i < 500; ++i) {
      const std::uint64_t tag = dice.below(sets * ways * 2);
      const std::uint64_t set = real.set_of(tag);
      RC_ASSERT(set == tag % sets);
      if (dice.once_in(10)) {
        RC_ASSERT((real.erase(set, tag).tag == tag) == naive.erase(set, tag));
      } else if (dice.once_in(40)) {
        const std::uint64_t bit = dice.below(2);
        RC_ASSERT(real.erase_if([bit](const LruSets::Entry& entry) { return entry.tag % 2 == bit; }) ==
                  naive.erase_if([bit](std::uint64_t each) { return each % 2 == bit; }));
      } else {
        const LruSets::Entry* const found = real.find(set, tag);
        RC_ASSERT((found != nullptr) == naive.find(set, tag));
        if (found != nullptr) {
          RC_ASSERT(found->state == tag * 3);
          continue;
        }
        const std::vector<std::uint64_t> out = naive.insert(set, tag);
        RC_ASSERT(real.insert(set, {tag, tag * 3}).tag == (out.empty() ? LruSets::kEmpty : out.front()));
      }
    }
  }));
}

/// A page of the entry's own size, and which size.
using Translation = std::pair<std::uint64_t, EntrySize>;

Translation translation(std::uint64_t page, EntrySize size) { return {page >> pages_shift(size), size}; }

bool maps_any(const Translation& entry, BlockNumber block, const PageMask& pages) {
  bool any = false;
  pages.for_each([&](unsigned page) {
    const std::uint64_t number = block.value() * kPagesPerBlock + page;
    any = any || translation(number, entry.second) == entry;
  });
  return any;
}

class NaiveLevel {
 public:
  explicit NaiveLevel(const TlbLevelSpec& spec)
      : small_(spec.entries.value / spec.ways.value, spec.ways.value),
        huge_(spec.huge_entries.value / spec.huge_ways.value, spec.huge_ways.value),
        has_huge_(spec.huge_entries.value != 0) {}
  bool find(const Translation& t) { return array(t).find(t.first % array(t).sets(), t); }
  void insert(const Translation& t) { array(t).insert(t.first % array(t).sets(), t); }
  template <class Gone>
  std::uint64_t erase_if(Gone gone) {
    return small_.erase_if(gone) + huge_.erase_if(gone);
  }
  void clear() {
    small_.clear();
    huge_.clear();
  }

 private:
  NaiveSets<Translation>& array(const Translation& t) {
    return t.second == EntrySize::k2MiB && has_huge_ ? huge_ : small_;
  }
  NaiveSets<Translation> small_;
  NaiveSets<Translation> huge_;
  bool has_huge_;
};

/// Pointers to tables, by level and what the addresses below have in common, in the order of use.
unsigned naive_walk(NaiveSets<std::pair<unsigned, std::uint64_t>>* known, const std::vector<std::uint64_t>& bits,
                    std::uint64_t block, EntrySize size) {
  std::vector<std::pair<unsigned, std::uint64_t>> path;  // tables below the root that are read
  for (unsigned level = 1; level <= bits.size(); ++level) {
    if (level == bits.size() && size == EntrySize::k2MiB) break;
    std::uint64_t prefix = block;
    for (std::size_t below = level; below < bits.size(); ++below) prefix >>= bits[below];
    path.emplace_back(level, prefix);
  }
  const auto all = static_cast<unsigned>(path.size());
  if (known == nullptr) return all + 1;
  unsigned at = all;
  while (at > 0 && !known->find(0, path[at - 1])) --at;
  for (unsigned i = at; i < all; ++i) known->insert(0, path[i]);
  return all - at + 1;
}

TEST_CASE("memory properties: TLBs hit and miss and walk and forget as lists of translations do") {
  CHECK(rc::check([] {
    Dice dice;
    TlbSpec spec;
    const auto level = [&dice](TlbLevelSpec& of) {
      of.ways.value = 1 + dice.below(4);
      of.entries.value = of.ways.value * (1 + dice.below(5));
      of.huge_ways.value = 1 + dice.below(2);
      of.huge_entries.value = of.huge_ways.value * dice.below(3);
    };
    level(spec.l1);
    level(spec.l2);
    spec.walk_cache.value = dice.below(6);
    spec.flush_ceiling.value = dice.below(4);
    PageTableSpec table;
    table.upper_bits = {9, 2, 2};
    const TlbSharing sharing = dice.once_in(2) ? TlbSharing::kPrivate : TlbSharing::kShared;
    Tlbs real(spec, table, sharing);
    constexpr std::size_t kLanes = 3;
    std::vector<Translator*> lanes;
    std::vector<NaiveLevel> l1;
    std::vector<NaiveLevel> l2;
    std::vector<NaiveSets<std::pair<unsigned, std::uint64_t>>> walks;
    for (std::size_t i = 0; i < kLanes; ++i) {
      lanes.push_back(&real.add_lane());
      l1.emplace_back(spec.l1);
      l2.emplace_back(spec.l2);
      walks.emplace_back(1, spec.walk_cache.value);
    }
    TlbCounters expected;
    for (int i = 0; i < 400; ++i) {
      const std::size_t lane = dice.below(kLanes);
      const std::size_t shared = sharing == TlbSharing::kShared ? 0 : lane;
      const BlockNumber block(dice.below(10));
      if (dice.once_in(20)) {
        const auto first = static_cast<unsigned>(dice.below(kPagesPerBlock));
        const auto end = static_cast<unsigned>(first + 1 + dice.below(kPagesPerBlock - first));
        const PageMask pages = PageMask::range(first, end);
        const std::uint64_t entries = dice.below(6);
        real.invalidate(block, pages, entries);
        ++expected.invalidations;
        for (auto& each : walks) each.clear();
        for (std::vector<NaiveLevel>* levels : {&l1, &l2}) {
          for (NaiveLevel& each : *levels) {
            if (entries > spec.flush_ceiling.value) {
              each.clear();
            } else {
              expected.dropped += each.erase_if([&](const Translation& t) { return maps_any(t, block, pages); });
            }
          }
        }
        if (entries > spec.flush_ceiling.value) ++expected.flushes;
        continue;
      }
      const std::uint64_t page = block.value() * kPagesPerBlock + dice.below(4) * 16 + dice.below(3);
      const auto size = dice.one_of({EntrySize::k4KiB, EntrySize::k4KiB, EntrySize::k64KiB, EntrySize::k2MiB});
      const Translation t = translation(page, size);
      TlbWay way = TlbWay::kL1;
      unsigned reads = 0;
      if (l1[lane].find(t)) {
        ++expected.l1_hits;
      } else {
        ++expected.l1_misses;
        if (l2[shared].find(t)) {
          way = TlbWay::kL2;
          ++expected.l2_hits;
        } else {
          way = TlbWay::kWalk;
          ++expected.l2_misses;
          reads =
              naive_walk(spec.walk_cache.value == 0 ? nullptr : &walks[shared], table.upper_bits, block.value(), size);
          expected.walk_reads += reads;
          l2[shared].insert(t);
        }
        l1[lane].insert(t);
      }
      const Translator::Result result = lanes[lane]->translate(PageNumber(page), size);
      RC_ASSERT(result.way == way);
      RC_ASSERT(result.reads == reads);
    }
    const TlbCounters counters = real.counters();
    RC_ASSERT(counters.l1_hits == expected.l1_hits);
    RC_ASSERT(counters.l1_misses == expected.l1_misses);
    RC_ASSERT(counters.l2_hits == expected.l2_hits);
    RC_ASSERT(counters.l2_misses == expected.l2_misses);
    RC_ASSERT(counters.walk_reads == expected.walk_reads);
    RC_ASSERT(counters.invalidations == expected.invalidations);
    RC_ASSERT(counters.flushes == expected.flushes);
    RC_ASSERT(counters.dropped == expected.dropped);
  }));
}

/// Valid and dirty sectors by line, and for each set its lines in the order of use. Which set a line is in is found out
/// from the real cache's promise: neighbouring lines, as many as there are sets, are in one set each.
struct NaiveLine {
  std::set<std::uint64_t> valid;
  std::set<std::uint64_t> dirty;
};

TEST_CASE("memory properties: a cache of one set moves what a list of lines does") {
  CHECK(rc::check([] {
    Dice dice;
    LlcSpec spec;
    const std::uint64_t sectors = dice.one_of({1U, 2U, 4U, 32U});
    const Bytes sector(dice.one_of({32U, 64U}));
    spec.line.value = sector * sectors;
    spec.ways.value = 1 + dice.below(8);
    spec.capacity.value = spec.line.value * spec.ways.value;
    spec.fetch_on_write = dice.once_in(2);
    SectorCache real(spec, sector);
    std::list<std::uint64_t> order;
    std::map<std::uint64_t, NaiveLine> lines;
    CacheCounters expected;
    const std::uint64_t sectors_a_page = kPageSize / sector;
    for (int i = 0; i < 400; ++i) {
      if (dice.once_in(25)) {
        const std::uint64_t page = dice.below(3);
        real.drop(BlockNumber(0), PageMask::single(static_cast<unsigned>(page)));
        for (auto it = order.begin(); it != order.end();) {
          if (*it * sectors / sectors_a_page != page) {
            ++it;
            continue;
          }
          expected.dropped += lines[*it].valid.size();
          lines.erase(*it);
          it = order.erase(it);
        }
        continue;
      }
      const std::uint64_t number = dice.below(3) * sectors_a_page + dice.below(sectors * 3);
      const bool write = dice.once_in(2);
      const std::uint64_t line = number / sectors;
      SectorCache::Outcome outcome;
      const bool line_there = lines.contains(line);
      outcome.hit = line_there && lines[line].valid.contains(number);
      outcome.fetched = !outcome.hit && (!write || spec.fetch_on_write) ? 1 : 0;
      order.remove(line);
      if (!line_there && order.size() == spec.ways.value) {
        outcome.written_back = lines[order.back()].dirty.size();
        lines.erase(order.back());
        order.pop_back();
      }
      order.push_front(line);
      lines[line].valid.insert(number);
      if (write) lines[line].dirty.insert(number);
      const SectorCache::Outcome got = real.access(number, write);
      RC_ASSERT(got.hit == outcome.hit);
      RC_ASSERT(got.fetched == outcome.fetched);
      RC_ASSERT(got.written_back == outcome.written_back);
      ++(outcome.hit ? expected.hits : expected.misses);
      expected.fetched += outcome.fetched;
      expected.written_back += outcome.written_back;
    }
    RC_ASSERT(real.counters().hits == expected.hits);
    RC_ASSERT(real.counters().misses == expected.misses);
    RC_ASSERT(real.counters().fetched == expected.fetched);
    RC_ASSERT(real.counters().written_back == expected.written_back);
    RC_ASSERT(real.counters().dropped == expected.dropped);
  }));
}

TEST_CASE("memory properties: as many neighbouring lines as there are in a cache stay in it") {
  CHECK(rc::check([] {
    Dice dice;
    LlcSpec spec;
    spec.line.value = Bytes(64);
    spec.ways.value = 1 + dice.below(20);
    const std::uint64_t sets = 1 + dice.below(200);
    spec.capacity.value = spec.line.value * (spec.ways.value * sets);
    SectorCache cache(spec, Bytes(64));
    const std::uint64_t lines = spec.ways.value * sets;
    // Aligned to the sets, wherever in the address space.
    const std::uint64_t first = dice.below(1U << 20U) * sets;
    for (std::uint64_t pass = 0; pass < 3; ++pass) {
      for (std::uint64_t line = first; line < first + lines; ++line) {
        const SectorCache::Outcome outcome = cache.access(line, pass == 1);
        RC_ASSERT(outcome.hit == (pass != 0));
        RC_ASSERT(outcome.written_back == 0U);
      }
    }
    // As many lines again push all of them out, each written once.
    std::uint64_t written = 0;
    for (std::uint64_t line = first + lines; line < first + 2 * lines; ++line) {
      written += cache.access(line, false).written_back;
    }
    RC_ASSERT(written == lines);
  }));
}

TEST_CASE("memory properties: latency under load never falls as the load rises") {
  CHECK(rc::check([] {
    Dice dice;
    MemorySpec spec;
    spec.loaded_latency_factor.value = static_cast<double>(dice.below(100)) / 50;
    double u = 0;
    SimTime latency = SimTime::nanoseconds(50);
    for (std::uint64_t points = dice.below(6); points > 0; --points) {
      u += 0.01 + static_cast<double>(dice.below(15)) / 100;
      latency += SimTime::picoseconds(static_cast<std::int64_t>(dice.below(100'000)));
      spec.loaded_latency.value.push_back({u, latency});
    }
    SimTime last = latency_at(spec, 0);
    const LatencyCurve& curve = spec.loaded_latency.value;
    RC_ASSERT(last == (curve.empty() ? spec.latency.value : curve.front().latency));
    for (const LatencyPoint& point : curve) RC_ASSERT(latency_at(spec, point.utilisation) == point.latency);
    for (int i = 1; i <= 100; ++i) {
      const SimTime now = latency_at(spec, i / 100.0);
      RC_ASSERT(now >= last);
      last = now;
    }
    if (!curve.empty()) RC_ASSERT(last == curve.back().latency);
  }));
}

TEST_CASE("memory properties: a load meter takes a steady load on and never overshoots") {
  CHECK(rc::check([] {
    Dice dice;
    LoadMeter meter;
    const Bandwidth rate = Bandwidth::gigabytes_per_second(1);
    const double load = static_cast<double>(dice.below(101)) / 100;
    SimTime now;
    std::uint64_t bytes = 0;
    double last = 0;
    for (int i = 0; i < 100; ++i) {
      const auto us = static_cast<std::int64_t>(1 + dice.below(50));
      now += SimTime::microseconds(us);
      bytes += static_cast<std::uint64_t>(load * static_cast<double>(us) * 1000);
      const double next = meter.update(now, Bytes(bytes), rate);
      RC_ASSERT(next >= last - 1e-3);
      RC_ASSERT(next <= load + 1e-9);
      last = next;
    }
    RC_ASSERT(last > load - 0.01);
  }));
}

}  // namespace memory_properties_test
}  // namespace farfault
