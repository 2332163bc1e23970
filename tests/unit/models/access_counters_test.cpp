// Access counters: what a device counts, and what its driver makes of it, with times that are computed by hand.
#include "models/policies/placement/access_counters.h"

#include <doctest/doctest.h>

#include "models/policies/thrashing/throttle_pin.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace models_access_counters_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::kBatch;
using testing::kInterrupt;
using testing::ns;

AccessCounting counting(std::uint64_t threshold, std::uint64_t buffer = 4096) {
  AccessCounting setup;
  setup.threshold = threshold;
  setup.buffer = buffer;
  return setup;
}

std::vector<std::uint64_t> fetch(AccessCounters& counters, std::uint64_t limit = 100) {
  std::vector<std::uint64_t> regions;
  counters.fetch(limit, regions);
  return regions;
}
using Regions = std::vector<std::uint64_t>;

TEST_CASE("access counters: a region tells at its threshold, once until it is cleared") {
  AccessCounters counters(counting(256));
  CHECK_FALSE(counters.count(5, 255));
  CHECK_FALSE(counters.count(6, 255));
  CHECK_FALSE(counters.pending());
  CHECK(counters.count(5, 1));
  CHECK_FALSE(counters.count(5, 10'000));
  CHECK(fetch(counters) == Regions{5});
  CHECK_FALSE(counters.pending());
  CHECK_FALSE(counters.count(5, 10'000));
  counters.clear(5);
  counters.clear(7);
  CHECK_FALSE(counters.count(5, 255));
  CHECK(counters.count(5, 1));
  CHECK(counters.count(6, 1));
  CHECK(fetch(counters, 1) == Regions{5});
  CHECK(fetch(counters, 1) == Regions{6});
  CHECK(counters.notifications() == 3);
  CHECK(counters.counted() == 3 * 256 + 20'000);
  CHECK(counters.lost() == 0);
  CHECK(counters.holds());
}

TEST_CASE("access counters: what finds no room is lost, and the counter begins anew") {
  AccessCounters counters(counting(10, 1));
  CHECK(counters.count(1, 10));
  CHECK_FALSE(counters.count(2, 25));
  CHECK(counters.lost() == 2);
  CHECK(fetch(counters) == Regions{1});
  CHECK_FALSE(counters.count(2, 4));
  CHECK(counters.count(2, 1));
  CHECK(counters.holds());
}

TEST_CASE("access counters: a region's shift") {
  AccessCounting setup;
  CHECK(AccessCounters(setup).shift() == 21);
  setup.granularity = Bytes::kib(64);
  CHECK(AccessCounters(setup).shift() == 16);
}

TEST_CASE("policies: access_counters says what it counts, and takes all that a region maps") {
  AccessCounting setup;
  setup.threshold = 17;
  setup.granularity = Bytes::mib(16);
  const PlacementFault fault{DeviceId(0), BlockSlot(1), 2, false, true};
  for (const Placement on_fault : {Placement::kMigrate, Placement::kMapRemote}) {
    const auto policy = make_access_counters(on_fault, setup);
    CHECK(policy->name() == "access_counters/1");
    CHECK(policy->on_fault(fault, ns(1)) == on_fault);
    REQUIRE(policy->access_counting());
    CHECK(policy->access_counting()->threshold == 17);
    CHECK(policy->access_counting()->granularity == Bytes::mib(16));
    CHECK(policy->on_notification({DeviceId(0), BlockSlot(1), PageMask::range(3, 9)}, ns(1)) == PageMask::range(3, 9));
  }
  CHECK_FALSE(make_migrate_on_fault()->access_counting());
  CHECK_FALSE(make_remote_map()->access_counting());
}

// --- in a machine: prices as in time_slice_test.cpp ------------------------------------------------------------------

constexpr std::int64_t kNotification = 7;
constexpr std::int64_t kPageTime = 10;
constexpr std::int64_t kPiece = 100;
constexpr std::int64_t kPageCopy = 1024;

BenchSpec counted(AccessCounting setup = {}, Placement on_fault = Placement::kMapRemote) {
  BenchSpec spec;
  spec.driver().notification_time.value = ns(kNotification);
  spec.placement = [setup, on_fault] { return make_access_counters(on_fault, setup); };
  return spec;
}

TEST_CASE("driver: enough accesses over the link bring the region's mapped pages") {
  in_child([] {
    Bench b(counted());
    b.run([&] {
      (void)b.access(4, 3);
      (void)b.access(4, 9);
      (void)b.access(5, 0);
      CHILD_CHECK(b.on_device(4).remote_mapped.count() == 2);
      b.device().on_remote(4, 255);
      b.device().on_remote(5, 255);
      b.wait_until_idle();
      b.engine.sleep_for(ns(kInterrupt * 10));
      CHILD_CHECK(b.on_device(4).resident.none());
      const std::int64_t before = b.now_ns();
      const std::uint64_t interrupts = b.counters().interrupts;
      b.device().on_remote(4, 1);
      b.wait_until_idle();
      CHILD_CHECK_EQ(b.now_ns() - before,
                     kInterrupt + kBatch + kNotification + 2 * kPageTime + 2 * kPiece + 2 * kPageCopy);
      CHILD_CHECK_EQ(b.counters().interrupts, interrupts + 1);
      CHILD_CHECK(b.on_device(4).resident == (PageMask::single(3) | PageMask::single(9)));
      CHILD_CHECK(b.on_device(4).remote_mapped.none());
      CHILD_CHECK(b.on_device(5).resident.none());
      // Cleared: it counts from zero. Nothing is left to bring, so only the batch passes.
      b.device().on_remote(4, 255);
      b.wait_until_idle();
      const std::int64_t again = b.now_ns();
      b.device().on_remote(4, 1);
      b.wait_until_idle();
      CHILD_CHECK_EQ(b.now_ns() - again, kInterrupt + kBatch + kNotification);
    });
    CHILD_CHECK_EQ(b.counters().counter_pages, 2U);
    CHILD_CHECK_EQ(b.counters().demand_pages, 0U);
    CHILD_CHECK_EQ(b.counters().replays, 3U);
    CHILD_CHECK_EQ(b.traffic(LinkDirection::kToDevice, Cause::kAccessCounter), 2U * 4096);
    CHILD_CHECK_EQ(b.traffic(LinkDirection::kToDevice, Cause::kDemand), 0U);
  });
}

TEST_CASE("driver: a region is as large as the counters' granularity") {
  for (const Bytes granularity : {Bytes::kib(64), Bytes::mib(2), Bytes::mib(16)}) {
    AccessCounting setup;
    setup.granularity = granularity;
    in_child([&] {
      Bench b(counted(setup));
      b.run([&] {
        for (const std::uint64_t block : {7U, 8U, 15U, 16U}) {
          for (const unsigned page : {15U, 16U, 31U, 32U}) (void)b.access(block, page);
        }
        // Page 16 of block 8.
        b.device().on_remote((8 * kBlockSize.count() + 16 * kPageSize.count()) >> b.device().access_counters()->shift(),
                             256);
        b.wait_until_idle();
        const PageMask mapped =
            PageMask::single(15) | PageMask::single(16) | PageMask::single(31) | PageMask::single(32);
        const PageMask middle = PageMask::single(16) | PageMask::single(31);
        CHILD_CHECK(b.on_device(8).resident == (granularity == Bytes::kib(64) ? middle : mapped));
        CHILD_CHECK(b.on_device(15).resident == (granularity == Bytes::mib(16) ? mapped : PageMask()));
        CHILD_CHECK(b.on_device(7).resident.none());
        CHILD_CHECK(b.on_device(16).resident.none());
      });
    });
  }
}

TEST_CASE("driver: notifications are read a batch at a time, in order of addresses") {
  in_child([] {
    AccessCounting setup;
    setup.batch = 2;
    Bench b(counted(setup));
    b.run([&] {
      for (const std::uint64_t block : {1U, 2U, 3U}) (void)b.access(block, 0);
      const std::int64_t before = b.now_ns();
      for (const std::uint64_t block : {3U, 2U, 1U}) b.device().on_remote(block, 256);
      b.wait_until_idle();
      // One interrupt; 3 and 2 together, then 1.
      CHILD_CHECK_EQ(b.now_ns() - before,
                     kInterrupt + 2 * kBatch + 3 * kNotification + 3 * (kPageTime + kPiece + kPageCopy));
    });
    CHILD_CHECK_EQ(b.counters().counter_pages, 3U);
  });
}

TEST_CASE("driver: faults come before notifications, in one service") {
  in_child([] {
    Bench b(counted());
    b.run([&] {
      (void)b.access(1, 0);
      b.wait_until_idle();
      const std::int64_t before = b.now_ns();
      const std::uint64_t interrupts = b.counters().interrupts;
      b.device().on_remote(1, 256);
      (void)b.access(2, 0);
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + kPageTime);
      CHILD_CHECK(b.on_device(1).resident.none());
      b.wait_until_idle();
      CHILD_CHECK_EQ(b.now_ns() - before,
                     kInterrupt + kBatch + kPageTime + kBatch + kNotification + kPageTime + kPiece + kPageCopy);
      CHILD_CHECK_EQ(b.counters().interrupts, interrupts + 1);
    });
  });
}

TEST_CASE("driver: a fault that comes while a notification is served is served next, without an interrupt") {
  for (const ReplayPolicy replay :
       {ReplayPolicy::kBlock, ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce}) {
    in_child([&] {
      BenchSpec spec = counted();
      spec.driver().replay = replay;
      Bench b(spec);
      b.run([&] {
        (void)b.access(1, 0);
        b.wait_until_idle();
        const std::int64_t before = b.now_ns();
        b.device().on_remote(1, 256);
        b.engine.sleep_for(ns(kInterrupt + 5));
        (void)b.access(2, 0);
        CHILD_CHECK_EQ(b.now_ns() - before,
                       kInterrupt + kBatch + kNotification + kPageTime + kPiece + kPageCopy + kBatch + kPageTime);
        // Accesses to what is under way wait for it, too.
        CHILD_CHECK_EQ(b.access(1, 0), 0U);
        b.wait_until_idle();
        CHILD_CHECK(!b.memory().any_locked());
      });
    });
  }
}

TEST_CASE("driver: an access to a page that a counter brings waits until it is there") {
  in_child([] {
    Bench b(counted());
    b.run([&] {
      (void)b.access(1, 0);
      b.wait_until_idle();
      b.device().on_remote(1, 256);
      b.engine.sleep_for(ns(kInterrupt + kBatch + kNotification + 5));
      // The page is under way: the fault finds it there.
      CHILD_CHECK_EQ(b.access(1, 0), 1U);
      CHILD_CHECK(b.on_device(1).resident == PageMask::single(0));
    });
    CHILD_CHECK_EQ(b.counters().duplicate, 1U);
  });
}

TEST_CASE("driver: evicted pages stay within reach if the policy counts them") {
  for (const bool stay : {true, false}) {
    in_child([&] {
      AccessCounting setup;
      setup.map_remote_on_eviction = stay;
      BenchSpec spec = counted(setup, Placement::kMigrate);
      spec.capacity = {kPageSize};
      Bench b(spec);
      b.run([&] {
        (void)b.access(0, 0);
        const std::int64_t before = b.now_ns();
        (void)b.access(0, 1);
        // The eviction's mapping is paid for.
        CHILD_CHECK_EQ(b.now_ns() - before,
                       kInterrupt + kBatch + kPageTime * (stay ? 2 : 1) + 2 * (kPiece + kPageCopy));
        CHILD_CHECK_EQ(b.access(0, 0), stay ? 0U : 1U);
        CHILD_CHECK(b.on_device(0).remote_mapped == (stay ? PageMask::single(0) : PageMask()));
        if (!stay) return;
        b.device().on_remote(0, 256);
        b.wait_until_idle();
        CHILD_CHECK(b.on_device(0).resident == PageMask::single(0));
        CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(1));
      });
      CHILD_CHECK_EQ(b.counters().refaults, stay ? 0U : 1U);
      CHILD_CHECK_EQ(b.counters().eviction_pages, 2U);
    });
  }
}

TEST_CASE("driver: without counters evicted pages fault") {
  in_child([] {
    BenchSpec spec;
    spec.capacity = {kPageSize};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1);
      CHILD_CHECK(b.on_device(0).remote_mapped.none());
      CHILD_CHECK(b.device().access_counters() == nullptr);
    });
  });
}

