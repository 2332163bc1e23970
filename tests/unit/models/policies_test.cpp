#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "models/policies/eviction/arc.h"
#include "models/policies/eviction/clock.h"
#include "models/policies/eviction/fifo.h"
#include "models/policies/eviction/last_migration.h"
#include "models/policies/eviction/lfu.h"
#include "models/policies/eviction/lru.h"
#include "models/policies/eviction/s3_fifo.h"
#include "models/policies/eviction/sieve.h"
#include "models/policies/eviction/two_q.h"
#include "models/policies/placement/migrate_on_fault.h"
#include "models/policies/placement/remote_map.h"
#include "models/policies/prefetch/block64k.h"
#include "models/policies/prefetch/next_n.h"
#include "models/policies/prefetch/none.h"
#include "models/policies/prefetch/tree.h"
#include "models/policies/prefetch/whole_block.h"
#include "models/policies/registry.h"
#include "models/policies/thrashing/none.h"
#include "models/policies/thrashing/time_slice.h"

namespace farfault {
namespace policies_test {

constexpr SimTime kNow = SimTime::microseconds(3);
constexpr std::array kGranularities = {Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)};

/// Everything may leave, apart from the chunks that a test pins.
struct View final : EvictionView {
  std::set<std::uint32_t> pinned;
  std::uint32_t comes = 77'777;
  bool evictable(ChunkId chunk) const override { return !pinned.contains(chunk.value()); }
  std::optional<ChunkId> wanted() const override { return ChunkId(comes); }
  unsigned pages_to_copy(ChunkId /*chunk*/) const override { return 1; }
};

void resident(EvictionPolicy& policy, std::initializer_list<std::uint32_t> chunks) {
  for (const std::uint32_t chunk : chunks) policy.on_resident(ChunkId(chunk), kNow);
}

void touch(EvictionPolicy& policy, const std::vector<std::uint32_t>& chunks) {
  std::vector<ChunkId> ids;
  for (const std::uint32_t chunk : chunks) ids.emplace_back(chunk);
  policy.on_touches(ids, kNow);
}

/// Evicts until nothing may leave.
std::vector<std::uint32_t> drain(EvictionPolicy& policy, const View& view = {}) {
  std::vector<std::uint32_t> order;
  while (const auto victim = policy.victim(view)) {
    order.push_back(victim->value());
    policy.on_removed(*victim);
  }
  return order;
}

using Order = std::vector<std::uint32_t>;

TEST_CASE("policies: lru evicts in order of last access at every granularity") {
  for (const Bytes granularity : kGranularities) {
    const auto lru = make_lru(granularity);
    CHECK(lru->name() == "lru/1");
    CHECK(lru->granularity() == granularity);
    CHECK(lru->touch_need() == TouchNeed::kChunk);
    resident(*lru, {7, 3, 1'000'000, 0});
    touch(*lru, {3, 7, 3});
    CHECK(drain(*lru) == Order{1'000'000, 0, 7, 3});
    CHECK_FALSE(lru->victim(View{}));
  }
}

/// Arrivals, each with the access that brought it.
void bring(EvictionPolicy& policy, const std::vector<std::uint32_t>& chunks) {
  for (const std::uint32_t chunk : chunks) {
    resident(policy, {chunk});
    touch(policy, {chunk});
  }
}
/// The next victim, which leaves.
std::uint32_t evict(EvictionPolicy& policy, const View& view = {}) {
  const auto victim = policy.victim(view);
  REQUIRE(victim);
  policy.on_removed(*victim);
  return victim->value();
}

TEST_CASE("policies: clock gives what was hit another turn, and the access that brought a chunk is no hit") {
  const auto clock = make_clock(Bytes::kib(64));
  CHECK(clock->name() == "clock/1");
  CHECK(clock->touch_need() == TouchNeed::kEvery);
  bring(*clock, {1, 2, 3});
  touch(*clock, {1, 1, 99});  // 99 was never there
  CHECK(evict(*clock) == 2);  // 1 has gone to the back
  bring(*clock, {4});
  CHECK(drain(*clock) == Order{3, 1, 4});
  bring(*clock, {5, 6, 7});
  touch(*clock, {5, 7});
  View view;
  view.pinned = {6};
  CHECK(evict(*clock, view) == 5);  // both were hit: the first to lose its turn
  CHECK(evict(*clock, view) == 7);
  CHECK_FALSE(clock->victim(view));
}

TEST_CASE("policies: sieve's hand goes on where it was, and chunks keep their places") {
  const auto sieve = make_sieve(Bytes::kib(4));
  CHECK(sieve->name() == "sieve/1");
  bring(*sieve, {1, 2, 3, 4});
  touch(*sieve, {1, 3});
  CHECK(evict(*sieve) == 2);  // 1 is spared; the hand is at 3
  bring(*sieve, {5});
  CHECK(evict(*sieve) == 4);  // 3 is spared; the hand is at 5
  touch(*sieve, {5});
  CHECK(evict(*sieve) == 1);  // 5 is spared; from the oldest again
  View view;
  view.pinned = {3};
  CHECK(evict(*sieve, view) == 5);
  CHECK_FALSE(sieve->victim(view));
  bring(*sieve, {6});
  sieve->on_removed(ChunkId(3));  // others take the chunk at the hand
  CHECK(drain(*sieve) == Order{6});
}

TEST_CASE("policies: lfu evicts what was accessed least, and with ageing forgets") {
  const auto plain = make_lfu(Bytes::mib(2), false);
  CHECK(plain->name() == "lfu/1");
  bring(*plain, {1, 2, 3});
  touch(*plain, {1, 1, 1, 2, 3});
  CHECK(evict(*plain) == 2);  // as often as 3, and longer ago
  bring(*plain, {4});
  CHECK(evict(*plain) == 4);
  View view;
  view.pinned = {3};
  CHECK(evict(*plain, view) == 1);
  CHECK_FALSE(plain->victim(view));
  CHECK(drain(*plain) == Order{3});

  // 1 has three accesses of long ago. What comes later is ranked above what has left: 4 and 5 get ahead of it.
  const auto ageing = make_lfu(Bytes::mib(2), true);
  const auto never = make_lfu(Bytes::mib(2), false);
  for (EvictionPolicy* policy : {ageing.get(), never.get()}) {
    bring(*policy, {1, 2});
    touch(*policy, {1, 1, 2});
    CHECK(evict(*policy) == 2);
    bring(*policy, {4});
    touch(*policy, {4});
  }
  CHECK(drain(*ageing) == Order{1, 4});
  CHECK(drain(*never) == Order{4, 1});
}

/// Room is made for a chunk, which comes. What left.
std::uint32_t exchange(EvictionPolicy& policy, std::uint32_t chunk, View view = {}) {
  view.comes = chunk;
  const std::uint32_t gone = evict(policy, view);
  bring(policy, {chunk});
  return gone;
}

TEST_CASE("policies: two_q lets pass what comes once, and keeps what comes back") {
  const auto two_q = make_two_q(Bytes::kib(4), 0.25, 0.5);
  CHECK(two_q->name() == "two_q/1");
  bring(*two_q, {1, 2, 3, 4});  // A1in may have one of four; two that left are remembered
  touch(*two_q, {1, 1});        // changes nothing
  CHECK(exchange(*two_q, 5) == 1);
  CHECK(exchange(*two_q, 1) == 2);  // 1 is known: to Am
  CHECK(exchange(*two_q, 6) == 3);
  CHECK(exchange(*two_q, 2) == 4);  // 2 as well
  CHECK(exchange(*two_q, 7) == 5);
  CHECK(exchange(*two_q, 8) == 6);  // A1in: 7, 8; Am: 1, 2
  touch(*two_q, {1});
  View view;
  view.pinned = {7, 8};
  CHECK(exchange(*two_q, 9, view) == 2);
}

TEST_CASE("policies: s3_fifo moves on what was hit twice, and remembers what was not") {
  const auto s3_fifo = make_s3_fifo(Bytes::kib(4), 0.1);
  CHECK(s3_fifo->name() == "s3_fifo/1");
  bring(*s3_fifo, {1, 2, 3, 4});
  touch(*s3_fifo, {1, 1, 2});
  CHECK(exchange(*s3_fifo, 5) == 2);  // 1 has gone to the main queue, 2 had one hit
  CHECK(exchange(*s3_fifo, 2) == 3);  // 2 was remembered: to the main queue
  CHECK(exchange(*s3_fifo, 6) == 4);
  CHECK(exchange(*s3_fifo, 7) == 5);
  touch(*s3_fifo, {1});
  View view;
  view.pinned = {6, 7};
  CHECK(exchange(*s3_fifo, 8, view) == 2);  // 1 comes round again
}

TEST_CASE("policies: arc makes room for recency or for frequency, by what comes back") {
  const auto arc = make_arc(Bytes::kib(4));
  CHECK(arc->name() == "arc/1");
  bring(*arc, {1, 2, 3, 4});
  touch(*arc, {1, 2});            // T2: 1, 2; T1: 3, 4
  CHECK(exchange(*arc, 5) == 3);  // the target of T1 is 0
  CHECK(exchange(*arc, 6) == 4);  // T1: 5, 6; B1: 3, 4
  CHECK(exchange(*arc, 3) == 5);  // back from B1: the target is 1; T1 has two
  CHECK(exchange(*arc, 4) == 1);  // the target is 2, T1 has one: of T2 the oldest leaves
  CHECK(exchange(*arc, 1) == 6);  // back from B2: the target is 1 again, and T1 has as many
}

TEST_CASE("policies: next_n brings what is behind each fault, and whole_block all") {
  PrefetchRequest request{BlockSlot(0), PageMask(), PageMask(), PageMask::all()};
  CHECK(make_next_n(3)->name() == "next_n/1");
  CHECK(make_whole_block()->name() == "whole_block/1");
  CHECK(make_next_n(3)->select(request).none());
  CHECK(make_whole_block()->select(request).none());
  for (const unsigned page : {7U, 9U, 510U}) request.faulted.set(page);
  CHECK(make_next_n(3)->select(request) == (PageMask::range(8, 13) | PageMask::range(511, 512)));
  CHECK(make_next_n(511)->select(request) == PageMask::range(8, 512));
  CHECK(make_whole_block()->select(request).full());
  request.thrashing = PageMask::range(0, 16);  // nothing comes on their account
  CHECK(make_next_n(3)->select(request) == PageMask::range(511, 512));
  request.thrashing = request.faulted;
  CHECK(make_whole_block()->select(request).none());
}

TEST_CASE("policies: fifo evicts in order of arrival at every granularity") {
  for (const Bytes granularity : kGranularities) {
    const auto fifo = make_fifo(granularity);
    CHECK(fifo->name() == "fifo/1");
    CHECK(fifo->granularity() == granularity);
    CHECK(fifo->touch_need() == TouchNeed::kNone);
    resident(*fifo, {7, 3, 1'000'000, 0});
    touch(*fifo, {7, 3, 7});
    CHECK(drain(*fifo) == Order{7, 3, 1'000'000, 0});
    CHECK_FALSE(fifo->victim(View{}));
  }
}

TEST_CASE("policies: last_migration evicts in order of the last pages that came, at every granularity") {
  for (const Bytes granularity : kGranularities) {
    const auto policy = make_last_migration(granularity);
    CHECK(policy->name() == "last_migration/1");
    CHECK(policy->granularity() == granularity);
    CHECK(policy->touch_need() == TouchNeed::kNone);
    resident(*policy, {7, 3, 1'000'000, 0});
    touch(*policy, {7, 3, 7});
    policy->on_migration(ChunkId(3), kNow);
    policy->on_migration(ChunkId(7), kNow);
    policy->on_migration(ChunkId(3), kNow);
    CHECK(drain(*policy) == Order{1'000'000, 0, 7, 3});
    CHECK_FALSE(policy->victim(View{}));
  }
}

TEST_CASE("policies: a chunk that comes back is new") {
  for (const bool lru : {true, false}) {
    const auto policy = lru ? make_lru(kBlockSize) : make_fifo(kBlockSize);
    resident(*policy, {0, 1, 2});
    policy->on_removed(ChunkId(0));
    resident(*policy, {0});
    CHECK(drain(*policy) == Order{1, 2, 0});
  }
}

TEST_CASE("policies: chunks that may not leave are skipped and keep their place") {
  for (const bool lru : {true, false}) {
    const auto policy = lru ? make_lru(kBlockSize) : make_fifo(kBlockSize);
    resident(*policy, {0, 1, 2, 3});
    View view;
    view.pinned = {0, 2};
    CHECK(policy->victim(view) == std::optional(ChunkId(1)));
    // Asking changes nothing: the chunk stays until it is removed.
    CHECK(policy->victim(view) == std::optional(ChunkId(1)));
    CHECK(drain(*policy, view) == Order{1, 3});
    CHECK(drain(*policy) == Order{0, 2});
  }
}

TEST_CASE("policies: with every chunk pinned there is no victim") {
  const auto lru = make_lru(kPageSize);
  resident(*lru, {0, 1});
  View view;
  view.pinned = {0, 1};
  CHECK_FALSE(lru->victim(view));
}

TEST_CASE("policies: lru ignores touches of chunks that are absent or were never seen") {
  const auto lru = make_lru(kPageSize);
  touch(*lru, {5, 0});
  CHECK_FALSE(lru->victim(View{}));
  resident(*lru, {0, 1, 2});
  lru->on_removed(ChunkId(1));
  touch(*lru, {1, 0, 4'000'000});
  CHECK(drain(*lru) == Order{2, 0});
}

TEST_CASE("policies: a long batch of touches acts like single ones") {
  const auto batch = make_lru(kPageSize);
  const auto single = make_lru(kPageSize);
  std::vector<std::uint32_t> touches;
  for (std::uint32_t i = 0; i < 100; ++i) touches.push_back(i * 37 % 41);
  for (std::uint32_t chunk = 0; chunk < 30; ++chunk) {
    resident(*batch, {chunk});
    resident(*single, {chunk});
  }
  touch(*batch, touches);
  for (const std::uint32_t chunk : touches) touch(*single, {chunk});
  CHECK(drain(*batch) == drain(*single));
}

TEST_CASE("policies: prefetchers leave thrashing pages alone, and their 64 KiB as it is") {
  const PageMask thrashing = PageMask::single(20) | PageMask::single(40);
  PrefetchRequest request;
  request.faulted = PageMask::single(0) | PageMask::single(17) | PageMask::single(40);
  request.eligible = ~request.faulted & ~thrashing;
  request.thrashing = thrashing;
  const auto chosen = [&](Prefetcher& prefetcher) { return prefetcher.select(request) & request.eligible; };
  // Page 17 is beside a thrashing page, 40 is one.
  CHECK(chosen(*make_block64k()) == (PageMask::range(1, 16)));
  CHECK(chosen(*make_tree_prefetcher(100)) == PageMask::range(1, 16));
  // 17 of 32 pages are there.
  CHECK(chosen(*make_tree_prefetcher(53)) == (PageMask::range(1, 32) & request.eligible));
  CHECK(chosen(*make_tree_prefetcher(54)) == PageMask::range(1, 16));
  CHECK(chosen(*make_tree_prefetcher(0)) == request.eligible);
  // A fault on a thrashing page brings nothing.
  request.faulted = PageMask::single(40);
  request.eligible = ~request.faulted & ~thrashing;
  CHECK(chosen(*make_tree_prefetcher(0)).none());
}

TEST_CASE("policies: the tree waits for as many faults of one processor as it is told") {
  const auto tree = make_tree_prefetcher(51, 3);
  const auto brings = [&](std::uint32_t block, unsigned faults, std::size_t processor) {
    PrefetchRequest request;
    request.block = BlockSlot(block);
    request.faulted = PageMask::range(0, faults);
    request.eligible = ~request.faulted;
    request.processor = processor;
    return tree->select(request).any();
  };
  CHECK_FALSE(brings(9, 2, 1));
  CHECK_FALSE(brings(2, 2, 1));
  CHECK(brings(9, 1, 1));
  CHECK(brings(9, 1, 1));
  CHECK_FALSE(brings(9, 1, 2));
  CHECK_FALSE(brings(9, 2, 1));
  CHECK(brings(9, 3, 2));
  CHECK(brings(2, 1, 1));
}

TEST_CASE("policies: placements are constant") {
  const auto migrate = make_migrate_on_fault();
  const auto remote = make_remote_map();
  CHECK(migrate->name() == "migrate_on_fault/1");
  CHECK(remote->name() == "remote_map/1");
  for (const bool write : {false, true}) {
    for (const bool populated : {false, true}) {
      const PlacementFault fault{DeviceId(1), BlockSlot(2), 3, write, populated};
      CHECK(migrate->on_fault(fault, kNow) == Placement::kMigrate);
      CHECK(remote->on_fault(fault, kNow) == Placement::kMapRemote);
    }
  }
}

TEST_CASE("policies: the thrashing guard none holds nothing") {
  const auto guard = make_no_thrashing_guard();
  guard->on_left(DeviceId(0), BlockSlot(0), PageMask::all(), Departure::kCpuFault, kNow);
  CHECK(guard->hold(DeviceId(0), BlockSlot(0), PageMask::all(), kNow).none());
  CHECK(guard->earliest_return(DeviceId(0), BlockSlot(0), 0, kNow) == kNow);
  CHECK_FALSE(guard->hold_ends(DeviceId(0), BlockSlot(0), PageMask::all(), kNow));
}

TEST_CASE("policies: a time slice keeps what came from CPU faults, and what went back from the device") {
  const auto us = [](std::int64_t n) { return SimTime::microseconds(n); };
  const auto guard = make_time_slice(us(100), Bytes::kib(64));
  CHECK(guard->name() == "time_slice/1");
  const DeviceId gpu(1);
  const BlockSlot block(3);
  const PageMask chunk = PageMask::range(16, 32);
  // Nothing has moved yet.
  CHECK(guard->earliest_return(gpu, block, 17, us(10)) == us(10));
  CHECK(guard->hold(gpu, block, PageMask::all(), us(10)).none());

  guard->on_arrived(gpu, block, PageMask::single(17), us(10));
  CHECK(guard->earliest_return(gpu, block, 31, us(20)) == us(110));
  CHECK(guard->earliest_return(gpu, block, 17, us(110)) == us(110));
  CHECK(guard->earliest_return(gpu, block, 17, us(115)) == us(115));
  // The chunk's neighbours, other blocks and other devices are free.
  CHECK(guard->earliest_return(gpu, block, 15, us(20)) == us(20));
  CHECK(guard->earliest_return(gpu, block, 32, us(20)) == us(20));
  CHECK(guard->earliest_return(gpu, BlockSlot(4), 17, us(20)) == us(20));
  CHECK(guard->earliest_return(DeviceId(0), block, 17, us(20)) == us(20));
  CHECK(guard->earliest_return(DeviceId(2), block, 17, us(20)) == us(20));
  // Further pages do not make the slice longer; after its end one begins anew.
  guard->on_arrived(gpu, block, PageMask::single(18), us(60));
  CHECK(guard->earliest_return(gpu, block, 18, us(60)) == us(110));
  guard->on_arrived(gpu, block, PageMask::single(19), us(110));
  CHECK(guard->earliest_return(gpu, block, 17, us(111)) == us(210));

  // An eviction holds nothing, a CPU fault holds the chunk, for every device.
  guard->on_left(gpu, block, chunk, Departure::kOther, us(220));
  CHECK(guard->hold(gpu, block, PageMask::all(), us(221)).none());
  guard->on_left(gpu, block, PageMask::single(20), Departure::kCpuFault, us(230));
  CHECK(guard->hold(gpu, block, PageMask::all(), us(231)) == chunk);
  CHECK(guard->hold(DeviceId(0), block, PageMask::range(0, 18), us(329)) == PageMask::range(16, 18));
  CHECK(guard->hold_ends(gpu, block, chunk, us(231)) == us(330));
  CHECK(guard->hold(gpu, block, PageMask::all(), us(330)).none());
  CHECK(guard->hold(gpu, BlockSlot(2), PageMask::all(), us(231)).none());
}

TEST_CASE("policies: a time slice at every granularity") {
  for (const Bytes granularity : kGranularities) {
    const auto guard = make_time_slice(SimTime::microseconds(5), granularity);
    const auto pages = static_cast<unsigned>(granularity / kPageSize);
    guard->on_left(DeviceId(0), BlockSlot(7), PageMask::single(511), Departure::kCpuFault, kNow);
    CHECK(guard->hold(DeviceId(0), BlockSlot(7), PageMask::all(), kNow) == PageMask::range(512 - pages, 512));
    guard->on_arrived(DeviceId(0), BlockSlot(0), PageMask::single(0), kNow);
    CHECK(guard->earliest_return(DeviceId(0), BlockSlot(0), pages - 1, kNow) == SimTime::microseconds(8));
    if (pages < 512) CHECK(guard->earliest_return(DeviceId(0), BlockSlot(0), pages, kNow) == kNow);
  }
}

TEST_CASE("policies: a time slice of nothing holds nothing") {
  const auto guard = make_time_slice(SimTime::zero(), kPageSize);
  guard->on_arrived(DeviceId(0), BlockSlot(0), PageMask::all(), kNow);
  CHECK(guard->earliest_return(DeviceId(0), BlockSlot(0), 0, kNow) == kNow);
  guard->on_left(DeviceId(0), BlockSlot(0), PageMask::all(), Departure::kCpuFault, kNow);
  CHECK(guard->hold(DeviceId(0), BlockSlot(0), PageMask::all(), kNow).none());
}

/// A device with one block, to which a prefetcher brings pages.
struct BlockUnderTest {
  std::unique_ptr<Prefetcher> prefetcher;
  PageMask mapped = PageMask::all();
  PageMask resident = {};

