// Duplicates, and what comes or leaves for another reason than a fault: the program's calls and advice, prefetchers
// that look ahead, reserves, and policies with a period. Times are computed by hand.
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/policies/eviction/reserve.h"
#include "models/policies/eviction/tree.h"
#include "models/policies/placement/advice.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace requests_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::kBatch;
using testing::kCopy;
using testing::kInterrupt;
using testing::kPage;
using testing::kSetup;
using testing::ns;
using testing::round_platform;

constexpr std::uint32_t kThread = 99;
constexpr std::int64_t kMove = kSetup + kCopy;
constexpr std::int64_t kToBatch = kInterrupt + kBatch;
constexpr std::int64_t kOneFault = kToBatch + kPage + kMove;
constexpr std::int64_t kTrap = 2'000;  // of round_platform()'s host

constexpr LinkDirection kIn = LinkDirection::kToDevice;
constexpr LinkDirection kOut = LinkDirection::kToHost;

VirtualAddress address_of(std::uint64_t block, unsigned page = 0) {
  return VirtualAddress((block * kPagesPerBlock + page) * kPageSize.count());
}
Bytes bytes_of(std::uint64_t pages) { return kPageSize * pages; }

// --- duplicates ------------------------------------------------------------------------------------------------------

struct Duplicate final : PlacementPolicy {
  std::string_view name() const override { return "duplicate/1"; }
  Placement on_fault(const PlacementFault& /*fault*/, SimTime /*now*/) override { return Placement::kDuplicate; }
};

BenchSpec duplicating(std::size_t devices = 1) {
  BenchSpec spec;
  spec.platform = round_platform(devices);
  spec.placement = [] { return std::make_unique<Duplicate>(); };
  return spec;
}

TEST_CASE("driver: a duplicate is read by the device while the host reads its page") {
  in_child([] {
    Bench b(duplicating());
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(3));
      CHILD_CHECK(b.on_device(0).copies == PageMask::single(3));
      CHILD_CHECK(b.block(0).host == PageMask::single(3));
      CHILD_CHECK(!b.memory().host_would_wait(b.slot(0), 4));
      const HostAccess access = b.memory().host_access(b.slot(0), 3, false, kThread);
      CHILD_CHECK(access.way == HostAccess::Way::kLocal);
      CHILD_CHECK(access.owed == SimTime::zero());
      CHILD_CHECK_EQ(b.access(0, 3), 0U);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      CHILD_CHECK(b.masks(0, 0).readable == PageMask::single(3));
      CHILD_CHECK(b.masks(1, 0).readable == PageMask::single(3));
    });
    CHILD_CHECK_EQ(b.counters().demand_pages, 1U);
    CHILD_CHECK_EQ(b.counters().duplicated_pages, 1U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand), 4096U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kCpuFault), 0U);
  });
}

TEST_CASE("driver: a duplicate becomes the page when its device writes and nothing is copied") {
  in_child([] {
    Bench b(duplicating());
    b.run([&] {
      (void)b.access(0, 3);
      (void)b.access(0, 4);
      const std::int64_t before = b.now_ns();
      CHILD_CHECK_EQ(b.access(0, 3, true), 1U);
      CHILD_CHECK_EQ(b.now_ns() - before, kToBatch + kPage);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(3, 5));
      CHILD_CHECK(b.on_device(0).copies == PageMask::single(4));
      CHILD_CHECK(b.block(0).host == PageMask::single(4));
      CHILD_CHECK(b.masks(1, 0).writable == PageMask::single(3));
      b.machine().check();
      // The host has to fetch it now.
      (void)b.memory().host_access(b.slot(0), 3, false, kThread);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(4));
    });
    CHILD_CHECK_EQ(b.counters().collapsed_pages, 1U);
    CHILD_CHECK_EQ(b.counters().dropped_copies, 0U);
    CHILD_CHECK_EQ(b.counters().serviced, 3U);
    CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 1U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand), 2 * 4096U);
  });
}

TEST_CASE("driver: a read and a write of one batch collapse a duplicate") {
  in_child([] {
    BenchSpec spec = duplicating();
    spec.platform.devices[0].micro_tlbs.value = 2;
    Bench b(spec);
    b.run([&] {
      b.raise(0, {5});
      CHILD_CHECK_EQ(b.access(0, 5, true, 0, 1), 1U);  // not shared at all: somebody writes
      CHILD_CHECK(b.block(0).host.none());
      CHILD_CHECK(b.on_device(0).copies.none());
      CHILD_CHECK_EQ(b.access(0, 6, true), 1U);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(5, 7));
      CHILD_CHECK(b.on_device(0).copies.none());
    });
    CHILD_CHECK_EQ(b.counters().duplicated_pages, 0U);
  });
}

