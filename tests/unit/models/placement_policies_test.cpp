// Decisions of the placement policies that go by room, advice, counts and samples.
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "models/policies/placement/adaptive.h"
#include "models/policies/placement/advice.h"
#include "models/policies/placement/bypass.h"
#include "models/policies/placement/first_touch_pin.h"
#include "models/policies/placement/memtis.h"
#include "models/policies/placement/migrate_on_fault.h"
#include "models/policies/placement/numa_balancing.h"

namespace farfault {
namespace placement_policies_test {

constexpr DeviceId kDevice(0);
SimTime ms(std::int64_t n) { return SimTime::milliseconds(n); }

PlacementFault fault(bool room, std::uint32_t block = 0, unsigned page = 0) {
  PlacementFault out{kDevice, BlockSlot(block), page};
  out.room = room;
  return out;
}

// --- by room ---------------------------------------------------------------------------------------------------------

TEST_CASE("placement: first_touch_pin brings what is in host memory while there is room") {
  const auto policy = make_first_touch_pin();
  CHECK(policy->name() == "first_touch_pin/1");
  PlacementFault seen = fault(true);
  for (const bool write : {false, true}) {
    seen.write = write;
    seen.room = true;
    seen.elsewhere = false;
    CHECK(policy->on_fault(seen, ms(1)) == Placement::kMigrate);
    seen.elsewhere = true;  // another device touched it first
    CHECK(policy->on_fault(seen, ms(1)) == Placement::kMapRemote);
    seen.room = false;
    CHECK(policy->on_fault(seen, ms(1)) == Placement::kMapRemote);
    seen.elsewhere = false;
    CHECK(policy->on_fault(seen, ms(1)) == Placement::kMapRemote);
  }
  CHECK_FALSE(policy->prefetch_evicts());
  CHECK_FALSE(policy->heeds_advice());
  CHECK_FALSE(policy->access_counting());
  CHECK_FALSE(policy->period());
  CHECK(make_migrate_on_fault()->prefetch_evicts());
}

TEST_CASE("placement: bypass maps what finds no room, until a counter tells of it") {
  AccessCounting counting;
  counting.threshold = 17;
  counting.granularity = Bytes::kib(64);
  counting.buffer = 5;
  const auto policy = make_bypass(counting);
  CHECK(policy->name() == "bypass/1");
  CHECK(policy->on_fault(fault(true), ms(1)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(false), ms(1)) == Placement::kMapRemote);
  CHECK_FALSE(policy->prefetch_evicts());
  REQUIRE(policy->access_counting());
  CHECK(policy->access_counting()->threshold == 17);
  CHECK(policy->access_counting()->granularity == Bytes::kib(64));
  CHECK(policy->access_counting()->buffer == 5);
  CHECK(policy->on_notification({kDevice, BlockSlot(1), PageMask::range(3, 9)}, ms(1)) == PageMask::range(3, 9));
}

// --- advice ----------------------------------------------------------------------------------------------------------

TEST_CASE("placement: advice on read-mostly goes before the preferred location, and that before accessed-by") {
  const auto policy = make_advice();
  CHECK(policy->name() == "advice/1");
  CHECK(policy->heeds_advice());
  CHECK(policy->prefetch_evicts());
  const auto place = [&](const PageAdvice& advice, bool write = false, std::uint32_t device = 0) {
    PlacementFault seen = fault(true);
    seen.device = DeviceId(device);
    seen.write = write;
    seen.advice = advice;
    return policy->on_fault(seen, ms(1));
  };
  PageAdvice advice;
  CHECK(place(advice) == Placement::kMigrate);
  advice.accessed_by = true;
  CHECK(place(advice) == Placement::kMapRemote);
  CHECK(place(advice, true) == Placement::kMapRemote);
  advice.preferred = 1;  // device 0
  CHECK(place(advice) == Placement::kMigrate);
  CHECK(place(advice, false, 1) == Placement::kMapRemote);
  advice.preferred = 0;  // the host
  CHECK(place(advice) == Placement::kMapRemote);
  advice.accessed_by = false;
  CHECK(place(advice, true) == Placement::kMapRemote);
  advice.read_mostly = true;
  CHECK(place(advice) == Placement::kDuplicate);
  CHECK(place(advice, true) == Placement::kMapRemote);
  advice.preferred.reset();
  CHECK(place(advice, true) == Placement::kMigrate);
}

// --- adaptive --------------------------------------------------------------------------------------------------------

AdaptiveParameters adaptive(std::uint64_t threshold, std::uint64_t penalty, Bytes granularity = Bytes::kib(64)) {
  AdaptiveParameters parameters;
  parameters.threshold = threshold;
  parameters.penalty = penalty;
  parameters.granularity = granularity;
  return parameters;
}
PlacementFault at_use(double used, bool room = true) {
  PlacementFault seen = fault(room);
  seen.used = used;
  return seen;
}
/// Notifications of a region until its pages are to come.
unsigned notifications(PlacementPolicy& policy, double used, unsigned page = 0, std::uint32_t block = 0,
                       DeviceId device = kDevice) {
  const PageMask remote = PageMask::range(page, page + 2);
  for (unsigned n = 1; n < 1'000; ++n) {
    const PageMask come = policy.on_notification({device, BlockSlot(block), remote, used}, ms(1));
    if (come == remote) return n;
    REQUIRE(come.none());
  }
  return 0;
}

TEST_CASE("placement: adaptive counts at its granularity, in steps of its threshold") {
  const auto policy = make_adaptive(adaptive(6, 2));
  CHECK(policy->name() == "adaptive/1");
  CHECK_FALSE(policy->prefetch_evicts());
  REQUIRE(policy->access_counting());
  CHECK(policy->access_counting()->granularity == Bytes::kib(64));
  CHECK(policy->access_counting()->threshold == 6);
  CHECK(policy->access_counting()->map_remote_on_eviction);
  CHECK(policy->on_notification({kDevice, BlockSlot(0), PageMask(), 0}, ms(1)).none());
}

TEST_CASE("placement: adaptive with memory to spare brings after threshold x used + 1 accesses") {
  // The fault is the first access: less than two are needed below a quarter.
  const auto policy = make_adaptive(adaptive(4, 3));
  CHECK(policy->on_fault(at_use(0), ms(1)) == Placement::kMigrate);
  CHECK(policy->on_fault(at_use(0.24), ms(1)) == Placement::kMigrate);
  CHECK(policy->on_fault(at_use(0.25), ms(1)) == Placement::kMapRemote);
  // Four accesses at a time: 4 of 4, then 8 of 4.2.
  CHECK(notifications(*policy, 0.75) == 1);
  CHECK(notifications(*policy, 0.8) == 2);
  CHECK(notifications(*policy, 0.8) == 2);  // counted anew once it has come
  CHECK(notifications(*policy, 1) == 2);
}

TEST_CASE("placement: adaptive under pressure brings after threshold x (round trips + 1) x penalty accesses") {
  const auto policy = make_adaptive(adaptive(4, 3));
  CHECK(policy->on_fault(at_use(0), ms(1)) == Placement::kMigrate);
  CHECK(policy->on_fault(at_use(1, false), ms(1)) == Placement::kMapRemote);
  // However much is free by now.
  CHECK(policy->on_fault(at_use(0), ms(1)) == Placement::kMapRemote);
  CHECK(notifications(*policy, 0) == 3);
  CHECK(notifications(*policy, 0) == 3);
  policy->on_evicted(kDevice, BlockSlot(0), PageMask::range(3, 7), ms(1));
  CHECK(notifications(*policy, 0) == 6);
  policy->on_evicted(kDevice, BlockSlot(0), PageMask::range(3, 7), ms(1));
  CHECK(notifications(*policy, 0) == 9);
  // Other regions, blocks and devices have made none.
  CHECK(notifications(*policy, 0, 16) == 3);
  CHECK(notifications(*policy, 0, 0, 1) == 3);
  CHECK(notifications(*policy, 0, 0, 0, DeviceId(1)) == 3);
}

TEST_CASE("placement: adaptive takes an eviction for pressure, and counts it for each region") {
  const auto policy = make_adaptive(adaptive(4, 3));
  // One notification already, which the eviction takes back.
  CHECK(policy->on_notification({kDevice, BlockSlot(0), PageMask::single(0), 0.9}, ms(1)).none());
  policy->on_evicted(kDevice, BlockSlot(0), PageMask::range(10, 20) | PageMask::single(511), ms(1));
  CHECK(notifications(*policy, 0, 0) == 6);
  CHECK(notifications(*policy, 0, 16) == 6);
  CHECK(notifications(*policy, 0, 32) == 3);
  CHECK(notifications(*policy, 0, 480) == 3);
  CHECK(notifications(*policy, 0, 500) == 6);
  CHECK(policy->on_fault(at_use(0), ms(1)) == Placement::kMapRemote);
}

TEST_CASE("placement: adaptive by blocks, and a threshold that the fault itself meets") {
  const auto blocks = make_adaptive(adaptive(4, 3, kBlockSize));
  blocks->on_evicted(kDevice, BlockSlot(1), PageMask::single(500), ms(1));
  CHECK(notifications(*blocks, 0, 0, 1) == 6);
  CHECK(notifications(*blocks, 0, 0, 0) == 3);
  const auto one = make_adaptive(adaptive(1, 1));
  CHECK(one->on_fault(fault(false), ms(1)) == Placement::kMigrate);
  one->on_evicted(kDevice, BlockSlot(0), PageMask::single(0), ms(1));
  CHECK(one->on_fault(fault(false), ms(1)) == Placement::kMapRemote);
  CHECK(one->on_fault(fault(false, 0, 16), ms(1)) == Placement::kMigrate);
}

// --- with a view -----------------------------------------------------------------------------------------------------

using Moved = std::vector<std::pair<std::uint32_t, PageMask>>;

/// Blocks of which a device maps pages remotely.
struct View final : PlacementView {
  std::vector<PageMask> mapped;
  PageMask stay;  // pages that cannot be unmapped
  std::uint64_t capacity = 0;
  Moved unmapped;
  Moved brought;