  /// A fault: what comes, as [first, end) in KiB.
  PageMask fault(const PageMask& faulted) {
    const PageMask eligible = mapped & ~resident & ~faulted;
    const PageMask came = faulted | (prefetcher->select({BlockSlot(0), faulted, resident, eligible}) & eligible);
    resident |= came;
    return came;
  }
  /// The KiB that a touch of the first page of 64 KiB number `big` brings.
  unsigned touch(unsigned big) { return fault(PageMask::single(big * 16)).count() * 4; }
};

TEST_CASE("policies: no prefetch brings the page alone") {
  BlockUnderTest block{make_no_prefetch()};
  CHECK(block.touch(0) == 4);
  CHECK(block.touch(31) == 4);
}

TEST_CASE("policies: block64k brings the aligned 64 KiB and no more") {
  BlockUnderTest block{make_block64k()};
  CHECK(block.fault(PageMask::single(17)) == PageMask::range(16, 32));
  CHECK(block.fault(PageMask::single(15) | PageMask::single(511)) ==
        (PageMask::range(0, 16) | PageMask::range(496, 512)));
  for (unsigned big = 2; big < 31; ++big) CHECK(block.touch(big) == 64);
  CHECK(block.resident.full());
}

TEST_CASE("policies: the tree fills a block as measured on a GTX 1080 Ti") {
  // measured.csv, FLT-1080TI-P1-KERNEL: touches of 64 KiB number 0, 1, 2, 4, 8, 16.
  BlockUnderTest block{make_tree_prefetcher(51)};
  CHECK(block.touch(0) == 64);
  CHECK(block.touch(1) == 64);
  CHECK(block.touch(2) == 128);
  CHECK(block.touch(4) == 256);
  CHECK(block.touch(8) == 512);
  CHECK(block.touch(16) == 1024);
  CHECK(block.resident.full());
}

TEST_CASE("policies: the tree fills around a hole as measured on a GTX 1080 Ti") {
  // measured.csv, PF-1080TI-P2: touches of 64 KiB number 1, 3, 0, 4, 8, 16.
  BlockUnderTest block{make_tree_prefetcher(51)};
  CHECK(block.touch(1) == 64);
  CHECK(block.touch(3) == 64);
  CHECK(block.fault(PageMask::single(0)) == (PageMask::range(0, 16) | PageMask::range(32, 48)));
  CHECK(block.touch(4) == 256);
  CHECK(block.touch(8) == 512);
  CHECK(block.touch(16) == 1024);
  CHECK(block.resident.full());
}

TEST_CASE("policies: the tree measured from the other end is its mirror image") {
  BlockUnderTest block{make_tree_prefetcher(51)};
  CHECK(block.touch(31) == 64);
  CHECK(block.touch(30) == 64);
  CHECK(block.touch(29) == 128);
  CHECK(block.touch(27) == 256);
  CHECK(block.touch(23) == 512);
  CHECK(block.touch(15) == 1024);
}

TEST_CASE("policies: the tree takes the largest piece even where a smaller one falls short") {
  // 64 KiB number 2 is alone in its pair and in its four; with 4 to 15 there, its sixteen is filled over 51 %.
  BlockUnderTest block{make_tree_prefetcher(51)};
  block.resident = PageMask::range(4 * 16, 16 * 16);
  CHECK(block.fault(PageMask::single(2 * 16)) == PageMask::range(0, 4 * 16));
}

TEST_CASE("policies: half is not enough for the tree") {
  BlockUnderTest block{make_tree_prefetcher(51)};
  // Exactly half of the block, in a pattern of which no smaller piece around the fault has more than half.
  for (unsigned big = 1; big < 32; big += 2) block.resident |= PageMask::range(big * 16, big * 16 + 16);
  block.resident &= ~PageMask::range(16, 32);
  CHECK(block.fault(PageMask::single(16)) == PageMask::range(16, 32));
  BlockUnderTest lower{make_tree_prefetcher(49)};
  lower.resident = block.resident & ~PageMask::range(16, 32);
  CHECK(lower.fault(PageMask::single(16)).count() == 512 - 15 * 16);
}

TEST_CASE("policies: exactly the threshold is not over it") {
  // 100 mapped pages; the fault grows to 16 of them, so 35 more make 51 %.
  BlockUnderTest exact{make_tree_prefetcher(51), PageMask::range(0, 100), PageMask::range(65, 100)};
  CHECK(exact.fault(PageMask::single(0)) == PageMask::range(0, 16));
  BlockUnderTest over{make_tree_prefetcher(51), PageMask::range(0, 100), PageMask::range(64, 100)};
  CHECK(over.fault(PageMask::single(0)) == PageMask::range(0, 64));
}

TEST_CASE("policies: the ends of the threshold") {
  BlockUnderTest always{make_tree_prefetcher(0)};
  CHECK(always.touch(9) == 2048);
  BlockUnderTest never{make_tree_prefetcher(100)};
  never.resident = PageMask::range(16, 512);
  CHECK(never.touch(0) == 64);
}

TEST_CASE("policies: the tree counts only what is mapped of a block") {
  // 96 KiB mapped: one fault's 64 KiB are 2/3 of it.
  BlockUnderTest block{make_tree_prefetcher(51), PageMask::range(0, 24)};
  CHECK(block.fault(PageMask::single(3)) == PageMask::range(0, 24));
  // A mapping that begins inside of 64 KiB.
  BlockUnderTest late{make_tree_prefetcher(51), PageMask::range(500, 512)};
  CHECK(late.fault(PageMask::single(505)) == PageMask::range(500, 512));
}

TEST_CASE("policies: a batch of faults fills pieces around each") {
  BlockUnderTest block{make_tree_prefetcher(51)};
  // Numbers 0, 1 and 2 at once make three quarters of four; 16 stands alone.
  const PageMask faulted =
      PageMask::single(0) | PageMask::single(16) | PageMask::single(32) | PageMask::single(16 * 16 + 5);
  CHECK(block.fault(faulted) == (PageMask::range(0, 64) | PageMask::range(16 * 16, 17 * 16)));
}

TEST_CASE("policies: every registered policy is made from its defaults and carries its version") {
  PolicyRegistry registry;
  register_policies(registry);
  const auto check = [](const auto& slot) {
    CHECK_FALSE(slot.names().empty());
    for (const auto& [name, info] : slot) {
      CHECK(name == info.name);
      CHECK_FALSE(info.summary.empty());
      CHECK_FALSE(info.source.empty());
      for (const ParameterInfo& parameter : info.parameters) CHECK_FALSE(parameter.source.empty());
      const auto policy = info.make(Parameters::defaults(info.parameters), 1);
      REQUIRE(policy != nullptr);
      CHECK(policy->name() == info.version);
      CHECK(info.version.rfind(name + "/", 0) == 0);
    }
  };
  check(registry.placement);
  check(registry.prefetch);
  check(registry.eviction);
  check(registry.thrashing);
  CHECK(registry.eviction.find("lru")
            ->make(Parameters::defaults(registry.eviction.find("lru")->parameters), 1)
            ->granularity() == kBlockSize);
}

}  // namespace policies_test
}  // namespace farfault
