#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/kernel/linear_map.h"
#include "models/kernel/node_cache.h"
#include "models/kernel/physical_map.h"
#include "models/kernel/trees/maple_tree.h"
#include "models/kernel/trees/radix_tree.h"
#include "models/kernel/trees/xarray.h"
#include "tests/property/dice.h"

namespace farfault {
namespace kernel_trees_properties_test {

using testing::Dice;

using Value = std::optional<std::uint64_t>;

std::uint64_t shifted(std::uint64_t index, unsigned bits) { return bits >= 64 ? 0 : index >> bits; }

/// Nodes of 64 slots above some entries: one for every distinct prefix on every level. An entry lies at a level.
class Prefixes {
 public:
  void add(std::uint64_t index, unsigned level, unsigned height) {
    for (; level < height; ++level) nodes_.emplace(level, shifted(index, 6 * (level + 1)));
  }
  std::uint64_t count() const { return nodes_.size(); }

 private:
  std::set<std::pair<unsigned, std::uint64_t>> nodes_;
};

TEST_CASE("kernel properties: a radix tree holds what a map holds in the nodes that its indices need") {
  CHECK(rc::check([] {
    Dice dice;
    NodeCache cache{CacheSpec{}};
    RadixTree tree(cache);
    std::map<std::uint64_t, std::uint64_t> map;
    const std::uint64_t spread = dice.below(64);
    for (int step = 0; step < 300; ++step) {
      std::uint64_t index = dice.once_in(3) ? dice.below(100) : dice.below(~std::uint32_t{0}) << 32U >> spread;
      if (!map.empty() && dice.once_in(3))
        index = std::next(map.begin(), static_cast<long>(dice.below(map.size())))->first;
      const auto it = map.find(index);
      const Value there = it == map.end() ? std::nullopt : Value(it->second);
      // Histories that grow first and shrink then.
      switch (dice.below(step < 150 ? 4 : 8)) {
        case 0:
          RC_ASSERT(tree.lookup(index) == there);
          break;
        case 1:
        case 2: {
          const std::uint64_t value = dice.below(1000);
          RC_ASSERT(tree.insert(index, value) == map.emplace(index, value).second);
          break;
        }
        default:
          RC_ASSERT(tree.erase(index) == there);
          map.erase(index);
      }
      RC_ASSERT(tree.entries() == map.size());
      unsigned height = 0;
      while (!map.empty() && shifted(map.rbegin()->first, 6 * height) != 0) ++height;
      RC_ASSERT(tree.height() == height);
      Prefixes prefixes;
      for (const auto& [key, value] : map) prefixes.add(key, 0, height);
      RC_ASSERT(tree.nodes() == prefixes.count());
      RC_ASSERT(tree.bytes() == Bytes(576) * tree.nodes());
    }
    for (const auto& [index, value] : map) RC_ASSERT(tree.lookup(index) == Value(value));
  }));
}

/// A range with what it holds, by its first index.
struct Range {
  std::uint64_t last = 0;
  std::uint64_t value = 0;
};
using Ranges = std::map<std::uint64_t, Range>;

Ranges::const_iterator holder(const Ranges& ranges, std::uint64_t index) {
  const auto above = ranges.upper_bound(index);
  if (above == ranges.begin() || std::prev(above)->second.last < index) return ranges.end();
  return std::prev(above);
}

bool overlaps(const Ranges& ranges, std::uint64_t first, std::uint64_t last) {
  const auto above = ranges.upper_bound(last);
  return above != ranges.begin() && std::prev(above)->second.last >= first;
}

std::uint64_t any_first(Dice& dice, const Ranges& ranges) {
  return std::next(ranges.begin(), static_cast<long>(dice.below(ranges.size())))->first;
}

/// The entries of a range in an xarray, worked out from what they must be: each begins at the highest level that the
/// range is aligned to and that it fills one slot of, and takes as many slots as it fills up to the node's end.
std::uint64_t add_entries(std::uint64_t first, std::uint64_t last, unsigned height, Prefixes& prefixes) {
  std::uint64_t entries = 0;
  while (first <= last) {
    const std::uint64_t length = last - first + 1;
    unsigned level = 0;
    while (first % (std::uint64_t{1} << (6 * (level + 1))) == 0 && length >> (6 * (level + 1)) != 0) ++level;
    const std::uint64_t slots = std::min(64 - (first >> (6 * level)) % 64, length >> (6 * level));
    prefixes.add(first, level, height);
    first += slots << (6 * level);
    ++entries;
  }
  return entries;
}

TEST_CASE("kernel properties: an xarray holds what a map of ranges holds in the nodes that its entries need") {
  CHECK(rc::check([] {
    Dice dice;
    NodeCache cache{CacheSpec{}};
    XArray array(cache);
    Ranges ranges;
    const std::uint64_t span = std::uint64_t{1} << (4 + dice.below(42));
    const auto any_index = [&] {
      // Aligned ones as often as others.
      const std::uint64_t index = (dice.below(1U << 31U) << 20U | dice.below(1U << 20U)) % span;
      return dice.once_in(2) ? index : index >> (dice.below(8) * 6) << (dice.below(8) * 6);
    };
    for (int step = 0; step < 120; ++step) {
      const std::uint64_t first = any_index();
      if (dice.once_in(3)) {
        const auto it = holder(ranges, first);
        RC_ASSERT(array.load(first) == (it == ranges.end() ? std::nullopt : Value(it->second.value)));
      } else if (!ranges.empty() && dice.once_in(step < 60 ? 4 : 2)) {
        const std::uint64_t gone = any_first(dice, ranges);
        const std::uint64_t last = ranges.at(gone).last;
        RC_ASSERT(!array.erase_range(gone, last + 1));
        RC_ASSERT(array.erase_range(gone, last));
        ranges.erase(gone);
      } else {
        const std::uint64_t last = first + dice.below(std::max<std::uint64_t>(span >> dice.below(40), 1));
        const bool free = !overlaps(ranges, first, last);
        RC_ASSERT(array.store_range(first, last, static_cast<std::uint64_t>(step)) == free);
        if (free) ranges.emplace(first, Range{last, static_cast<std::uint64_t>(step)});
      }
      // The height depends on the history: it only falls when something is taken away.
      Prefixes prefixes;
      std::uint64_t entries = 0;
      for (const auto& [from, range] : ranges) entries += add_entries(from, range.last, array.height(), prefixes);
      RC_ASSERT(array.entries() == entries);
      RC_ASSERT(array.nodes() == prefixes.count());
      if (!ranges.empty()) RC_ASSERT(shifted(ranges.rbegin()->second.last, 6 * array.height()) == 0U);
    }
    for (const auto& [first, range] : ranges) {
      for (const std::uint64_t index : {first, first + (range.last - first) / 2, range.last}) {
        RC_ASSERT(array.load(index) == Value(range.value));
      }
    }
    for (const auto& [first, range] : ranges) RC_ASSERT(array.erase_range(first, range.last));
    RC_ASSERT(array.nodes() == 0U);
    RC_ASSERT(array.height() == 0U);
  }));
}

/// The lowest free run of `length` indices within [low, high].
Value lowest_fit(const Ranges& ranges, std::uint64_t length, std::uint64_t low, std::uint64_t high) {
  std::uint64_t from = low;
  for (const auto& [first, range] : ranges) {
    if (range.last < from) continue;
    if (first > from && first - from >= length) break;
    if (range.last >= high) return std::nullopt;
    from = range.last + 1;
  }
  if (from > high || high - from < length - 1) return std::nullopt;
  return from;
}

TEST_CASE("kernel properties: a maple tree holds what a map of ranges holds and allocates the lowest fit") {
  CHECK(rc::check([] {
    Dice dice;
    NodeCache cache{CacheSpec{}};
    MapleTree tree(cache);
    Ranges ranges;
    const std::uint64_t span = std::uint64_t{1} << (4 + dice.below(16));
    const std::uint64_t longest = std::max<std::uint64_t>(span >> dice.below(14), 1);
    for (int step = 0; step < 600; ++step) {
      const std::uint64_t first = dice.below(span);
      const auto value = static_cast<std::uint64_t>(step);
      const bool growing = step % 300 < 200;
      if (dice.once_in(5)) {
        const auto it = holder(ranges, first);
        RC_ASSERT(tree.load(first) == (it == ranges.end() ? std::nullopt : Value(it->second.value)));
      } else if (dice.once_in(growing ? 6 : 1)) {
        const std::uint64_t index = ranges.empty() || dice.once_in(4) ? first : any_first(dice, ranges);
        const auto it = holder(ranges, index);
        RC_ASSERT(tree.erase(index) == (it != ranges.end()));
        if (it != ranges.end()) ranges.erase(it);
      } else if (dice.once_in(2)) {
        const std::uint64_t last = dice.once_in(100) ? ~std::uint64_t{0} : first + dice.below(longest);
        const bool free = !overlaps(ranges, first, last);
        RC_ASSERT(tree.store_range(first, last, value) == free);
        if (free) ranges.emplace(first, Range{last, value});
      } else {
        const std::uint64_t length = 1 + dice.below(longest);
        const std::uint64_t high = dice.once_in(3) ? ~std::uint64_t{0} : first + dice.below(span);
        const Value fit = lowest_fit(ranges, length, first, high);
        RC_ASSERT(tree.allocate(length, first, high, value) == fit);
        if (fit) ranges.emplace(*fit, Range{*fit + (length - 1), value});
      }
      RC_ASSERT(tree.problem() == std::string());
      RC_ASSERT(tree.entries() == ranges.size());
    }
    RC_CLASSIFY(tree.height() > 2, "more than two levels");
    for (const auto& [first, range] : ranges) {
      RC_ASSERT(tree.load(first) == Value(range.value));
      RC_ASSERT(tree.load(range.last) == Value(range.value));
      RC_ASSERT(tree.erase(first));
    }
    RC_ASSERT(tree.nodes() == 0U);
  }));
}

TEST_CASE("kernel properties: a physical map agrees with an array of quarters of sections") {
  CHECK(rc::check([] {
    constexpr std::uint64_t kQuarter = kSection.count() / 4;
    constexpr std::uint64_t kQuarters = (std::uint64_t{1} << 36U) / kQuarter;
    Dice dice;
    PhysicalMap map(36);
    std::array<std::optional<PhysicalUse>, kQuarters> quarters{};
    const auto free = [&quarters](std::uint64_t from, std::uint64_t count) {
      return std::all_of(quarters.begin() + static_cast<long>(from), quarters.begin() + static_cast<long>(from + count),
                         [](const auto& use) { return !use; });
    };
    const auto fill = [&quarters](std::uint64_t from, std::uint64_t count, PhysicalUse use) {
      for (std::uint64_t i = from; i < from + count; ++i) quarters[i] = use;
    };
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t from = dice.below(kQuarters);
      const std::uint64_t count = 1 + dice.below(dice.once_in(3) ? 800 : 60);
      const auto use =
          dice.one_of({PhysicalUse::kMemory, PhysicalUse::kWindow, PhysicalUse::kPmem, PhysicalUse::kDevice});
      const Bytes length(count * kQuarter - dice.below(kQuarter));
      const std::uint64_t whole = (count + 3) / 4 * 4;
      std::optional<std::uint64_t> want;
      std::optional<PhysicalRange> got;
      switch (dice.below(3)) {
        case 0: {
          const bool fits = from + count <= kQuarters && free(from, count);
          RC_ASSERT(map.take(use, {from * kQuarter, Bytes(count * kQuarter)}) == fits);
          if (fits) fill(from, count, use);
          break;
        }
        case 1:
          for (std::uint64_t at = 0; at + whole <= kQuarters; at += 4) {
            if (free(at, whole)) want = at;
          }
          got = map.take_from_top(use, length);
          break;
        default:
          for (std::uint64_t at = (from + 3) / 4 * 4; at + whole <= kQuarters && !want; at += 4) {
            if (free(at, whole)) want = at;
          }
          got = map.take_from_bottom(use, from * kQuarter, length);
      }
      RC_ASSERT(got.has_value() == want.has_value());
      if (!got) continue;
      RC_ASSERT(*got == (PhysicalRange{*want * kQuarter, Bytes(whole * kQuarter)}));
      fill(*want, whole, use);
    }
    std::map<PhysicalUse, std::uint64_t> taken;
    std::uint64_t run = 0;
    std::uint64_t longest = 0;
    for (std::uint64_t i = 0; i < kQuarters; ++i) {
      RC_ASSERT(map.use_at(i * kQuarter) == quarters[i]);
      RC_ASSERT(map.use_at((i + 1) * kQuarter - 1) == quarters[i]);
      if (quarters[i]) ++taken[*quarters[i]];
      if (i % 4 == 0) longest = std::max(longest, run = free(i, 4) ? run + 1 : 0);
    }
    RC_ASSERT(map.largest_hole() == kSection * longest);
    for (const auto& [use, count] : taken) RC_ASSERT(map.taken(use) == Bytes(count * kQuarter));
  }));
}

/// The tables of a linear map, by level and number, and its entries, walked page by page.
class PageByPage {
 public:
  std::uint64_t entries = 0;
  std::set<std::pair<unsigned, std::uint64_t>> tables;