TEST_CASE("driver: a write of the host ends all duplicates of its page") {
  in_child([] {
    Bench b(duplicating(2));
    b.run([&] {
      (void)b.access(0, 3, false, 0);
      (void)b.access(0, 4, false, 0);
      (void)b.access(0, 3, false, 1);
      CHILD_CHECK(b.on_device(0, 1).copies == PageMask::single(3));
      b.machine().check();
      const std::int64_t before = b.now_ns();
      CHILD_CHECK(b.memory().host_would_wait(b.slot(0), 3));
      CHILD_CHECK(b.memory().host_access(b.slot(0), 3, true, kThread).owed == SimTime::zero());
      CHILD_CHECK_EQ(b.now_ns() - before, kTrap + 2 * kPage);
      CHILD_CHECK(b.on_device(0, 0).resident == PageMask::single(4));
      CHILD_CHECK(b.on_device(0, 1).resident.none());
      CHILD_CHECK(b.block(0).host == PageMask::range(3, 5));
      CHILD_CHECK(b.masks(0, 0).writable == PageMask::single(3));
      CHILD_CHECK(b.masks(1, 0).readable == PageMask::single(4));
      b.machine().check();
      // From now on it writes freely, until a device has a copy again.
      (void)b.memory().host_access(b.slot(0), 3, true, kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kTrap + 2 * kPage);
      (void)b.access(0, 3, false, 0);
      CHILD_CHECK_EQ(b.now_ns() - before, kTrap + 2 * kPage + kOneFault);
      CHILD_CHECK(b.masks(0, 0).writable.none());
      (void)b.memory().host_access(b.slot(0), 3, true, kThread);
      CHILD_CHECK(b.on_device(0, 0).copies == PageMask::single(4));
    });
    CHILD_CHECK_EQ(b.counters(0).dropped_copies, 2U);
    CHILD_CHECK_EQ(b.counters(1).dropped_copies, 1U);
    CHILD_CHECK_EQ(b.counters(0).cpu_fault_pages + b.counters(1).cpu_fault_pages, 0U);
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 2U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kCpuFault), 0U);
  });
}

TEST_CASE("driver: a device that writes takes the duplicates of the others away") {
  in_child([] {
    Bench b(duplicating(2));
    b.run([&] {
      (void)b.access(0, 3, false, 0);
      (void)b.access(0, 3, false, 1);
      std::int64_t before = b.now_ns();
      (void)b.access(0, 3, true, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kToBatch + 2 * kPage);
      CHILD_CHECK(b.on_device(0, 0).resident.none());
      CHILD_CHECK(b.on_device(0, 1).resident == PageMask::single(3));
      CHILD_CHECK(b.on_device(0, 1).copies.none());
      CHILD_CHECK(b.block(0).host.none());
      b.machine().check();
      // The other reads: the page goes to the host, and a copy to it.
      before = b.now_ns();
      (void)b.access(0, 3, false, 0);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + kMove);
      CHILD_CHECK(b.block(0).host == PageMask::single(3));
      CHILD_CHECK(b.on_device(0, 0).copies == PageMask::single(3));
      CHILD_CHECK(b.on_device(0, 1).resident.none());
      b.machine().check();
      // A write of one that has none.
      before = b.now_ns();
      (void)b.access(0, 3, true, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault);
      CHILD_CHECK(b.on_device(0, 0).resident.none());
      CHILD_CHECK(b.block(0).host.none());
    });
    CHILD_CHECK_EQ(b.counters(0).dropped_copies, 2U);
    CHILD_CHECK_EQ(b.counters(1).collapsed_pages, 1U);
    CHILD_CHECK_EQ(b.counters(1).peer_pages, 1U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kPeer, 1), 4096U);
  });
}

TEST_CASE("driver: a duplicate that is pushed out moves no bytes") {
  in_child([] {
    BenchSpec spec = duplicating();
    spec.capacity = {kPageSize};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      (void)b.access(0, 4);
      CHILD_CHECK_EQ(b.now_ns(), 2 * kOneFault);
      CHILD_CHECK(b.on_device(0).copies == PageMask::single(4));
      CHILD_CHECK(b.block(0).host == PageMask::range(3, 5));
      (void)b.access(0, 3);
    });
    CHILD_CHECK_EQ(b.counters().evicted_chunks, 2U);
    CHILD_CHECK_EQ(b.counters().eviction_pages, 0U);
    CHILD_CHECK_EQ(b.counters().dropped_copies, 2U);
    CHILD_CHECK_EQ(b.counters().refaults, 1U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kEviction), 0U);
  });
}

TEST_CASE("driver: CPUs are told when a duplicate takes their right to write, once") {
  in_child([] {
    BenchSpec spec = duplicating(2);
    spec.driver().unmap_time.value = ns(5'000);
    Bench b(spec);
    b.run([&] {
      // The host wrote all memory before.
      (void)b.access(0, 3, false, 0);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 5'000);
      std::int64_t before = b.now_ns();
      (void)b.access(0, 3, false, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault);
      (void)b.memory().host_access(b.slot(0), 3, true, kThread);
      before = b.now_ns();
      (void)b.access(0, 3, false, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + 5'000);
      // And when a write takes their right to read.
      before = b.now_ns();
      (void)b.access(0, 3, true, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kToBatch + kPage + 5'000);
    });
  });
}

TEST_CASE("driver: what comes beside a duplicate is duplicated too") {
  in_child([] {
    BenchSpec spec = duplicating();
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK_EQ(b.now_ns(), kToBatch + 16 * kPage + 3 * kSetup + 16 * kCopy);  // the fault's page, and two pieces
      CHILD_CHECK(b.on_device(0).copies == PageMask::range(0, 16));
      CHILD_CHECK(b.block(0).host == PageMask::range(0, 16));
      CHILD_CHECK_EQ(b.access(0, 9), 0U);
    });
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 15U);
    CHILD_CHECK_EQ(b.counters().prefetch_used, 1U);
    CHILD_CHECK_EQ(b.counters().duplicated_pages, 16U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kPrefetch), 15 * 4096U);
  });
}

