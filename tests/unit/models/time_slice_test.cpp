// A residency time slice in the machine: what it delays, and by how much.
#include "models/policies/thrashing/time_slice.h"

#include <doctest/doctest.h>

#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace time_slice_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::ns;

// As in driver_test.cpp: what a fault of the device, and one of the host, take in round_platform().
constexpr std::int64_t kToWorker = 1'000'000 + 100'000;
constexpr std::int64_t kMove = 100 + 1024;
constexpr std::int64_t kOneFault = kToWorker + 10 + kMove;
constexpr std::int64_t kTrap = 2'000 + 20;
constexpr std::int64_t kSlice = 5'000'000;

BenchSpec with_slice(SimTime slice) {
  BenchSpec spec;
  spec.thrashing = [slice] { return make_time_slice(slice, kPageSize); };
  return spec;
}

TEST_CASE("driver: a CPU fault waits until the page's time slice on the device is over") {
  in_child([] {
    Bench b(with_slice(ns(kSlice)));
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      b.engine.sleep_for(ns(1'000'000));
      CHILD_CHECK(b.memory().host_access(b.slot(0), 3, false, 99).owed == SimTime::zero());
      // The slice began when the page had come, not when it was first accessed by the host.
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + kSlice + kTrap + kMove);
    });
    CHILD_CHECK_EQ(b.memory().cpu_fault_latency().count(), 1U);
    CHILD_CHECK_EQ(b.memory().cpu_fault_latency().max(),
                   static_cast<std::uint64_t>(kSlice - 1'000'000 + kTrap + kMove) * 1000);
    CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 1U);
  });
}

TEST_CASE("driver: after its time slice a page comes back at once") {
  in_child([] {
    Bench b(with_slice(ns(kSlice)));
    b.run([&] {
      (void)b.access(0, 3);
      b.engine.sleep_for(ns(kSlice));
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + kSlice + kTrap + kMove);
    });
    CHILD_CHECK_EQ(b.memory().cpu_fault_latency().max(), static_cast<std::uint64_t>(kTrap + kMove) * 1000);
  });
}

TEST_CASE("driver: what a CPU fault took is mapped remotely for a slice, then migrates again") {
  in_child([] {
    Bench b(with_slice(ns(kSlice)));
    b.run([&] {
      (void)b.access(0, 3);
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      const std::int64_t back = kOneFault + kSlice + kTrap + kMove;
      CHILD_CHECK_EQ(b.now_ns(), back);
      (void)b.access(0, 3);
      CHILD_CHECK_EQ(b.now_ns(), back + kToWorker + 10);
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(3));
      // The slice on the host began when the page left the device.
      b.engine.sleep_until(ns(back - kMove + kSlice - 1));
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
      b.engine.sleep_for(ns(2));
      CHILD_CHECK(b.on_device(0).remote_mapped.none());
      CHILD_CHECK(b.masks(1, 0).remote.none());
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 3);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(3));
    });
    CHILD_CHECK_EQ(b.counters().demand_pages, 2U);
    CHILD_CHECK_EQ(b.counters().remote_pages, 1U);
    CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 1U);
  });
}

TEST_CASE("driver: an eviction does not wait for a time slice") {
  in_child([] {
    BenchSpec spec = with_slice(ns(1'000'000'000));
    spec.capacity = {kPageSize};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1);
      CHILD_CHECK_EQ(b.now_ns(), 2 * kOneFault + kMove);
      // Evicted, not taken by the host: it may come again.
      (void)b.access(0, 0);
    });
    CHILD_CHECK_EQ(b.counters().eviction_pages, 2U);
    CHILD_CHECK_EQ(b.counters().demand_pages, 3U);
    CHILD_CHECK_EQ(b.counters().remote_pages, 0U);
  });
}

TEST_CASE("driver: a time slice bounds how often a page goes to and fro") {
  in_child([] {
    Bench b(with_slice(ns(kSlice)));
    constexpr std::int64_t kSpan = 100'000'000;
    b.run([&] {
      while (b.now_ns() < kSpan) {
        (void)b.access(0, 3, true);
        (void)b.memory().host_access(b.slot(0), 3, true, 99);
        b.engine.sleep_for(ns(1'000));
      }
    });
    CHILD_CHECK(b.counters().demand_pages >= 2);
    CHILD_CHECK(static_cast<std::int64_t>(b.counters().cpu_fault_pages) <= kSpan / (2 * kSlice) + 1);
  });
}

}  // namespace time_slice_test
}  // namespace farfault