/// Throttles page 5 of every block.
class FivesWait final : public ThrashingGuard {
 public:
  std::string_view name() const override { return "fives/1"; }
  Throttle throttle(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& faulted, SimTime now) override {
    return {faulted & PageMask::single(5), now + ns(1)};
  }
  PageMask hold(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) override {
    return {};
  }
  void on_left(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*pages*/, Departure /*why*/,
               SimTime /*now*/) override {}
};

TEST_CASE("driver: counters bring no page that a guard throttles") {
  in_child([] {
    BenchSpec spec = counted();
    spec.thrashing = [] { return std::make_unique<FivesWait>(); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 4);
      (void)b.access(0, 5);
      b.device().on_remote(0, 256);
      b.wait_until_idle();
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(4));
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(5));
    });
  });
}

TEST_CASE("driver: counters bring no page that may not move") {
  in_child([] {
    BenchSpec spec = counted({}, Placement::kMigrate);
    spec.driver().memory = MemoryBack::kHmm;
    Bench b(spec);
    b.memory().address_space().map(VirtualAddress(0), kBlockSize, static_cast<std::uint8_t>(VmaKind::kFile));
    b.run([&] {
      (void)b.access(0, 4);
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(4));
      b.device().on_remote(0, 256);
      b.wait_until_idle();
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(4));
    });
    CHILD_CHECK_EQ(b.counters().counter_pages, 0U);
  });
}