TEST_CASE("driver: pages without contents and pages of the kernel are not duplicated") {
  in_child([] {
    BenchSpec spec = duplicating();
    spec.initial = InitialContents::kNothing;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK_EQ(b.now_ns(), kToBatch + kPage);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(3));
      CHILD_CHECK(b.on_device(0).copies.none());
      CHILD_CHECK(b.block(0).host.none());
      (void)b.memory().host_access(b.slot(0), 4, true, kThread);
      (void)b.access(0, 4);
      CHILD_CHECK(b.on_device(0).copies == PageMask::single(4));
    });
    CHILD_CHECK_EQ(b.counters().zero_filled, 1U);
  });
  in_child([] {
    BenchSpec spec = duplicating();
    spec.driver().memory = MemoryBack::kHmm;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK(b.on_device(0).copies.none());
      CHILD_CHECK(b.block(0).host.none());
    });
  });
}

TEST_CASE("driver: munmap takes duplicates with their page") {
  in_child([] {
    Bench b(duplicating());
    b.run([&] {
      (void)b.access(0, 3);
      (void)b.access(0, 4);
      (void)b.access(0, 3, true);
      b.memory().free_pages(address_of(0), bytes_of(512));
      CHILD_CHECK(b.on_device(0).resident.none());
      CHILD_CHECK(b.block(0).host.none());
    });
    CHILD_CHECK_EQ(b.counters().dropped_copies, 1U);
    CHILD_CHECK_EQ(b.counters().unmapped_pages, 1U);
    CHILD_CHECK_EQ(b.machine().host().held(), 0U);
  });
}

TEST_CASE("driver: a mapping of host memory takes the others' duplicates away and a duplicate such mappings") {
  struct FirstDuplicates final : PlacementPolicy {
    std::string_view name() const override { return "first-duplicates/1"; }
    Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
      return fault.device == DeviceId(0) ? Placement::kDuplicate : Placement::kMapRemote;
    }
  };
  in_child([] {
    BenchSpec spec = duplicating(2);
    spec.placement = [] { return std::make_unique<FirstDuplicates>(); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3, false, 0);
      (void)b.access(0, 3, false, 1);
      CHILD_CHECK(b.on_device(0, 0).resident.none());
      CHILD_CHECK(b.on_device(0, 1).remote_mapped == PageMask::single(3));
      (void)b.access(0, 3, false, 0);
      CHILD_CHECK(b.on_device(0, 0).copies == PageMask::single(3));
      CHILD_CHECK(b.on_device(0, 1).remote_mapped.none());
      CHILD_CHECK(b.masks(2, 0).remote.none());
    });
  });
}

// --- the program's prefetches ----------------------------------------------------------------------------------------

TEST_CASE("driver: a prefetch of the program brings its pages without a fault") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      b.memory().prefetch(1, address_of(0, 500), bytes_of(20), kThread);
      // Block by block.
      CHILD_CHECK_EQ(b.now_ns(), 20 * kPage + 2 * kSetup + 20 * kCopy);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(500, 512));
      CHILD_CHECK(b.on_device(1).resident == PageMask::range(0, 8));
      CHILD_CHECK_EQ(b.access(0, 505), 0U);
      const std::int64_t before = b.now_ns();
      b.memory().prefetch(1, address_of(0, 500), bytes_of(20), kThread);
      b.memory().prefetch(1, address_of(5), Bytes(0), kThread);
      b.memory().prefetch(2, address_of(5), bytes_of(1), kThread);
      CHILD_CHECK_EQ(b.now_ns(), before);
      CHILD_CHECK(!b.memory().residency().find(BlockNumber(5)));
    });
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 20U);
    CHILD_CHECK_EQ(b.counters().prefetch_used, 1U);
    CHILD_CHECK_EQ(b.counters().raised, 0U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kPrefetch), 20 * 4096U);
    CHILD_CHECK(!b.memory().any_locked());
  });
}

TEST_CASE("driver: a prefetch of the program to the host calls pages back from every device") {
  in_child([] {
    BenchSpec spec;
    spec.platform = round_platform(2);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3, true, 0);
      (void)b.access(0, 9, true, 1);
      (void)b.access(1, 0, true, 0);
      const std::int64_t before = b.now_ns();
      b.memory().prefetch(0, address_of(0), bytes_of(512), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, 2 * kMove);
      CHILD_CHECK(b.block(0).host == (PageMask::single(3) | PageMask::single(9)));
      CHILD_CHECK(b.on_device(1, 0).resident.any());
      CHILD_CHECK(b.memory().host_access(b.slot(0), 3, true, kThread).owed == SimTime::zero());
      CHILD_CHECK_EQ(b.now_ns() - before, 2 * kMove);
    });
    CHILD_CHECK_EQ(b.counters(0).called_back_pages, 1U);
    CHILD_CHECK_EQ(b.counters(1).called_back_pages, 1U);
    CHILD_CHECK_EQ(b.counters(0).cpu_fault_pages, 0U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kPrefetch, 1), 4096U);
  });
}

