// When faults come to the driver, and when it serves them: intervals, limits of a service, flushes, what comes back.
#include <doctest/doctest.h>

#include <vector>

#include "models/policies/prefetch/tree.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace stages_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::kBatch;
using testing::kCopy;
using testing::kInterrupt;
using testing::kPage;
using testing::kSetup;
using testing::ns;

constexpr std::int64_t kServed = kBatch + kPage + kSetup + kCopy;  // a batch of one fault

Fault fault_of(Bench& b, unsigned page, std::uint32_t micro_tlb, SimTime raised = SimTime::zero()) {
  Fault fault;
  fault.block = b.slot(0);
  fault.page = static_cast<std::uint16_t>(page);
  fault.micro_tlb = micro_tlb;
  fault.raised = raised;
  return fault;
}

void raise_pages(Bench& b, unsigned count) {
  for (unsigned page = 0; page < count; ++page) b.raise(0, {2 * page});  // apart: a piece each
}

TEST_CASE("driver: a service has so many batches, then the worker must be woken anew") {
  const auto served = [](unsigned faults) {
    return engine::testing::output_of_child([faults] {
      BenchSpec spec;
      spec.driver().replay = ReplayPolicy::kBatch;
      spec.driver().batch_size.value = 1;
      spec.driver().batches_per_service.value = 20;
      Bench b(spec);
      b.run([&] {
        raise_pages(b, faults);
        b.wait_until_idle();
      });
      CHILD_CHECK_EQ(b.counters().batches, faults);
      return std::to_string(b.counters().interrupts) + ' ' + std::to_string(b.now_ns());
    });
  };
  CHECK(served(20) == "1 " + std::to_string(kInterrupt + 20 * kServed));
  CHECK(served(21) == "2 " + std::to_string(2 * kInterrupt + 21 * kServed));
  CHECK(served(41) == "3 " + std::to_string(3 * kInterrupt + 41 * kServed));
}

