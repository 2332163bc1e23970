#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "models/driver/block_frames.h"
#include "models/kernel/address_space.h"
#include "models/memory/chunk_allocator.h"
#include "models/pagetable/page_table.h"
#include "models/policies/eviction/arc.h"
#include "models/policies/eviction/clock.h"
#include "models/policies/eviction/last_migration.h"
#include "models/policies/eviction/lfu.h"
#include "models/policies/eviction/s3_fifo.h"
#include "models/policies/eviction/sieve.h"
#include "models/policies/eviction/two_q.h"
#include "models/policies/placement/access_counters.h"
#include "models/policies/registry.h"
#include "models/policies/thrashing/adaptive_granularity.h"
#include "models/policies/thrashing/throttle_pin.h"
#include "tests/property/dice.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"
#include "tests/unit/models/reference_caches.h"

namespace farfault {
namespace models_properties_test {

using testing::Bench;
using testing::BenchSpec;
using namespace testing::reference;  // NOLINT(google-build-using-namespace): caches of all policies
using testing::Dice;
using testing::ns;

/// Pages in runs, or scattered, or all.
PageMask any_pages(Dice& dice) {
  PageMask mask;
  switch (dice.below(8)) {
    case 0:
      return PageMask::all();
    case 1:
      return mask;
    case 2: {
      for (int i = 0; i < 20; ++i) mask.set(static_cast<unsigned>(dice.below(512)));
      return mask;
    }
    default: {
      for (std::uint64_t i = 0; i <= dice.below(4); ++i) {
        const auto first = static_cast<unsigned>(dice.below(512));
        const auto end = static_cast<unsigned>(first + 1 + dice.below(512 - first));
        mask |= PageMask::range(first, end);
      }
      return mask;
    }
  }
}

// --- memory ----------------------------------------------------------------------------------------------------------

/// Device memory as one flag a page.
struct FrameMap {
  std::vector<bool> used;