TEST_CASE("driver: a prefetch of the program takes what is mapped") {
  in_child([] {
    Bench b((BenchSpec()));
    b.memory().address_space().map(address_of(0, 4), bytes_of(4), 1);
    b.memory().address_space().map(address_of(2, 500), bytes_of(2), 1);
    b.run([&] {
      b.memory().prefetch(1, address_of(0), bytes_of(4 * 512), kThread);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(4, 8));
      CHILD_CHECK(b.on_device(2).resident == PageMask::range(500, 502));
      CHILD_CHECK_EQ(b.memory().residency().blocks(), 2U);
    });
  });
}

TEST_CASE("driver: a prefetch of the program brings no more than the device holds, and the first of it") {
  in_child([] {
    BenchSpec spec;
    spec.capacity = {bytes_of(600)};
    Bench b(spec);
    b.run([&] {
      for (unsigned page = 0; page < 3; ++page) (void)b.access(9, page);
      b.memory().prefetch(1, address_of(0), bytes_of(4 * 512), kThread);
      CHILD_CHECK(b.on_device(9).resident.none());
      CHILD_CHECK(b.on_device(0).resident.full());
      CHILD_CHECK(b.on_device(1).resident == PageMask::range(0, 88));
      CHILD_CHECK(!b.memory().residency().find(BlockNumber(2)));
    });
    CHILD_CHECK_EQ(b.counters().eviction_pages, 3U);
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 600U);
  });
}

TEST_CASE("driver: a prefetch of the program waits for who has the block") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      b.raise(0, {0});
      b.engine.sleep_for(ns(kInterrupt + 1));
      b.memory().prefetch(1, address_of(0), bytes_of(2), kThread);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(0, 2));
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + kPage + kMove);
    });
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 1U);
  });
}

TEST_CASE("driver: a prefetch of the program duplicates what it advised to be read mostly") {
  for (const bool heeds : {true, false}) {
    in_child([heeds] {
      BenchSpec spec;
      if (heeds) spec.placement = make_advice;
      Bench b(spec);
      b.memory().advice().advise(address_of(0, 4), bytes_of(4), AdviceKind::kReadMostly, 0);
      b.run([&] {
        b.memory().prefetch(1, address_of(0), bytes_of(6), kThread);
        CHILD_CHECK(b.on_device(0).resident == PageMask::range(0, 6));
        CHILD_CHECK(b.on_device(0).copies == (heeds ? PageMask::range(4, 6) : PageMask()));
        CHILD_CHECK(b.block(0).host == (heeds ? PageMask::range(4, 6) : PageMask()));
      });
      CHILD_CHECK_EQ(b.counters().prefetch_pages, 6U);
    });
  }
}

// --- advice ----------------------------------------------------------------------------------------------------------

BenchSpec advised(std::size_t devices = 1) {
  BenchSpec spec;
  spec.platform = round_platform(devices);
  spec.placement = make_advice;
  return spec;
}

TEST_CASE("driver: what a device is said to access is mapped for it and does not fault") {
  in_child([] {
    Bench b(advised(2));
    b.memory().advice().advise(address_of(0), bytes_of(4), AdviceKind::kAccessedBy, 1);
    b.run([&] {
      CHILD_CHECK_EQ(b.access(0, 3, true), 0U);
      CHILD_CHECK_EQ(b.now_ns(), 0);
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(3));
      CHILD_CHECK(b.block(0).host == PageMask::single(3));
      b.machine().check();
      // Neither the next page nor the other device is advised of. What migrates takes the mapping along.
      CHILD_CHECK_EQ(b.access(0, 4), 1U);
      CHILD_CHECK_EQ(b.access(0, 3, true, 1), 1U);
      CHILD_CHECK(b.on_device(0, 1).resident == PageMask::single(3));
      CHILD_CHECK(b.on_device(0, 0).remote_mapped.none());
      CHILD_CHECK_EQ(b.access(0, 3), 1U);
      CHILD_CHECK(b.on_device(0, 1).resident.none());
      // And wherever the page comes to be in host memory, the mapping is there.
      b.memory().unmap_remote(DeviceId(0), b.slot(0), PageMask::single(3));
      CHILD_CHECK_EQ(b.access(0, 3), 0U);
      b.memory().advice().advise(address_of(0), bytes_of(4), AdviceKind::kNone, 0);
      b.memory().unmap_remote(DeviceId(0), b.slot(0), PageMask::single(3));
      CHILD_CHECK_EQ(b.access(0, 3), 1U);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(3, 5));
    });
    CHILD_CHECK_EQ(b.counters(0).remote_pages, 3U);
  });
}

TEST_CASE("driver: who heeds no advice takes a fault on a page that it is said to access") {
  in_child([] {
    Bench b((BenchSpec()));
    b.memory().advice().advise(address_of(0), bytes_of(4), AdviceKind::kAccessedBy, 1);
    b.run([&] { CHILD_CHECK_EQ(b.access(0, 3), 1U); });
    CHILD_CHECK_EQ(b.counters().demand_pages, 1U);
  });
}

TEST_CASE("driver: advice of where a page should be and that it is read decides its faults") {
  in_child([] {
    Bench b(advised());
    b.memory().advice().advise(address_of(0), bytes_of(1), AdviceKind::kPreferredLocation, 0);
    b.memory().advice().advise(address_of(0, 1), bytes_of(1), AdviceKind::kReadMostly, 0);
    b.run([&] {
      b.raise(0, {0, 1, 2});
      b.wait_until_idle();
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(0));
      CHILD_CHECK(b.on_device(0).copies == PageMask::single(1));
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(1, 3));
      CHILD_CHECK(b.block(0).host == PageMask::range(0, 2));
      CHILD_CHECK_EQ(b.now_ns(), kToBatch + 3 * kPage + 2 * kMove);
    });
  });
}