TEST_CASE("driver: a micro-TLB raises its faults an interval apart, others beside it") {
  in_child([] {
    BenchSpec spec;
    spec.platform.devices[0].fault_interval.value = ns(100);
    Bench b(spec);
    Device& device = b.device();
    for (unsigned page = 0; page < 4; ++page) CHILD_CHECK(device.raise(fault_of(b, page, 0)));
    CHILD_CHECK(device.raise(fault_of(b, 10, 1)));
    CHILD_CHECK(device.raise(fault_of(b, 4, 0, ns(1'000))));  // long after the others: at once
    CHILD_CHECK(device.raise(fault_of(b, 5, 0, ns(1'030))));
    std::vector<Fault> batch;
    std::vector<std::pair<unsigned, std::int64_t>> seen;
    device.fault_buffer().fetch(ns(10'000), 100, batch);
    for (const Fault& fault : batch) seen.emplace_back(fault.page, fault.raised.picoseconds() / 1000);
    using Seen = std::vector<std::pair<unsigned, std::int64_t>>;
    CHILD_CHECK(seen == Seen({{0, 0}, {10, 0}, {1, 100}, {2, 200}, {3, 300}, {4, 1'000}, {5, 1'100}}));
  });
}

TEST_CASE("driver: the interval between faults bounds how fast a micro-TLB is served") {
  in_child([] {
    BenchSpec spec;
    spec.platform.devices[0].fault_interval.value = ns(3 * kInterrupt);
    Bench b(spec);
    b.run([&] {
      raise_pages(b, 5);
      b.wait_until_idle();
      // Four intervals behind the first; each finds the worker asleep.
      CHILD_CHECK_EQ(b.now_ns(), 4 * 3 * kInterrupt + kInterrupt + kServed);
    });
    CHILD_CHECK_EQ(b.counters().interrupts, 5U);
  });
}

TEST_CASE("driver: a replay leaves those faults outstanding that a micro-TLB has yet to raise") {
  in_child([] {
    BenchSpec spec;
    spec.platform.devices[0].fault_interval.value = ns(3 * kInterrupt);
    spec.platform.devices[0].fault_slots.value = 3;
    Bench b(spec);
    Device& device = b.device();
    b.run([&] {
      raise_pages(b, 3);
      (void)b.access(0, 0);  // the first replay
      CHILD_CHECK_EQ(device.replay_epoch(), 1U);
      CHILD_CHECK(!device.join(0, b.slot(0), 0));
      CHILD_CHECK(device.join(0, b.slot(0), 2));
      CHILD_CHECK(device.join(0, b.slot(0), 4));
      CHILD_CHECK(device.raise(fault_of(b, 6, 0, b.engine.now())));  // one slot is free
      CHILD_CHECK(!device.raise(fault_of(b, 8, 0, b.engine.now())));
      b.wait_until_idle();
    });
    // Four faults were raised, once each.
    CHILD_CHECK_EQ(b.counters().raised, 4U);
    CHILD_CHECK_EQ(b.counters().serviced, 4U);
    CHILD_CHECK_EQ(b.counters().duplicate, 0U);
    CHILD_CHECK_EQ(b.now_ns(), 3 * 3 * kInterrupt + kInterrupt + kServed);
  });
}

TEST_CASE("driver: a batch is read by the dates of its faults, whichever micro-TLB raised them first") {
  in_child([] {
    BenchSpec spec;
    spec.driver().replay = ReplayPolicy::kBatch;
    spec.driver().batch_size.value = 2;
    Bench b(spec);
    b.run([&] {
      Device& device = b.device();
      CHILD_CHECK(device.raise(fault_of(b, 0, 0, ns(30))));
      CHILD_CHECK(device.raise(fault_of(b, 2, 1, ns(10))));
      CHILD_CHECK(device.raise(fault_of(b, 4, 2, ns(20))));
      while (device.replay_epoch() == 0) device.replayed().wait();
      // From the earliest on; the latest is left.
      CHILD_CHECK_EQ(b.now_ns(), 10 + kInterrupt + kBatch + 2 * (kPage + kSetup + kCopy));
      CHILD_CHECK(b.on_device(0).resident == (PageMask::single(2) | PageMask::single(4)));
      b.wait_until_idle();
    });
    CHILD_CHECK_EQ(b.counters().serviced, 3U);
  });
}

TEST_CASE("driver: a flush takes time where it drops something, and the group has ended before") {
  in_child([] {
    BenchSpec spec;
    spec.driver().batch_size.value = 2;
    spec.driver().flush_time.value = ns(7'000);
    Bench b(spec);
    constexpr std::int64_t kTwo = kBatch + 2 * (kPage + kSetup + kCopy);
    b.run([&] {
      raise_pages(b, 3);
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kTwo + 7'000);
      CHILD_CHECK_EQ(b.counters().dropped, 1U);
      (void)b.access(0, 4);
      CHILD_CHECK_EQ(b.now_ns(), 2 * kInterrupt + kTwo + 7'000 + kServed);  // nothing was dropped this time
    });
    CHILD_CHECK_EQ(b.counters().group_time.picoseconds() / 1000, kTwo + kServed);
  });
}

TEST_CASE("driver: the time of groups is that from a batch's start to its last replay, by every replay policy") {
  const auto group_time = [](ReplayPolicy replay) {
    return std::stoll(engine::testing::output_of_child([replay] {
      BenchSpec spec;
      spec.driver().replay = replay;
      spec.driver().batch_size.value = 2;
      Bench b(spec);
      b.run([&] {
        // A batch of two blocks, then one of one.
        b.raise(0, {0});
        b.raise(1, {0});
        b.raise(2, {0});
        b.wait_until_idle();
        if (b.counters().dropped != 0) (void)b.access(2, 0);
      });
      CHILD_CHECK_EQ(b.counters().batches, 2U);
      return std::to_string(b.counters().group_time.picoseconds() / 1000);
    }));
  };
  constexpr std::int64_t kTwo = kBatch + 2 * (kPage + kSetup + kCopy);
  CHECK(group_time(ReplayPolicy::kBatch) == kTwo + kServed);
  CHECK(group_time(ReplayPolicy::kBatchFlush) == kTwo + kServed);
  CHECK(group_time(ReplayPolicy::kBlock) == kTwo + kServed);
  // The first batch waits for the second.
  CHECK(group_time(ReplayPolicy::kOnce) == kTwo + kServed + kServed);
}

TEST_CASE("driver: where a prefetcher serves CPU faults, without one only the page itself comes back") {
  in_child([] {
    BenchSpec spec;
    spec.driver().cpu_prefetch = true;
    spec.driver().cpu_fault_granularity.value = Bytes::kib(64);
    Bench b(spec);
    b.run([&] {
      b.raise(0, {0, 1, 2});
      (void)b.access(0, 0);
      const std::int64_t before = b.now_ns();
      (void)b.memory().host_access(b.slot(0), 1, true, 99);
      CHILD_CHECK_EQ(b.now_ns() - before, 2'000 + 20 + kSetup + kCopy);
      CHILD_CHECK(b.block(0).host == PageMask::single(1));
      CHILD_CHECK(b.on_device(0).resident == (PageMask::single(0) | PageMask::single(2)));
    });
  });
}

TEST_CASE("driver: a tree brings more back the more of a block has come back") {
  in_child([] {
    BenchSpec spec;
    spec.driver().cpu_prefetch = true;
    spec.prefetch = [] { return make_tree_prefetcher(51); };
    Bench b(spec);
    b.run([&] {
      for (unsigned page = 0; page < 64; page += 16) (void)b.access(0, page);  // 256 KiB are there
      CHILD_CHECK(b.on_device(0).resident.contains(PageMask::range(0, 64)));
      const auto back = [&](unsigned page) {
        (void)b.memory().host_access(b.slot(0), page, true, 99);
        return b.block(0).host.count();
      };
      const unsigned there = b.on_device(0).resident.count();
      CHILD_CHECK_EQ(back(3), 16U);
      CHILD_CHECK_EQ(back(20), 32U);  // no more than half of 256 KiB
      CHILD_CHECK_EQ(back(40), 64U);  // 48 pages of 64 would have come: all do
      CHILD_CHECK_EQ(b.on_device(0).resident.count() + b.block(0).host.count(), there);
      b.machine().check();
    });
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 3U);
  });
}

}  // namespace stages_test
}  // namespace farfault