TEST_CASE("driver: with one replay for all batches, counters neither replay nor unlock before it") {
  in_child([] {
    BenchSpec spec = counted();
    spec.driver().replay = ReplayPolicy::kOnce;
    Bench b(spec);
    std::uint64_t locked = 0;
    b.machine().driver(DeviceId(0)).on_replay = [&] { locked += b.block(2).owner != 0 ? 1 : 0; };
    b.run([&] {
      (void)b.access(1, 0);
      b.wait_until_idle();
      b.device().on_remote(1, 256);
      b.wait_until_idle();
      CHILD_CHECK_EQ(b.counters().replays, 1U);
      CHILD_CHECK(!b.memory().any_locked());
      CHILD_CHECK(b.on_device(1).resident == PageMask::single(0));
      (void)b.access(3, 0);
      b.wait_until_idle();
      b.device().on_remote(3, 256);
      (void)b.access(2, 0);
      CHILD_CHECK_EQ(locked, 1U);
    });
  });
}

TEST_CASE("driver: counters bring no page that a guard has pinned") {
  in_child([] {
    ThrottlePinParameters parameters;
    parameters.pin_threshold = 0;
    parameters.lapse = SimTime::microseconds(5'000);
    BenchSpec spec = counted({}, Placement::kMigrate);
    spec.thrashing = [parameters] { return make_throttle_pin(parameters); };
    Bench b(spec);
    b.run([&] {
      for (int i = 0; i < 2; ++i) {
        (void)b.access(0, 3);
        (void)b.memory().host_access(b.slot(0), 3, false, 99);
      }
      (void)b.access(0, 3);
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
      b.device().on_remote(0, 256);
      b.wait_until_idle();
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
    });
    CHILD_CHECK_EQ(b.counters().counter_pages, 0U);
  });
}

}  // namespace models_access_counters_test
}  // namespace farfault