TEST_CASE("driver: beside a duplicate only what is advised to be read mostly is duplicated, the rest migrates") {
  in_child([] {
    BenchSpec spec = advised();
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.memory().advice().advise(address_of(0), bytes_of(8), AdviceKind::kReadMostly, 0);
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(0, 16));
      CHILD_CHECK(b.on_device(0).copies == PageMask::range(0, 8));
      CHILD_CHECK(b.block(0).host == PageMask::range(0, 8));
    });
    CHILD_CHECK_EQ(b.counters().demand_pages, 1U);
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 15U);
    CHILD_CHECK_EQ(b.counters().duplicated_pages, 8U);
  });
}

TEST_CASE("driver: a page with duplicates is not mapped for whom it is advised") {
  in_child([] {
    Bench b(advised(2));
    b.memory().advice().advise(address_of(0), bytes_of(1), AdviceKind::kReadMostly, 0);
    b.run([&] {
      (void)b.access(0, 0, false, 1);
      b.memory().advice().advise(address_of(0), bytes_of(1), AdviceKind::kAccessedBy, 1);
      CHILD_CHECK_EQ(b.access(0, 0), 1U);
      CHILD_CHECK(b.on_device(0).remote_mapped.none());
      CHILD_CHECK(b.on_device(0).copies == PageMask::single(0));
      CHILD_CHECK(b.on_device(0, 1).copies == PageMask::single(0));
    });
  });
}

// --- room ------------------------------------------------------------------------------------------------------------

struct NoPushing final : PlacementPolicy {
  std::string_view name() const override { return "no-pushing/1"; }
  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    rooms += fault.room ? 'y' : 'n';
    elsewhere += fault.elsewhere ? 'y' : 'n';
    used = fault.used;
    return Placement::kMigrate;
  }
  bool prefetch_evicts() const override { return false; }

  std::string rooms;
  std::string elsewhere;
  double used = 0;
};

TEST_CASE("driver: what comes beside a fault pushes nothing out where it may not") {
  for (const bool may : {true, false}) {
    in_child([may] {
      BenchSpec spec;
      spec.capacity = {bytes_of(20)};
      spec.prefetch = make_block64k;
      if (!may) spec.placement = [] { return std::make_unique<NoPushing>(); };
      Bench b(spec);
      b.run([&] {
        (void)b.access(0, 0);
        (void)b.access(0, 19);
        CHILD_CHECK(b.on_device(0).resident.test(19));
        // Page 19, and the first that find room.
        CHILD_CHECK_EQ((b.on_device(0).resident & PageMask::range(16, 32)).count(), may ? 16U : 4U);
        CHILD_CHECK(may || b.on_device(0).resident == PageMask::range(0, 20));
        CHILD_CHECK_EQ(b.counters().eviction_pages, may ? 12U : 0U);
        // The fault itself may.
        (void)b.access(0, 40);
        CHILD_CHECK(b.on_device(0).resident.test(40));
        CHILD_CHECK(may || b.on_device(0).resident == (PageMask::range(1, 20) | PageMask::single(40)));
        // And so may the program.
        if (!may) {
          b.memory().prefetch(1, address_of(0, 100), bytes_of(5), kThread);
          CHILD_CHECK(b.on_device(0).resident.contains(PageMask::range(100, 105)));
          CHILD_CHECK_EQ(b.counters().eviction_pages, 6U);
        }
      });
    });
  }
}

TEST_CASE("driver: a placement policy hears of room, of other devices and of how full the device is") {
  in_child([] {
    BenchSpec spec;
    spec.platform = round_platform(2);
    spec.capacity = {bytes_of(4)};
    auto* policy = new NoPushing;  // the machine's
    spec.placement = [policy] { return std::unique_ptr<PlacementPolicy>(policy); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(7, 0, false, 1);
      policy->rooms.clear();
      policy->elsewhere.clear();
      (void)b.access(0, 0);
      CHILD_CHECK(policy->used == 0);
      // Three more find room in one batch, each with those before it; the fourth does not.
      b.raise(0, {1, 2, 3, 4});
      b.wait_until_idle();
      CHILD_CHECK(policy->used == 0.25);
      CHILD_CHECK_EQ(policy->rooms, "yyyyn");
      CHILD_CHECK_EQ(policy->elsewhere, "nnnnn");
      (void)b.access(7, 0);
      CHILD_CHECK(policy->used == 1);
      CHILD_CHECK_EQ(policy->elsewhere, "nnnnny");
    });
  });
}

// --- ahead of need ---------------------------------------------------------------------------------------------------

/// With the first fault of all, asks for ranges of pages.
struct Ahead final : Prefetcher {
  explicit Ahead(std::vector<PageRange> wanted) : ranges(std::move(wanted)) {}
  std::string_view name() const override { return "ahead/1"; }
  PageMask select(const PrefetchRequest& /*request*/) override { return {}; }
  void ahead(const PrefetchRequest& /*request*/, std::vector<PageRange>& out) override {
    out = std::exchange(ranges, {});
  }
  std::vector<PageRange> ranges;
};

BenchSpec asking(std::vector<PageRange> ranges) {
  BenchSpec spec;
  spec.prefetch = [ranges] { return std::make_unique<Ahead>(ranges); };
  return spec;
}