  bool free_run(std::size_t first, std::size_t pages) const {
    if (first + pages > used.size()) return false;
    return std::none_of(used.begin() + static_cast<std::ptrdiff_t>(first),
                        used.begin() + static_cast<std::ptrdiff_t>(first + pages), [](bool u) { return u; });
  }
  bool any_free_run(std::size_t pages) const {
    for (std::size_t first = 0; first < used.size(); first += pages) {
      if (free_run(first, pages)) return true;
    }
    return false;
  }
  void fill(std::size_t first, std::size_t pages, bool value) {
    std::fill_n(used.begin() + static_cast<std::ptrdiff_t>(first), pages, value);
  }
  double fragmentation() const {
    std::size_t whole = 0;
    for (std::size_t first = 0; first < used.size(); first += kPagesPerBlock) {
      if (free_run(first, kPagesPerBlock)) whole += kPagesPerBlock;
    }
    const auto free = static_cast<std::size_t>(std::count(used.begin(), used.end(), false));
    return free == 0 ? 0.0 : 1.0 - static_cast<double>(whole) / static_cast<double>(free);
  }
};

TEST_CASE("models properties: chunks never overlap and fail only where there is none") {
  CHECK(rc::check([] {
    Dice dice;
    const std::uint64_t pages = 1 + dice.below(4 * kPagesPerBlock);
    ChunkAllocator memory(kPageSize * pages);
    FrameMap map{std::vector<bool>(pages)};
    std::vector<std::pair<std::uint32_t, unsigned>> live;
    const std::uint64_t eagerness = 2 + dice.below(4);
    for (int step = 0; step < 400; ++step) {
      if (!live.empty() && dice.once_in(eagerness)) {
        const std::size_t i = dice.below(live.size());
        auto [first, size] = live[i];
        live[i] = live.back();
        live.pop_back();
        if (size > 1 && dice.once_in(2)) {
          // An aligned part alone; the rest stays.
          const unsigned part = size == kPagesPerBlock ? 16 : 1;
          const auto offset = static_cast<unsigned>(dice.below(size / part)) * part;
          memory.free(first + offset, part);
          map.fill(first + offset, part, false);
          for (unsigned at = 0; at < size; at += part) {
            if (at != offset) live.emplace_back(first + at, part);
          }
        } else {
          memory.free(first, size);
          map.fill(first, size, false);
        }
      } else {
        const auto size = dice.one_of({ChunkSize::k4KiB, ChunkSize::k4KiB, ChunkSize::k64KiB, ChunkSize::k2MiB});
        const unsigned count = pages_of(size);
        const auto frame = memory.allocate(size);
        RC_ASSERT(frame.has_value() == map.any_free_run(count));
        if (frame) {
          RC_ASSERT(*frame % count == 0);
          RC_ASSERT(map.free_run(*frame, count));
          map.fill(*frame, count, true);
          live.emplace_back(*frame, count);
        }
      }
      RC_ASSERT(memory.free_pages() == static_cast<std::uint64_t>(std::count(map.used.begin(), map.used.end(), false)));
      RC_ASSERT(memory.used_pages() + memory.free_pages() == pages);
      RC_ASSERT(memory.peak_pages() >= memory.used_pages());
      RC_ASSERT(memory.fragmentation() == map.fragmentation());
    }
  }));
}

TEST_CASE("models properties: frames of a block agree with a map of them and go back as they came") {
  CHECK(rc::check([] {
    Dice dice;
    BlockFrames::Pool pool;
    std::array<BlockFrames, 3> blocks;
    std::array<std::map<unsigned, std::uint32_t>, 3> maps;
    for (int step = 0; step < 60; ++step) {
      const std::size_t i = dice.below(3);
      if (dice.once_in(2)) {
        // A 2 MiB chunk backs an empty block only.
        const unsigned pages = maps[i].empty() ? dice.one_of({1U, 16U, 512U}) : dice.one_of({1U, 16U});
        const auto first = static_cast<unsigned>(dice.below(512 / pages)) * pages;
        const auto it = maps[i].lower_bound(first);
        if (it != maps[i].end() && it->first < first + pages) continue;
        const auto frame = static_cast<std::uint32_t>(dice.below(4096 / pages)) * pages;
        blocks[i].set(first, pages, frame, pool);
        for (unsigned page = 0; page < pages; ++page) maps[i][first + page] = frame + page;
      } else {
        const PageMask chosen = any_pages(dice);
        PageMask leaving;
        PageMask left;
        for (const auto& [page, frame] : maps[i]) (chosen.test(page) ? leaving : left).set(page);
        if (leaving.none()) continue;
        std::multiset<std::uint32_t> released;
        blocks[i].take(leaving, left, pool, [&](std::uint32_t frame, unsigned count) {
          RC_ASSERT(count >= 1);
          RC_ASSERT(frame / kPagesPerBlock == (frame + count - 1) / kPagesPerBlock);
          for (unsigned n = 0; n < count; ++n) released.insert(frame + n);
        });
        std::multiset<std::uint32_t> expected;
        leaving.for_each([&](unsigned page) { expected.insert(maps[i].extract(page).mapped()); });
        RC_ASSERT(released == expected);
      }
      for (unsigned page = 0; page < kPagesPerBlock; ++page) {
        const auto it = maps[i].find(page);
        RC_ASSERT(blocks[i].frame(page) == (it == maps[i].end() ? BlockFrames::kNone : it->second));
      }
      RC_ASSERT(pool.size() <= 3);
    }
  }));
}

// --- page tables -----------------------------------------------------------------------------------------------------

/// Counts a table's nodes from nothing but what is mapped.
struct TableCount {
  std::uint64_t nodes = 0;
  std::uint64_t bytes = 0;
};

TableCount count_nodes(const PageTableSpec& spec, const std::map<std::uint64_t, PageMask>& blocks) {
  TableCount count;
  // Every upper level has a node for each distinct prefix of a block that is mapped.
  unsigned bits = 0;
  for (std::size_t level = spec.upper_bits.size(); level-- > 0;) {
    bits += static_cast<unsigned>(spec.upper_bits[level]);
    std::set<std::uint64_t> prefixes;
    for (const auto& [block, mask] : blocks) {
      if (mask.any()) prefixes.insert(block >> bits);
    }
    count.nodes += prefixes.size();
    count.bytes += prefixes.size() * spec.node_bytes.count();
  }
  for (const auto& [block, mask] : blocks) {
    if (spec.huge_pages && mask.full()) continue;
    bool small = false;
    bool big = false;
    for (unsigned piece = 0; piece < 512; piece += 16) {
      const unsigned pages = mask.count(piece, piece + 16);
      if (pages == 16 && spec.large_leaf_bytes != Bytes(0)) {
        big = true;
      } else if (pages != 0) {
        small = true;
      }
    }
    count.nodes += (small ? 1 : 0) + (big ? 1 : 0);
    count.bytes += (small ? spec.leaf_bytes.count() : 0) + (big ? spec.large_leaf_bytes.count() : 0);
  }
  return count;
}

TEST_CASE("models properties: a page table has the nodes that its pages need") {
  CHECK(rc::check([] {
    Dice dice;
    PageTableSpec spec;
    spec.upper_bits = dice.one_of<std::vector<std::uint64_t>>({{9, 9, 9}, {2, 9, 9, 8}, {9, 9, 9, 9}, {3}, {2, 3}});
    spec.large_leaf_bytes = dice.once_in(2) ? Bytes(256) : Bytes(0);
    spec.huge_pages = !dice.once_in(3);
    std::uint64_t bits = 0;
    for (const std::uint64_t b : spec.upper_bits) bits += b;
    PageTable table(spec);
    std::map<std::uint64_t, PageMask> blocks;
    std::uint64_t made = 0;
    std::uint64_t freed = 0;
    for (int step = 0; step < 100; ++step) {
      // Few prefixes, so that blocks share tables.
      const std::uint64_t block =
          (dice.below(4) << (bits - 2) | dice.below(3) << (bits / 2) | dice.below(6)) % (std::uint64_t{1} << bits);
      PageMask after = any_pages(dice);
      if (dice.once_in(3)) after = blocks[block] & ~after;
      const auto change = table.update(BlockNumber(block), blocks[block], after);
      blocks[block] = after;
      made += change.nodes_made;
      freed += change.nodes_freed;
      const TableCount expected = count_nodes(spec, blocks);
      RC_ASSERT(table.nodes() == expected.nodes);
      RC_ASSERT(table.bytes().count() == expected.bytes);
      RC_ASSERT(made - freed == expected.nodes);
      RC_ASSERT(table.peak_bytes() >= table.bytes());
      const unsigned levels = table.walk(BlockNumber(block), after, static_cast<unsigned>(dice.below(512)));
      RC_ASSERT(levels >= 1);
      RC_ASSERT(levels <= table.levels());
      if (after.any()) RC_ASSERT(levels == table.levels() - (spec.huge_pages && after.full() ? 1 : 0));
    }
    for (auto& [block, mask] : blocks) {
      table.update(BlockNumber(block), mask, PageMask());
      mask = PageMask();
    }
    RC_ASSERT(table.nodes() == 0);
    RC_ASSERT(table.bytes() == Bytes(0));
  }));
}

// --- kernel ----------------------------------------------------------------------------------------------------------

TEST_CASE("models properties: an address space agrees with a list of its pages") {
  CHECK(rc::check([] {
    constexpr std::uint64_t kPages = 4 * kPagesPerBlock;
    Dice dice;
    AddressSpace space;
    std::vector<std::optional<std::uint8_t>> pages(kPages);
    bool told = false;
    for (int step = 0; step < 60; ++step) {
      const std::uint64_t from = dice.below(kPages * 4096);
      const std::uint64_t length = dice.below(dice.once_in(2) ? 40'000 : kPages * 4096 - from);
      const bool map = !dice.once_in(3);
      const auto kind = static_cast<std::uint8_t>(dice.below(5));
      if (map) {
        space.map(VirtualAddress(from), Bytes(length), kind);
      } else {
        space.unmap(VirtualAddress(from), Bytes(length));
      }
      for (std::uint64_t page = from / 4096; page < kPages && length != 0 && page * 4096 < from + length; ++page) {
        pages[page] = map ? std::optional(kind) : std::nullopt;
      }
      told = told || (map && length != 0);
      for (std::uint64_t page = 0; page < kPages; ++page) {
        RC_ASSERT(space.kind_at(VirtualAddress(page * 4096 + dice.below(4096))) == pages[page]);
      }
      for (std::uint64_t block = 0; block < 4; ++block) {
        const PageMask mapped = space.mapped(BlockNumber(block));
        for (unsigned page = 0; page < kPagesPerBlock; ++page) {
          RC_ASSERT(mapped.test(page) == (!told || pages[block * kPagesPerBlock + page].has_value()));
        }
      }
    }
  }));
}

// --- policies --------------------------------------------------------------------------------------------------------

struct AllMayLeave final : EvictionView {
  explicit AllMayLeave(ChunkId chunk) : comes(chunk) {}
  bool evictable(ChunkId /*chunk*/) const override { return true; }
  std::optional<ChunkId> wanted() const override { return comes; }
  unsigned pages_to_copy(ChunkId /*chunk*/) const override { return 1; }
  ChunkId comes;
};

/// Misses of a cache of `capacity` pages that asks a policy.
std::uint64_t misses_with(EvictionPolicy& policy, const std::vector<std::uint32_t>& stream, std::size_t capacity) {
  std::set<std::uint32_t> resident;
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    const ChunkId chunk(page);
    if (!resident.contains(page)) {
      ++misses;
      if (resident.size() == capacity) {
        const auto victim = policy.victim(AllMayLeave(chunk));
        if (!victim || resident.erase(victim->value()) != 1) return ~std::uint64_t{0};
        policy.on_removed(*victim);
      }
      resident.insert(page);
      policy.on_resident(chunk, SimTime::zero());
    }
    policy.on_touches(std::span(&chunk, 1), SimTime::zero());
  }
  return misses;
}

TEST_CASE("models properties: lru, fifo, clock, sieve, lfu, two_q, s3_fifo and arc miss as often as reference caches") {
  CHECK(rc::check([] {
    Dice dice;
    const std::size_t capacity = 1 + dice.below(40);
    const std::uint64_t footprint = 1 + dice.below(80);
    std::vector<std::uint32_t> stream;
    for (int i = 0; i < 2000; ++i) {
      stream.push_back(static_cast<std::uint32_t>(dice.once_in(3) ? dice.below(5) : dice.below(footprint)));
    }
    const auto lru = make_lru(kPageSize);
    const auto fifo = make_fifo(kPageSize);
    RC_ASSERT(misses_with(*lru, stream, capacity) == lru_misses(stream, capacity));
    RC_ASSERT(misses_with(*fifo, stream, capacity) == fifo_misses(stream, capacity));
    RC_ASSERT(misses_with(*make_clock(kPageSize), stream, capacity) == clock_misses(stream, capacity));
    RC_ASSERT(misses_with(*make_sieve(kPageSize), stream, capacity) == sieve_misses(stream, capacity));
    RC_ASSERT(misses_with(*make_two_q(kPageSize, 0.25, 0.5), stream, capacity) == two_q_misses(stream, capacity));
    RC_ASSERT(misses_with(*make_s3_fifo(kPageSize, 0.1), stream, capacity) == s3_fifo_misses(stream, capacity));
    RC_ASSERT(misses_with(*make_arc(kPageSize), stream, capacity) == arc_misses(stream, capacity));
    for (const bool ageing : {false, true}) {
      RC_ASSERT(misses_with(*make_lfu(kPageSize, ageing), stream, capacity) == lfu_misses(stream, capacity, ageing));
    }
  }));
}

TEST_CASE("models properties: no eviction policy misses less often than the optimum") {
  CHECK(rc::check([] {
    Dice dice;
    const std::size_t capacity = 1 + dice.below(20);
    const std::uint64_t footprint = 1 + dice.below(40);
    std::vector<std::uint32_t> stream;
    for (int i = 0; i < 300; ++i) {
      stream.push_back(static_cast<std::uint32_t>(dice.once_in(3) ? dice.below(5) : dice.below(footprint)));
    }
    PolicyRegistry registry;
    register_policies(registry);
    const std::uint64_t least = least_misses(stream, capacity);
    for (const auto& [name, info] : registry.eviction) {
      Parameters parameters = Parameters::defaults(info.parameters);
      if (parameters.contains("granularity")) parameters.set("granularity", kPageSize);
      const auto policy = info.make(parameters, dice.below(1'000));
      // Chunks of one page each, and no knowledge of what comes.
      if (policy->granularity() != kPageSize || policy->wants_future()) continue;
      RC_LOG() << name << '\n';
      RC_ASSERT(misses_with(*policy, stream, capacity) >= least);
    }
  }));
}

TEST_CASE("models properties: the tree fills a superset of block64k and only full pieces around faults") {
  CHECK(rc::check([] {
    Dice dice;
    const PageMask mapped = dice.once_in(2) ? PageMask::all() : any_pages(dice);
    const PageMask resident = any_pages(dice) & mapped;
    PageMask faulted;
    for (std::uint64_t i = 0; i <= dice.below(6); ++i) faulted.set(static_cast<unsigned>(dice.below(512)));
    faulted &= mapped & ~resident;
    const PageMask eligible = mapped & ~resident & ~faulted;
    const PrefetchRequest request{BlockSlot(0), faulted, resident, eligible};
    const auto threshold = static_cast<unsigned>(dice.below(101));
    const PageMask tree = make_tree_prefetcher(threshold)->select(request) & eligible;
    const PageMask big = make_block64k()->select(request) & eligible;
    RC_ASSERT(tree.contains(big));
    if (faulted.none()) RC_ASSERT(tree.none());

    // By definition: the union over faults of the largest aligned piece that is over the threshold.
    PageMask occupied = resident;
    faulted.for_each([&](unsigned page) { occupied |= PageMask::range(page & ~15U, (page & ~15U) + 16) & mapped; });
    PageMask expected;
    faulted.for_each([&](unsigned page) {
      PageMask best = PageMask::range(page & ~15U, (page & ~15U) + 16);
      for (unsigned size = 32; size <= 512; size *= 2) {
        const unsigned first = page & ~(size - 1);
        if (occupied.count(first, first + size) * 100 > mapped.count(first, first + size) * threshold) {
          best = PageMask::range(first, first + size);
        }
      }
      expected |= best;
    });
    RC_ASSERT(tree == (expected & eligible));
    // A lower threshold brings no less.
    RC_ASSERT((make_tree_prefetcher(threshold / 2)->select(request) & eligible).contains(tree));
  }));
}

TEST_CASE("models properties: throttle_pin lets a processor alone, and nobody waits for ever") {
  CHECK(rc::check([] {
    Dice dice;
    ThrottlePinParameters parameters;
    parameters.threshold = 1 + dice.below(4);
    parameters.pin_threshold = dice.below(12);
    parameters.lapse = ns(static_cast<std::int64_t>(1 + dice.below(1000)));
    parameters.nap = dice.below(3);
    parameters.pin = 1 + dice.below(20);
    parameters.epoch = dice.below(50);
    const auto guard = make_throttle_pin(parameters);
    // Processor 0, the host, and devices 0 and 1 take pages of two blocks from each other; in block 9 device 0 is
    // alone.
    std::int64_t now = 0;
    for (int i = 0; i < 1500; ++i) {
      now += static_cast<std::int64_t>(dice.below(300));
      const auto alone = guard->throttle(DeviceId(0), BlockSlot(9), PageMask::all(), ns(now));
      RC_ASSERT(alone.pages.none());
      RC_ASSERT(guard->hold(DeviceId(0), BlockSlot(9), PageMask::all(), ns(now)).none());
      guard->on_arrived(DeviceId(0), BlockSlot(9), any_pages(dice), ns(now));
      guard->on_left(DeviceId(0), BlockSlot(9), any_pages(dice), Departure::kOther, ns(now));

      const std::size_t processor = dice.below(3);
      const BlockSlot block(static_cast<std::uint32_t>(dice.below(2)));
      const auto page = static_cast<unsigned>(dice.below(2));
      const auto served_from = [&] {
        if (processor == 0) return guard->earliest_return(DeviceId(0), block, page, ns(now));
        const DeviceId device(static_cast<std::uint32_t>(processor - 1));
        const Throttle t = guard->throttle(device, block, PageMask::single(page), ns(now));
        RC_ASSERT(PageMask::single(page).contains(t.pages));
        return t.pages.any() ? t.until : ns(now);
      };
      const SimTime until = served_from();
      if (until > ns(now)) {
        RC_ASSERT(until <= ns(now) + parameters.lapse * parameters.nap);
        RC_ASSERT(guard->thrashing(block, ns(now)).test(page));
        if (dice.once_in(2)) continue;
        // Whoever comes back at the date that it was told, and nobody was there meanwhile, is served.
        now = until.picoseconds() / 1000;
        RC_ASSERT(served_from() == ns(now));
      }
      if (processor == 0) {
        guard->on_left(DeviceId(0), block, PageMask::single(page), Departure::kCpuFault, ns(now));
        continue;
      }
      const DeviceId device(static_cast<std::uint32_t>(processor - 1));
      const PageMask held = guard->hold(device, block, PageMask::single(page), ns(now));
      if (held.any()) {
        const auto end = guard->hold_ends(device, block, held, ns(now));
        RC_ASSERT(end);
        RC_ASSERT(*end > ns(now));
        RC_ASSERT(*end <= ns(now) + parameters.lapse * parameters.pin);
        RC_ASSERT(guard->hold(device, block, held, *end - SimTime::picoseconds(1)) == held);
        continue;
      }
      guard->on_arrived(device, block, PageMask::single(page), ns(now));
    }
  }));
}

TEST_CASE("models properties: counters tell of every threshold's worth of accesses") {
  CHECK(rc::check([] {
    Dice dice;
    AccessCounting setup;
    setup.threshold = 1 + dice.below(20);
    setup.buffer = 1 + dice.below(4);
    AccessCounters counters(setup);
    std::map<std::uint64_t, std::uint64_t> accesses;
    std::vector<std::uint64_t> regions;
    // Read at once, one access at a time: as many notifications as whole thresholds.
    std::uint64_t told = 0;
    const bool at_once = dice.once_in(2);
    for (int i = 0; i < 500; ++i) {
      const std::uint64_t region = dice.below(5);
      const std::uint64_t n = at_once ? 1 : dice.below(30);
      accesses[region] += n;
      (void)counters.count(region, n);
      RC_ASSERT(counters.holds());
      if (!at_once && !dice.once_in(10)) continue;
      counters.fetch(1 + dice.below(3), regions);
      for (const std::uint64_t each : regions) counters.clear(each);
      told += regions.size();
      RC_ASSERT(counters.holds());
    }
    RC_ASSERT(told <= counters.notifications());
    if (!at_once) return;
    std::uint64_t whole = 0;
    for (const auto& [region, n] : accesses) whole += n / setup.threshold;
    RC_ASSERT(counters.notifications() == whole);
    RC_ASSERT(told == whole);
    RC_ASSERT(counters.lost() == 0U);
  }));
}

// --- the machine -----------------------------------------------------------------------------------------------------

/// A policy of a slot whose factory needs no future, with parameters that `set` may change.
template <class Interface, class Set>
std::function<std::unique_ptr<Interface>()> any_policy(Dice& dice, const Registry<PolicyInfo<Interface>>& slot,
                                                       Set&& set) {
  std::vector<PolicyInfo<Interface>> infos;
  for (const auto& [name, info] : slot) {
    if (name != "belady" && name != "oracle") infos.push_back(info);
  }
  const PolicyInfo<Interface>& info = infos[dice.below(infos.size())];
  Parameters parameters = Parameters::defaults(info.parameters);
  for (const ParameterInfo& parameter : info.parameters) {
    if (!parameter.choices.empty())
      parameters.set(parameter.name, parameter.choices[dice.below(parameter.choices.size())]);
    if (!parameter.sizes.empty()) parameters.set(parameter.name, parameter.sizes[dice.below(parameter.sizes.size())]);
    set(parameters, parameter.name);
  }
  return [make = info.make, parameters, seed = dice.below(1'000)] { return make(parameters, seed); };
}

PolicyRegistry all_policies() {
  PolicyRegistry registry;
  register_policies(registry);
  return registry;
}

/// Of few accesses something must come.
std::function<std::unique_ptr<EvictionPolicy>()> any_eviction(Dice& dice) {
  return any_policy(dice, all_policies().eviction, [&dice](Parameters& parameters, const std::string& name) {
    if (name == "halve_at") parameters.set(name, 2 + dice.below(20));
    if (name == "threshold") parameters.set(name, dice.below(101));
    if (name == "low" || name == "high") parameters.set(name, 0.001 + static_cast<double>(dice.below(999)) / 1'000);
  });
}
std::function<std::unique_ptr<Prefetcher>()> any_prefetch(Dice& dice) {
  return any_policy(dice, all_policies().prefetch, [&dice](Parameters& parameters, const std::string& name) {
    if (name == "threshold") parameters.set(name, dice.below(101));
    if (name == "entries") parameters.set(name, 1 + dice.below(4));
    if (name == "confirmations") parameters.set(name, 1 + dice.below(2));
    if (name == "pages") parameters.set(name, 1 + dice.below(511));
  });
}
std::function<std::unique_ptr<PlacementPolicy>()> any_placement(Dice& dice) {
  return any_policy(dice, all_policies().placement, [&dice](Parameters& parameters, const std::string& name) {
    if (name == "threshold" || name == "penalty" || name == "sample_period") parameters.set(name, 1 + dice.below(3));
    if (name == "cooling") parameters.set(name, 1 + dice.below(9));
    if (name == "period" || name == "scan_period" || name == "hot_threshold") {
      parameters.set(name, ns(static_cast<std::int64_t>(10'000 + dice.below(500'000))));
    }
    if (name == "scan_size") parameters.set(name, kPageSize * (1 + dice.below(600)));
    if (name == "rate_limit")
      parameters.set(name, Bandwidth::bytes_per_second(static_cast<double>(dice.below(9)) * 4096));
  });
}

BenchSpec any_machine(Dice& dice) {
  BenchSpec spec;
  spec.platform = testing::round_platform(1 + dice.below(3));
  DriverSpec& driver = spec.driver();
  driver.memory = dice.one_of({MemoryBack::kManaged, MemoryBack::kHmm});
  driver.replay =
      dice.one_of({ReplayPolicy::kBlock, ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce});
  driver.batch_size.value = dice.one_of({1U, 2U, 7U, 256U});
  const auto price = [&] { return ns(static_cast<std::int64_t>(dice.one_of({0U, 0U, 10U, 3'000U, 50'000U}))); };
  for (Sourced<SimTime>* cost :
       {&driver.interrupt_latency, &driver.batch_time, &driver.fault_time, &driver.block_time, &driver.new_block_time,
        &driver.page_time, &driver.page_time_hmm, &driver.service_time, &driver.replay_time, &driver.eviction_time}) {
    cost->value = price();
  }
  spec.platform.host.migrate_fault.value = price();
  spec.platform.host.minor_fault.value = price();
  spec.platform.host.page_table.walk_level.value = price();
  spec.design.to_device.collect.page.value = price();
  spec.design.to_host.setup.call.value = price();
  driver.cpu_fault_granularity.value = dice.one_of({Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)});
  const bool one_link = dice.once_in(3);
  for (std::size_t i = 0; i < spec.platform.devices.size(); ++i) {
    LinkSpec& link = spec.platform.links[i];
    if (dice.once_in(4)) link.bandwidth.value = Bandwidth::unlimited();
    for (DmaDirectionSpec* way : {&link.dma.to_device, &link.dma.to_host}) {
      way->job_setup.value = price();
      way->piece_setup.value = price();
    }
    link.dma.engines.value = 1 + dice.below(2);
    DeviceSpec& device = spec.platform.devices[i];
    if (one_link) device.link = spec.platform.links[0].name;
    device.micro_tlbs.value = 2;
    device.fault_slots.value = dice.one_of({1U, 2U, 56U});
    device.fault_buffer.value = dice.one_of({1U, 3U, 4096U});
    spec.capacity.push_back(kPageSize * dice.one_of<std::uint64_t>({1, 2, 5, 17, 40, 530, 2'000}));
  }
  spec.initial = dice.one_of({InitialContents::kHostMemory, InitialContents::kNothing});
  spec.eviction = any_eviction(dice);
  spec.prefetch = any_prefetch(dice);
  if (dice.once_in(2)) spec.placement = any_placement(dice);
  if (dice.once_in(3)) {
    AccessCounting counting;
    counting.granularity = dice.one_of({Bytes::kib(64), Bytes::mib(2), Bytes::mib(16)});
    counting.threshold = dice.one_of({1U, 2U, 5U});
    counting.buffer = dice.one_of({1U, 2U, 100U});
    counting.batch = dice.one_of({1U, 3U});
    counting.map_remote_on_eviction = dice.once_in(2);
    const Placement on_fault = dice.one_of({Placement::kMigrate, Placement::kMapRemote});
    spec.placement = [on_fault, counting] { return make_access_counters(on_fault, counting); };
    driver.notification_time.value = price();
  }
  if (dice.once_in(2)) {
    ThrottlePinParameters parameters;
    parameters.threshold = 1 + dice.below(3);
    parameters.pin_threshold = dice.below(4);
    parameters.lapse = ns(static_cast<std::int64_t>(dice.one_of({0U, 10U, 2'000U, 20'000U})));
    parameters.nap = dice.below(3);
    parameters.epoch = dice.one_of({0U, 1U, 100U});
    parameters.pin = dice.one_of({0U, 1U, 100U});
    parameters.max_resets = dice.below(3);
    spec.thrashing = [parameters] { return make_throttle_pin(parameters); };
    if (dice.once_in(3)) {
      AdaptiveGranularityParameters adaptive;
      adaptive.bounces = 1 + dice.below(2);
      adaptive.lapse = ns(static_cast<std::int64_t>(dice.below(100'000)));
      adaptive.calm = ns(static_cast<std::int64_t>(dice.below(100'000)));
      spec.thrashing = [adaptive] { return make_adaptive_granularity(adaptive); };
    }
    driver.throttled_batches.value = dice.one_of({1U, 5U});
  }
  return spec;
}

/// For the report of a failure.
std::string text_of(const BenchSpec& spec) {
  const DriverSpec& d = spec.platform.driver;
  std::string text = "replay " + std::to_string(static_cast<int>(d.replay)) + ", batch " +
                     std::to_string(d.batch_size.value) + ", ns:";
  for (const Sourced<SimTime>* cost :
       {&d.interrupt_latency, &d.batch_time, &d.fault_time, &d.block_time, &d.new_block_time, &d.page_time,
        &d.page_time_hmm, &d.service_time, &d.replay_time, &d.eviction_time, &spec.platform.host.migrate_fault}) {
    text += ' ' + std::to_string(cost->value.picoseconds() / 1000);
  }
  for (std::size_t i = 0; i < spec.capacity.size(); ++i) {
    const DeviceSpec& device = spec.platform.devices[i];
    text += "; device of " + std::to_string(spec.capacity[i] / kPageSize) + " pages, slots " +
            std::to_string(device.fault_slots.value) + ", buffer " + std::to_string(device.fault_buffer.value) +
            ", link " + std::to_string(spec.platform.links[i].bandwidth.value.bytes_per_second());
  }
  return text + "; " + std::string(spec.eviction()->name()) + ' ' +
         std::to_string(spec.eviction()->granularity().count()) + ", " + std::string(spec.prefetch()->name()) + ", " +
         std::string(spec.placement()->name()) + ", " + std::string(spec.thrashing()->name());
}

/// One access or unmapping, or what the program advises or asks for.
struct Step {
  std::uint64_t block = 0;
  unsigned page = 0;
  bool write = false;
  bool unmap = false;
  bool prefetch = false;
  bool advise = false;
  std::size_t processor = 0;
  AdviceKind advice = AdviceKind::kNone;
  SimTime pause;
};

std::vector<Step> any_steps(Dice& dice, std::uint64_t blocks, unsigned pages) {
  std::vector<Step> steps(1 + dice.below(30));
  for (Step& step : steps) {
    step.block = dice.below(blocks);
    step.page = static_cast<unsigned>(dice.below(pages)) * (dice.once_in(3) ? 1 : 511 / pages);
    step.write = dice.once_in(2);
    step.unmap = dice.once_in(12);
    step.prefetch = dice.once_in(12);
    step.advise = dice.once_in(4);
    step.processor = dice.below(4);
    step.advice = dice.one_of({AdviceKind::kNone, AdviceKind::kPreferredLocation, AdviceKind::kAccessedBy,
                               AdviceKind::kReadMostly, AdviceKind::kReadMostly});
    if (dice.once_in(3)) step.pause = ns(static_cast<std::int64_t>(dice.below(100'000)));
  }
  return steps;
}

/// What check() does not look at: nothing is locked or under way any more, and the tables are those of the masks.
void check_rest(Bench& b) {
  const ResidencyMap& residency = b.memory().residency();
  std::map<std::uint64_t, PageMask> on_host;
  std::vector<std::map<std::uint64_t, PageMask>> on_device(residency.device_count());
  std::vector<std::set<std::uint32_t>> frames_of(residency.device_count());
  std::uint64_t distinct = 0;
  std::uint64_t copies = 0;
  for (std::uint32_t i = 0; i < residency.blocks(); ++i) {
    const BlockState& block = residency.block(BlockSlot(i));
    CHILD_CHECK_EQ(block.owner, 0U);
    CHILD_CHECK(block.transit.none());
    on_host[block.number.value()] = block.host;
    for (std::uint32_t d = 0; d < residency.device_count(); ++d) {
      const DeviceBlock& there = residency.device(DeviceId(d), BlockSlot(i));
      on_device[d][block.number.value()] = there.resident | there.remote_mapped;
      CHILD_CHECK(there.resident.contains(there.prefetched));
      CHILD_CHECK(!there.resident.intersects(there.remote_mapped));
      CHILD_CHECK(!there.resident.intersects(there.evicted));
      copies += there.copies.count();
      // Every page has a frame of its own.
      std::set<std::uint32_t>& frames = frames_of[d];
      for (unsigned page = 0; page < kPagesPerBlock; ++page) {
        const std::uint32_t frame = there.frames.frame(page);
        CHILD_CHECK_EQ(frame != BlockFrames::kNone, there.resident.test(page));
        if (frame != BlockFrames::kNone) CHILD_CHECK(frames.insert(frame).second);
      }
    }
    distinct += residency.populated(BlockSlot(i)).count();
  }
  CHILD_CHECK(!b.memory().any_locked());
  std::uint64_t held = b.machine().host().held();
  CHILD_CHECK_EQ(b.machine().host().page_table().nodes(),
                 count_nodes(b.machine().platform().host.page_table, on_host).nodes);
  for (std::uint32_t d = 0; d < residency.device_count(); ++d) {
    held += b.device(d).memory().used_pages();
    CHILD_CHECK(b.device(d).memory().peak_pages() <= b.device(d).memory().capacity_pages());
    CHILD_CHECK_EQ(b.device(d).page_table().nodes(), count_nodes(b.device(d).spec().page_table, on_device[d]).nodes);
    CHILD_CHECK(b.counters(d).prefetch_used <= b.counters(d).prefetch_pages);
    CHILD_CHECK(b.counters(d).refaults <= b.counters(d).eviction_pages + b.counters(d).dropped_copies);
    CHILD_CHECK_EQ(b.device(d).dma(LinkDirection::kToHost).bytes().count(),
                   static_cast<std::uint64_t>(b.counters(d).piece_bytes_to_host.sum()));
    CHILD_CHECK_EQ(b.device(d).dma(LinkDirection::kToDevice).bytes().count(),
                   static_cast<std::uint64_t>(b.counters(d).piece_bytes_to_device.sum()));
    // Every page that a device holds is reached by exactly one chunk of its policy.
    struct Everything final : EvictionView {
      bool evictable(ChunkId /*chunk*/) const override { return true; }
      std::optional<ChunkId> wanted() const override { return std::nullopt; }
      unsigned pages_to_copy(ChunkId /*chunk*/) const override { return 1; }
    } everything;
    EvictionPolicy& policy = b.device(d).eviction();
    const auto pages = static_cast<std::uint32_t>(policy.granularity() / kPageSize);
    std::uint64_t listed = 0;
    while (const auto chunk = policy.victim(everything)) {
      policy.on_removed(*chunk);
      const std::uint32_t a_block = kPagesPerBlock / pages;
      const unsigned first = chunk->value() % a_block * pages;
      listed += residency.device(DeviceId(d), BlockSlot(chunk->value() / a_block)).resident.count(first, first + pages);
    }
    CHILD_CHECK_EQ(listed, b.device(d).memory().used_pages());
  }
  // Duplicates are there twice.
  CHILD_CHECK_EQ(held, distinct + copies);
}

TEST_CASE("models properties: every machine gets through every history with its identities intact") {
  CHECK(rc::check([] {
    Dice dice;
    const BenchSpec spec = any_machine(dice);
    const std::uint64_t blocks = 1 + dice.below(3);
    const unsigned pages = dice.one_of({2U, 20U, 500U});
    std::vector<std::vector<std::vector<Step>>> streams(spec.platform.devices.size());
    for (auto& device : streams) {
      device.resize(dice.below(4));
      for (auto& steps : device) steps = any_steps(dice, blocks, pages);
    }
    std::vector<std::vector<Step>> threads(dice.below(3));
    for (auto& steps : threads) steps = any_steps(dice, blocks, pages);

    const auto report = engine::testing::report_of_child([&] {
      Bench b(spec);
      engine::Signal ended(b.engine);
      std::size_t running = threads.size();
      for (std::uint32_t d = 0; d < streams.size(); ++d) {
        running += streams[d].size();
        for (std::uint32_t s = 0; s < streams[d].size(); ++s) {
          b.engine.spawn("stream", [&, d, s] {
            for (const Step& step : streams[d][s]) {
              b.engine.sleep_for(step.pause);
              (void)b.access(step.block, step.page, step.write, d, s % 2);
              if (b.machine().placement().sampling()) {
                b.machine().placement().on_sample(DeviceId(d), b.slot(step.block), step.page, b.engine.now());
              }
              const AccessCounters* const counters = b.device(d).access_counters();
              if (counters == nullptr || !b.on_device(step.block, d).remote_mapped.test(step.page)) continue;
              const std::uint64_t address = (step.block * kPagesPerBlock + step.page) * kPageSize.count();
              b.device(d).on_remote(address >> counters->shift(), 1 + step.page % 3);
            }
            --running;
            ended.notify_all();
          });
        }
      }
      for (std::uint32_t t = 0; t < threads.size(); ++t) {
        b.engine.spawn("thread", [&, t] {
          const std::uint32_t owner = b.machine().new_owner();
          for (const Step& step : threads[t]) {
            b.engine.sleep_for(step.pause);
            const VirtualAddress address((step.block * kPagesPerBlock + step.page) * 4096);
            if (step.unmap) {
              b.memory().free_pages(address, Bytes::kib(80));
            } else if (step.prefetch) {
              b.memory().prefetch(step.processor, address, Bytes::kib(step.write ? 4 : 3'000), owner);
            } else if (step.advise) {
              b.memory().advice().advise(address, Bytes::kib(80), step.advice, step.processor);
            } else {
              b.engine.sleep_for(b.memory().host_access(b.slot(step.block), step.page, step.write, owner).owed);
              CHILD_CHECK(b.block(step.block).touched.test(step.page));
            }
          }
          --running;
          ended.notify_all();
        });
      }
      for (std::uint32_t d = 0; d < streams.size(); ++d) {
        b.machine().driver(DeviceId(d)).on_replay = [&b] { b.memory().check(); };
      }
      b.run([&] {
        while (running != 0) ended.wait();
        b.memory().stop_reserve();
        b.wait_until_idle();
      });
      check_rest(b);
      return std::string();
    });
    RC_LOG() << text_of(spec) << '\n';
    RC_ASSERT(report.failures == "");
  }));
}

}  // namespace models_properties_test
}  // namespace farfault