  void add(std::uint64_t start, std::uint64_t end, unsigned largest) {
    while (start < end) {
      unsigned level = largest;
      while (level > 0 && (start % size(level) != 0 || end - start < size(level))) --level;
      ++entries;
      for (unsigned above = level; above < 3; ++above) {
        if (tables.emplace(above, start / size(above) / 512).second) ++entries;
      }
      start += size(level);
    }
  }
  std::uint64_t up_to(unsigned level) const {
    return static_cast<std::uint64_t>(
        std::count_if(tables.begin(), tables.end(), [level](const auto& table) { return table.first <= level; }));
  }

 private:
  static std::uint64_t size(unsigned level) { return std::uint64_t{4096} << (9 * level); }
};

TEST_CASE("kernel properties: a linear map has the tables of a walk page by page") {
  CHECK(rc::check([] {
    Dice dice;
    LinearMap map;
    PageByPage walk;
    // Ranges upwards, around the end of a page upper directory.
    std::uint64_t next = (std::uint64_t{511} << 30U) - dice.below(std::uint64_t{1} << 30U);
    for (int i = 0; i < 6; ++i) {
      const unsigned largest = static_cast<unsigned>(dice.below(3));
      const auto any_pages = [&dice](unsigned level) {
        return 4096 * dice.below(3 * (std::uint64_t{1} << (9 * level)));
      };
      next = (next + 4095) / 4096 * 4096 + any_pages(static_cast<unsigned>(dice.below(3)));
      // Aligned now and then; no more 4 KiB pages than a walk has time for.
      if (dice.once_in(3)) next = (next + (1U << 30U) - 1) >> 30U << 30U;
      const std::uint64_t end = next + 4096 + any_pages(largest == 0 ? 1 : dice.once_in(2) ? 2 : 1);
      const std::uint64_t entries = walk.entries;
      const std::uint64_t tables = walk.tables.size();
      const std::uint64_t leaves = walk.up_to(largest);
      walk.add(next, end, largest);
      const auto pages = std::array{LinearMapPages::k4KiB, LinearMapPages::k2MiB, LinearMapPages::k1GiB}[largest];
      const LinearMap::Added added = map.add({next, Bytes(end - next)}, pages);
      RC_ASSERT(added.entries == walk.entries - entries);
      RC_ASSERT(added.tables == kPageSize * (walk.tables.size() - tables));
      RC_ASSERT(added.leaf_tables == kPageSize * (walk.up_to(largest) - leaves));
      RC_ASSERT(map.table_bytes() == kPageSize * walk.tables.size());
      next = end;
    }
  }));
}

}  // namespace kernel_trees_properties_test
}  // namespace farfault