TEST_CASE("driver: a prefetcher's pages of other blocks come block by block when no fault waits") {
  in_child([] {
    Bench b(asking({{3 * 512 + 510, 4}, {9 * 512, 1}}));
    b.run([&] {
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      CHILD_CHECK(b.on_device(9).resident.none());
      constexpr std::int64_t kTwo = 2 * kPage + kSetup + 2 * kCopy;
      b.engine.sleep_for(ns(kTwo - 1));
      CHILD_CHECK(b.block(3).transit == PageMask::range(510, 512));
      CHILD_CHECK(b.on_device(4).resident.none());
      b.engine.sleep_for(ns(1 + kTwo + kPage + kMove + 1));
      CHILD_CHECK(b.on_device(3).resident == PageMask::range(510, 512));
      CHILD_CHECK(b.on_device(4).resident == PageMask::range(0, 2));
      CHILD_CHECK(b.on_device(9).resident == PageMask::single(0));
      CHILD_CHECK(!b.memory().any_locked());
      CHILD_CHECK_EQ(b.access(4, 1), 0U);
    });
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 5U);
    CHILD_CHECK_EQ(b.counters().prefetch_used, 1U);
    CHILD_CHECK_EQ(b.counters().interrupts, 1U);
    CHILD_CHECK_EQ(b.counters().replays, 1U);
    CHILD_CHECK_EQ(b.machine().driver(DeviceId(0)).forgotten_ahead(), 0U);
  });
}

TEST_CASE("driver: a fault goes before what is to come ahead of need") {
  in_child([] {
    Bench b(asking({{3 * 512, 2 * 512}}));
    b.run([&] {
      (void)b.access(0, 0);
      // At the date of the replay, and while a block comes.
      (void)b.access(0, 1);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + kBatch + kPage + kMove);
      CHILD_CHECK(b.on_device(3).resident.none());
      b.engine.sleep_for(ns(1));
      CHILD_CHECK(b.on_device(3).resident.full());
      (void)b.access(0, 2);
      constexpr std::int64_t kBlock = 512 * kPage + kSetup + 512 * kCopy;
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 2 * (kBatch + kPage + kMove) + kBlock);
      CHILD_CHECK(b.on_device(4).resident.none());
      b.engine.sleep_for(ns(1));
      CHILD_CHECK(b.on_device(4).resident.full());
    });
    CHILD_CHECK_EQ(b.counters().interrupts, 1U);
  });
}

TEST_CASE("driver: with one replay for all batches too, accesses do not wait for what comes ahead of need") {
  in_child([] {
    BenchSpec spec = asking({{3 * 512, 1}, {4 * 512, 1}});
    spec.driver().replay = ReplayPolicy::kOnce;
    spec.capacity = {kPageSize};
    Bench b(spec);
    b.run([&] {
      // What comes would push the page out before it is accessed.
      CHILD_CHECK_EQ(b.access(0, 0), 1U);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      b.engine.sleep_for(ns(2 * (kPage + 2 * kMove) + 1));
      CHILD_CHECK(b.on_device(4).resident == PageMask::single(0));
      CHILD_CHECK(!b.memory().any_locked());
    });
    CHILD_CHECK_EQ(b.counters().replays, 1U);
  });
}

TEST_CASE("driver: who waits for the driver to be idle does not wait for what is to come ahead of need") {
  in_child([] {
    Bench b(asking({{3 * 512, 512}}));
    b.run([&] {
      (void)b.access(0, 0);
      b.wait_until_idle();
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      b.engine.sleep_for(ns(10'000'000));
      CHILD_CHECK_EQ(b.memory().residency().blocks(), 1U);
    });
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 0U);
  });
}

TEST_CASE("driver: of what is to come ahead of need only what is mapped and not there comes") {
  in_child([] {
    Bench b(asking({{2 * 512, 4 * 512}, {std::uint64_t{1} << 40U, 5}}));
    b.memory().address_space().map(address_of(0), bytes_of(512), 1);
    b.memory().address_space().map(address_of(3, 4), bytes_of(8), 1);
    b.run([&] {
      b.memory().prefetch(1, address_of(3, 4), bytes_of(2), kThread);
      (void)b.access(0, 0);
      b.engine.sleep_for(ns(10'000'000));
      CHILD_CHECK(b.on_device(3).resident == PageMask::range(4, 12));
      CHILD_CHECK_EQ(b.memory().residency().blocks(), 2U);
    });
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 8U);
  });
}

TEST_CASE("driver: what is to come ahead of need pushes nothing out where it may not") {
  in_child([] {
    BenchSpec spec = asking({{3 * 512, 9}});
    spec.capacity = {bytes_of(5)};
    spec.placement = [] { return std::make_unique<NoPushing>(); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      b.engine.sleep_for(ns(10'000'000));
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(0));
      CHILD_CHECK(b.on_device(3).resident == PageMask::range(0, 4));
    });
  });
}