  explicit View(std::vector<PageMask> remote_pages) : mapped(std::move(remote_pages)) {}
  std::size_t blocks() const override { return mapped.size(); }
  PageMask resident(BlockSlot /*block*/) const override { return {}; }
  PageMask remote(BlockSlot block) const override { return mapped[block.value()]; }
  std::uint64_t capacity_pages() const override { return capacity; }
  PageMask unmap(BlockSlot block, const PageMask& pages) override {
    const PageMask gone = pages & mapped[block.value()] & ~stay;
    if (gone.any()) unmapped.emplace_back(block.value(), gone);
    mapped[block.value()] &= ~gone;
    return gone;
  }
  void bring(BlockSlot block, const PageMask& pages) override { brought.emplace_back(block.value(), pages); }

  Moved take_unmapped() { return std::exchange(unmapped, {}); }
  Moved take_brought() { return std::exchange(brought, {}); }
};

// --- NUMA balancing --------------------------------------------------------------------------------------------------

NumaBalancingParameters balancing(std::uint64_t scan_pages, SimTime hot = ms(20), double pages_a_second = 1e9) {
  NumaBalancingParameters parameters;
  parameters.scan_period = ms(100);
  parameters.scan_size = kPageSize * scan_pages;
  parameters.hot_threshold = hot;
  parameters.rate_limit = Bandwidth::bytes_per_second(pages_a_second * 4096);
  return parameters;
}

TEST_CASE("placement: numa_balancing unmaps as much as it may each period, block by block, and begins again") {
  const auto policy = make_numa_balancing(balancing(150));
  CHECK(policy->name() == "numa_balancing/1");
  REQUIRE(policy->period());
  CHECK(*policy->period() == ms(100));
  CHECK_FALSE(policy->prefetch_evicts());
  const PageMask hundred = PageMask::range(7, 107);
  View view({hundred, PageMask(), hundred, hundred, PageMask::single(0)});
  policy->on_period(kDevice, view, ms(100));
  CHECK(view.take_unmapped() == Moved{{0, hundred}, {2, hundred}});
  view.mapped[0] = PageMask::range(0, 500);
  policy->on_period(kDevice, view, ms(200));
  CHECK(view.take_unmapped() == Moved{{3, hundred}, {4, PageMask::single(0)}, {0, PageMask::range(0, 500)}});
  // Nothing is left: one round, and no more.
  policy->on_period(kDevice, view, ms(300));
  CHECK(view.take_unmapped().empty());
  view.mapped.push_back(PageMask::single(9));
  view.mapped[0] = PageMask::single(1);
  policy->on_period(kDevice, view, ms(400));
  CHECK(view.take_unmapped() == Moved{{5, PageMask::single(9)}, {0, PageMask::single(1)}});
  View none({});
  policy->on_period(kDevice, none, ms(500));
  CHECK(none.unmapped.empty());
}

TEST_CASE("placement: numa_balancing takes for unmapped only what was") {
  const auto policy = make_numa_balancing(balancing(4));
  View view({PageMask::range(0, 4), PageMask::range(0, 4)});
  view.stay = PageMask::range(0, 3);
  policy->on_period(kDevice, view, ms(100));
  CHECK(view.take_unmapped() == Moved{{0, PageMask::single(3)}, {1, PageMask::single(3)}});
  CHECK(policy->on_fault(fault(false, 0, 3), ms(101)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(false, 0, 2), ms(101)) == Placement::kMapRemote);
}

TEST_CASE("placement: numa_balancing brings what was never unmapped while there is room") {
  const auto policy = make_numa_balancing(balancing(512));
  CHECK(policy->on_fault(fault(true), ms(1)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(false), ms(1)) == Placement::kMapRemote);
}

TEST_CASE("placement: numa_balancing brings what faults before the hot threshold, room or not") {
  const auto policy = make_numa_balancing(balancing(2048));
  View view({PageMask::range(0, 10), PageMask::range(0, 10)});
  policy->on_period(kDevice, view, ms(100));
  const SimTime just_before = ms(120) - SimTime::picoseconds(1);
  CHECK(policy->on_fault(fault(false, 0, 0), ms(100)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(false, 0, 1), just_before) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(true, 0, 2), ms(120)) == Placement::kMapRemote);
  CHECK(policy->on_fault(fault(true, 1, 3), ms(150)) == Placement::kMapRemote);
  // Each was asked about once: from now on it is as any other, and so are pages that were not there.
  CHECK(policy->on_fault(fault(true, 0, 2), ms(150)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(false, 0, 0), ms(101)) == Placement::kMapRemote);
  CHECK(policy->on_fault(fault(true, 0, 10), ms(150)) == Placement::kMigrate);
  PlacementFault other = fault(false, 0, 5);
  other.device = DeviceId(1);
  CHECK(policy->on_fault(other, ms(101)) == Placement::kMapRemote);
}

TEST_CASE("placement: numa_balancing remembers what it unmapped before the last scan") {
  const auto policy = make_numa_balancing(balancing(2048, ms(150)));
  View view({PageMask::range(0, 4)});
  policy->on_period(kDevice, view, ms(100));
  view.mapped[0] = PageMask::range(4, 6);
  policy->on_period(kDevice, view, ms(200));
  CHECK(policy->on_fault(fault(false, 0, 0), ms(249)) == Placement::kMigrate);
  view.mapped[0] = PageMask::range(6, 8);
  policy->on_period(kDevice, view, ms(300));
  CHECK(policy->on_fault(fault(true, 0, 1), ms(310)) == Placement::kMapRemote);  // unmapped at 100
  CHECK(policy->on_fault(fault(false, 0, 4), ms(310)) == Placement::kMigrate);   // at 200
  CHECK(policy->on_fault(fault(true, 0, 5), ms(350)) == Placement::kMapRemote);
  CHECK(policy->on_fault(fault(false, 0, 6), ms(449)) == Placement::kMigrate);  // at 300
  CHECK(policy->on_fault(fault(true, 0, 7), ms(450)) == Placement::kMapRemote);
  // Unmapped anew, a page has its later date.
  view.mapped[0] = PageMask::single(2);
  policy->on_period(kDevice, view, ms(500));
  CHECK(policy->on_fault(fault(false, 0, 2), ms(510)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(true, 0, 3), ms(510)) == Placement::kMapRemote);
}

TEST_CASE("placement: numa_balancing promotes no more than its rate in each second") {
  const auto policy = make_numa_balancing(balancing(2048, ms(10'000), 2));
  View view({PageMask::range(0, 10)});
  policy->on_period(kDevice, view, ms(100));
  CHECK(policy->on_fault(fault(true, 0, 0), ms(200)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(true, 0, 1), ms(900)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(true, 0, 2), ms(999)) == Placement::kMapRemote);
  CHECK(policy->on_fault(fault(true, 0, 3), ms(1'000)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(true, 0, 4), ms(1'001)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(true, 0, 5), ms(1'999)) == Placement::kMapRemote);
  // What no scan has unmapped is no promotion.
  CHECK(policy->on_fault(fault(true, 0, 20), ms(1'999)) == Placement::kMigrate);
}

// --- MEMTIS ----------------------------------------------------------------------------------------------------------

MemtisParameters memtis(std::uint64_t cooling, Bytes granularity = kBlockSize) {
  MemtisParameters parameters;
  parameters.granularity = granularity;
  parameters.sample_period = 13;
  parameters.cooling = cooling;
  parameters.period = ms(50);
  return parameters;
}
void sample(PlacementPolicy& policy, std::uint32_t block, int times, unsigned page = 0, DeviceId device = kDevice) {
  for (int i = 0; i < times; ++i) policy.on_sample(device, BlockSlot(block), page, ms(1));
}
/// Blocks that come, at a device that has room for so many.
std::vector<std::uint32_t> promoted(PlacementPolicy& policy, std::uint64_t blocks, DeviceId device = kDevice) {
  View view(std::vector<PageMask>(10, PageMask::all()));
  view.capacity = blocks * kPagesPerBlock;
  policy.on_period(device, view, ms(50));
  std::vector<std::uint32_t> out;
  for (const auto& [block, pages] : view.brought) {
    CHECK(pages.full());
    out.push_back(block);
  }
  return out;
}
using Blocks = std::vector<std::uint32_t>;
constexpr std::uint64_t kNever = 1'000'000;

TEST_CASE("placement: memtis says how often it samples and brings") {
  const auto policy = make_memtis(memtis(kNever));
  CHECK(policy->name() == "memtis/1");
  CHECK(policy->sampling() == std::optional<std::uint64_t>(13));
  CHECK(policy->period() == std::optional(ms(50)));
  CHECK_FALSE(policy->prefetch_evicts());
  CHECK(policy->on_fault(fault(true), ms(1)) == Placement::kMigrate);
  CHECK(policy->on_fault(fault(false), ms(1)) == Placement::kMapRemote);
  CHECK(promoted(*policy, 5).empty());
}

TEST_CASE("placement: memtis brings the hottest regions, as many powers of two of them as fit") {
  const auto with_room = [](std::uint64_t blocks) {
    const auto policy = make_memtis(memtis(kNever));
    sample(*policy, 3, 1);
    sample(*policy, 2, 3);
    sample(*policy, 1, 4);
    sample(*policy, 0, 9);
    sample(*policy, 5, 2);
    return promoted(*policy, blocks);
  };
  // Counts of 8 and more: 0; 4 and more: 1; 2 and more: 2 and 5; 1: 3.
  CHECK(with_room(0).empty());
  CHECK(with_room(1) == Blocks{0});
  CHECK(with_room(2) == Blocks{1, 0});
  CHECK(with_room(3) == Blocks{1, 0});
  CHECK(with_room(4) == Blocks{2, 1, 0, 5});
  CHECK(with_room(5) == Blocks{3, 2, 1, 0, 5});
}

TEST_CASE("placement: memtis halves all counts every so many samples") {
  // 8 and then 4: together in one bin, of which both fit or none.
  const auto cool = make_memtis(memtis(8));
  const auto warm = make_memtis(memtis(kNever));
  for (PlacementPolicy* policy : {cool.get(), warm.get()}) {
    sample(*policy, 0, 8);
    sample(*policy, 1, 4);
  }
  CHECK(promoted(*warm, 1) == Blocks{0});
  CHECK(promoted(*cool, 1).empty());
  // The 16th sample makes 2, 3 and nothing of 4, 7 and 1.
  sample(*cool, 2, 1);
  sample(*cool, 1, 3);
  sample(*cool, 0, 1);
  CHECK(promoted(*cool, 1).empty());  // 0 and 1 have 3
  CHECK(promoted(*cool, 2).empty());  // not sampled since
  sample(*cool, 1, 1);
  CHECK(promoted(*cool, 1) == Blocks{1});
  sample(*cool, 2, 1);
  CHECK(promoted(*cool, 2) == Blocks{});
  CHECK(promoted(*cool, 9).empty());
}

TEST_CASE("placement: memtis forgets what has cooled to nothing") {
  const auto policy = make_memtis(memtis(2));
  sample(*policy, 0, 1);
  sample(*policy, 1, 1);
  CHECK(promoted(*policy, 5).empty());
  sample(*policy, 1, 1);
  CHECK(promoted(*policy, 5) == Blocks{1});
  CHECK(promoted(*policy, 5).empty());
  // What has no count takes no room.
  sample(*policy, 2, 1);
  sample(*policy, 3, 1);
  CHECK(promoted(*policy, 1) == Blocks{3});
}

TEST_CASE("placement: memtis counts for each device") {
  const auto policy = make_memtis(memtis(kNever));
  sample(*policy, 0, 4);
  sample(*policy, 1, 2, 0, DeviceId(1));
  CHECK(promoted(*policy, 5) == Blocks{0});
  CHECK(promoted(*policy, 1, DeviceId(1)) == Blocks{1});
  CHECK(promoted(*policy, 5, DeviceId(2)).empty());
}

TEST_CASE("placement: memtis brings of a region what the device maps remotely") {
  const auto policy = make_memtis(memtis(kNever, Bytes::kib(64)));
  View view({PageMask(), PageMask::range(10, 40)});
  view.capacity = 3 * 16;
  sample(*policy, 0, 1, 0);
  sample(*policy, 1, 1, 35);
  sample(*policy, 1, 1, 3);
  policy->on_period(kDevice, view, ms(50));
  CHECK(view.take_brought() == Moved{{1, PageMask::range(32, 40)}, {1, PageMask::range(10, 16)}});
  sample(*policy, 1, 1, 16);
  policy->on_period(kDevice, view, ms(100));
  CHECK(view.take_brought().empty());  // four with one sample each, and room for three
  sample(*policy, 1, 1, 16);
  policy->on_period(kDevice, view, ms(150));
  CHECK(view.take_brought() == Moved{{1, PageMask::range(16, 32)}});
}

}  // namespace placement_policies_test
}  // namespace farfault