TEST_CASE("driver: more blocks ahead of need than the queue holds are forgotten, and counted") {
  in_child([] {
    Bench b(asking({{512, 4096 * 512}, {5000 * 512, 512 + 3}, {6000 * 512, 7}}));
    b.memory().address_space().map(address_of(0), bytes_of(512), 1);
    b.memory().address_space().map(address_of(4096, 1), bytes_of(1), 1);
    b.memory().address_space().map(address_of(5000, 1), bytes_of(1), 1);
    b.run([&] {
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.machine().driver(DeviceId(0)).forgotten_ahead(), 512U + 3 + 7);
      b.engine.sleep_for(ns(10'000'000));
      // The last that found a place, and none behind it.
      CHILD_CHECK(b.on_device(4096).resident == PageMask::single(1));
      CHILD_CHECK(!b.memory().residency().find(BlockNumber(5000)));
    });
  });
}

// --- eviction --------------------------------------------------------------------------------------------------------

TEST_CASE("driver: what an eviction policy takes along leaves with the victim") {
  const auto left = [](unsigned threshold, std::int64_t chunks) {
    in_child([threshold, chunks] {
      BenchSpec spec;
      spec.capacity = {Bytes::kib(256)};
      spec.prefetch = make_block64k;
      spec.driver().eviction_time.value = ns(300);
      spec.eviction = [threshold] { return make_tree_eviction(threshold); };
      Bench b(spec);
      b.run([&] {
        for (unsigned page = 0; page < 64; page += 16) (void)b.access(0, page);
        const std::int64_t before = b.now_ns();
        (void)b.access(1, 0);
        CHILD_CHECK_EQ(b.now_ns() - before,
                       kToBatch + 16 * kPage + chunks * (300 + kSetup + 16 * kCopy) + 2 * kSetup + 16 * kCopy);
        CHILD_CHECK(b.on_device(0).resident == PageMask::range(static_cast<unsigned>(chunks) * 16, 64));
      });
      CHILD_CHECK_EQ(b.counters().evicted_chunks, static_cast<std::uint64_t>(chunks));
      CHILD_CHECK_EQ(b.counters().eviction_pages, static_cast<std::uint64_t>(chunks) * 16);
    });
  };
  left(0, 1);
  left(50, 4);  // three of eight are less than half
}

BenchSpec with_reserve(std::uint64_t pages, double low, double high) {
  BenchSpec spec;
  spec.capacity = {bytes_of(pages)};
  spec.eviction = [low, high] { return make_reserve(make_lru(kPageSize), {low, high}); };
  return spec;
}

TEST_CASE("driver: a reserve is made in the background until its high mark is free") {
  in_child([] {
    Bench b(with_reserve(40, 0.25, 0.5));
    b.run([&] {
      for (unsigned page = 0; page < 30; ++page) (void)b.access(0, page);
      b.engine.sleep_for(ns(10'000'000));
      CHILD_CHECK_EQ(b.counters().eviction_pages, 0U);  // a quarter is free
      std::int64_t before = b.now_ns();
      (void)b.access(0, 30);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault);
      // Nine are free, eleven leave, one after the other, as soon as the driver has let the block go.
      before = b.now_ns();
      b.engine.sleep_for(ns(11 * kMove - 1));
      CHILD_CHECK(b.memory().any_locked());
      CHILD_CHECK(b.block(0).transit == PageMask::single(10));
      b.engine.sleep_for(ns(2));
      CHILD_CHECK(!b.memory().any_locked());
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(11, 31));
      b.engine.sleep_for(ns(10'000'000));
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(11, 31));
      // The next ten come without anybody being woken.
      for (unsigned page = 31; page < 41; ++page) (void)b.access(0, page);
      CHILD_CHECK_EQ(b.counters().eviction_pages, 11U);
    });
    CHILD_CHECK_EQ(b.counters().evicted_chunks, 11U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kEviction), 11 * 4096U);
  });
}

TEST_CASE("driver: memory that a reserve is still copying out cannot be had") {
  in_child([] {
    BenchSpec spec = with_reserve(1, 0.5, 0.5);
    spec.platform.links[0].dma.to_host.piece_setup.value = ns(10'000'000);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      (void)b.access(1, 0);
      CHILD_CHECK(b.now_ns() > kOneFault + 10'000'000 + kCopy);
      CHILD_CHECK(b.on_device(1).resident == PageMask::single(0));
      b.memory().stop_reserve();
    });
  });
}

TEST_CASE("driver: who stops a reserve waits for what it moves and then nothing leaves any more") {
  in_child([] {
    Bench b(with_reserve(4, 0.5, 0.75));
    b.run([&] {
      for (std::uint64_t block = 0; block < 3; ++block) (void)b.access(block, 0);
      b.engine.sleep_for(ns(1));
      CHILD_CHECK(b.memory().any_locked() || b.on_device(0).resident.none());
      b.memory().stop_reserve();
      CHILD_CHECK(!b.memory().any_locked());
      b.machine().check();
      const std::uint64_t left = b.counters().eviction_pages;
      CHILD_CHECK(left >= 1);
      for (std::uint64_t block = 10; b.device().memory().free_pages() != 0; ++block) (void)b.access(block, 0);
      b.engine.sleep_for(ns(10'000'000));
      CHILD_CHECK_EQ(b.counters().eviction_pages, left);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 4U);
    });
  });
}

TEST_CASE("driver: a reserve of a device without memory waits for ever") {
  in_child([] {
    BenchSpec spec = with_reserve(0, 0.5, 0.75);
    spec.placement = make_remote_map;
    Bench b(spec);
    b.run([&] {
      CHILD_CHECK_EQ(b.access(0, 0), 1U);
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(0));
      b.memory().stop_reserve();
    });
  });
}

// --- a placement policy's period -------------------------------------------------------------------------------------

/// Does what a test says each time.
struct Periodic final : PlacementPolicy {
  using Body = std::function<void(DeviceId, PlacementView&, SimTime)>;
  explicit Periodic(Body at_each) : body(std::move(at_each)) {}
  std::string_view name() const override { return "periodic/1"; }
  Placement on_fault(const PlacementFault& /*fault*/, SimTime /*now*/) override { return Placement::kMapRemote; }
  std::optional<SimTime> period() const override { return ns(kPeriod); }
  void on_period(DeviceId device, PlacementView& view, SimTime now) override { body(device, view, now); }

  static constexpr std::int64_t kPeriod = 10'000'000;
  Body body;
};
constexpr std::int64_t kPeriod = Periodic::kPeriod;

BenchSpec periodic(Periodic::Body body, std::size_t devices = 1) {
  BenchSpec spec;
  spec.platform = round_platform(devices);
  spec.placement = [body] { return std::make_unique<Periodic>(body); };
  return spec;
}

TEST_CASE("driver: what a policy unmaps when its period is over faults again, and takes as long as mapping it") {
  in_child([] {
    std::vector<std::int64_t> dates;
    Bench b(periodic([&dates](DeviceId device, PlacementView& view, SimTime now) {
      CHILD_CHECK(device == DeviceId(0));
      CHILD_CHECK_EQ(view.blocks(), 1U);
      CHILD_CHECK_EQ(view.capacity_pages(), 64U * 256);
      CHILD_CHECK(view.resident(BlockSlot(0)).none());
      dates.push_back(now.picoseconds() / 1000);
      if (dates.size() == 1) {
        CHILD_CHECK(view.remote(BlockSlot(0)) == PageMask::range(3, 6));
        view.unmap(BlockSlot(0), PageMask::range(0, 5));
        CHILD_CHECK(view.remote(BlockSlot(0)) == PageMask::single(5));
      }
    }));
    b.run([&] {
      b.raise(7, {3, 4, 5});
      (void)b.access(7, 3);
      CHILD_CHECK_EQ(b.now_ns(), kToBatch + 3 * kPage);
      (void)b.access(7, 5);
      b.engine.sleep_until(ns(kPeriod - 1));
      CHILD_CHECK_EQ(b.access(7, 3), 0U);
      b.engine.sleep_for(ns(2));
      CHILD_CHECK(b.on_device(7).remote_mapped == PageMask::single(5));
      CHILD_CHECK(b.masks(1, 7).remote == PageMask::single(5));
      CHILD_CHECK_EQ(b.access(7, 5), 0U);
      CHILD_CHECK_EQ(b.access(7, 3), 1U);
      CHILD_CHECK_EQ(b.now_ns(), kPeriod + 1 + kToBatch + kPage);
      b.engine.sleep_until(ns(3 * kPeriod + 100));
    });
    const std::vector<std::int64_t> expected = {kPeriod, 2 * kPeriod + 2 * kPage, 3 * kPeriod + 2 * kPage};
    CHILD_CHECK(dates == expected);
  });
}

TEST_CASE("driver: a policy unmaps nothing of a block while it is served") {
  in_child([] {
    bool asked = false;
    BenchSpec spec = periodic([&asked](DeviceId /*device*/, PlacementView& view, SimTime /*now*/) {
      if (view.blocks() == 0) return;
      asked = asked || view.remote(BlockSlot(0)).any();
      CHILD_CHECK(view.unmap(BlockSlot(0), PageMask::all()).none());
    });
    spec.driver().page_time.value = ns(2 * kPeriod);
    Bench b(spec);
    b.run([&] { CHILD_CHECK_EQ(b.access(7, 3), 1U); });
    CHILD_CHECK(asked);
  });
}

TEST_CASE("driver: what a policy wants brought when its period is over comes when no fault waits") {
  in_child([] {
    Bench b(periodic(
        [](DeviceId device, PlacementView& view, SimTime /*now*/) {
          if (device == DeviceId(1) && view.remote(BlockSlot(0)).any()) view.bring(BlockSlot(0), PageMask::range(0, 5));
        },
        2));
    b.run([&] {
      b.raise(7, {3, 4, 5}, 0);
      b.raise(7, {3, 4, 5}, 1);
      (void)b.access(7, 3, false, 1);
      b.memory().address_space().map(address_of(7, 3), bytes_of(10), 1);
      // Nothing interrupts the driver for it.
      b.engine.sleep_until(ns(kPeriod + 2 * kPage + kSetup + 2 * kCopy - 1));
      CHILD_CHECK(b.block(7).transit == PageMask::range(3, 5));
      b.engine.sleep_for(ns(2));
      // Of those asked for, what has contents or is mapped.
      CHILD_CHECK(b.on_device(7, 1).resident == PageMask::range(3, 5));
      CHILD_CHECK(b.on_device(7, 1).remote_mapped == PageMask::single(5));
      CHILD_CHECK(b.on_device(7, 0).remote_mapped == PageMask::single(5));
      CHILD_CHECK(!b.memory().any_locked());
    });
    CHILD_CHECK_EQ(b.counters(1).counter_pages, 2U);
    CHILD_CHECK_EQ(b.counters(1).prefetch_pages, 0U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kAccessCounter, 1), 2 * 4096U);
  });
}

}  // namespace requests_test
}  // namespace farfault
