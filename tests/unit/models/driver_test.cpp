#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/core/error.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace driver_test {

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

constexpr std::int64_t kOneFault = kInterrupt + kBatch + kPage + kSetup + kCopy;

constexpr LinkDirection kIn = LinkDirection::kToDevice;
constexpr LinkDirection kOut = LinkDirection::kToHost;

BenchSpec with_capacity(Bytes capacity, std::function<std::unique_ptr<EvictionPolicy>()> eviction) {
  BenchSpec spec;
  spec.capacity = {capacity};
  spec.eviction = std::move(eviction);
  return spec;
}

TEST_CASE("driver: one fault takes its latency and batch and page and copy") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      CHILD_CHECK_EQ(b.access(7, 3), 1U);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
    });
    const DeviceCounters& c = b.counters();
    CHILD_CHECK_EQ(c.raised, 1U);
    CHILD_CHECK_EQ(c.serviced, 1U);
    CHILD_CHECK_EQ(c.batches, 1U);
    CHILD_CHECK_EQ(c.replays, 1U);
    CHILD_CHECK_EQ(c.interrupts, 1U);
    CHILD_CHECK_EQ(c.demand_pages, 1U);
    CHILD_CHECK_EQ(c.refaults, 0U);
    CHILD_CHECK_EQ(c.fault_latency.max(), static_cast<std::uint64_t>(kOneFault) * 1000);
    CHILD_CHECK_EQ(c.piece_bytes_to_device.max(), 4096U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand), 4096U);
    CHILD_CHECK_EQ(b.memory().touched_pages(), 1U);
    CHILD_CHECK_EQ(b.device().memory().used_pages(), 1U);
    CHILD_CHECK_EQ(b.device().page_table().nodes(), 4U);
    CHILD_CHECK(b.masks(1, 7).readable == PageMask::single(3));
    CHILD_CHECK(b.masks(1, 7).writable.none());
  });
}

TEST_CASE("driver: every price is in the time of a fault and in its stage") {
  in_child([] {
    BenchSpec spec;
    spec.driver().fault_time.value = ns(7);
    spec.driver().block_time.value = ns(1'000);
    spec.driver().new_block_time.value = ns(33'000);
    spec.driver().service_time.value = ns(500);
    spec.driver().replay_time.value = ns(2'000);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, true);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 7 + 1'000 + 33'000 + 500 + 2'000);
      // The same block again: no longer new.
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + 7 + 1'000 + 500 + 2'000);
    });
    const auto stage = [&](Stage s) {
      return b.memory().software().stage[static_cast<std::size_t>(s)].picoseconds() / 1000;
    };
    CHILD_CHECK_EQ(stage(Stage::kBatch), 2 * (kBatch + 7));
    CHILD_CHECK_EQ(stage(Stage::kBlock), 2 * 1'000 + 33'000);
    CHILD_CHECK_EQ(stage(Stage::kPage), 2 * kPage);
    CHILD_CHECK_EQ(stage(Stage::kEviction), 0);
    CHILD_CHECK_EQ(stage(Stage::kKernel), 0);
    CHILD_CHECK_EQ(stage(Stage::kService), 2 * 500);
    CHILD_CHECK_EQ(stage(Stage::kReplay), 2 * 2'000);
    CHILD_CHECK(b.masks(1, 0).writable == PageMask::single(0));
    CHILD_CHECK(b.masks(1, 0).readable == PageMask::range(0, 2));
  });
}

TEST_CASE("driver: with hmm a fault pays the kernel's steps by direction") {
  in_child([] {
    BenchSpec spec;
    spec.driver().memory = MemoryBack::kHmm;
    spec.driver().new_block_time.value = ns(33'000);  // managed memory only
    spec.design.to_device.setup.call.value = ns(5'000);
    spec.design.to_device.collect.page.value = ns(300);
    spec.design.to_host.install.call.value = ns(700);
    spec.design.to_host.finalize.page.value = ns(40);
    Bench b(spec);
    b.run([&] {
      b.raise(0, {10, 11, 20});
      (void)b.access(0, 10);
      // Three pages in two pieces, one migrate call.
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + 3 * 3 + 5'000 + 3 * 300 + 2 * kSetup + 3 * kCopy);
      const std::int64_t before = b.now_ns();
      CHILD_CHECK(b.memory().host_access(b.slot(0), 20, false, 99).owed == SimTime::zero());
      CHILD_CHECK_EQ(b.now_ns() - before, 2'000 + 20 + 700 + 40 + kSetup + kCopy);
    });
    CHILD_CHECK_EQ(b.machine().kernel()->counter(Direction::kToDevice).calls, 1U);
    CHILD_CHECK_EQ(b.machine().kernel()->counter(Direction::kToHost).calls, 1U);
    CHILD_CHECK(b.machine().kernel()->counter(Direction::kToDevice).times.total() == ns(5'900));
    CHILD_CHECK(b.machine().kernel()->counter(Direction::kToHost).times.total() == ns(740));
    // 64 MiB of memory take a whole section of 128 MiB.
    CHILD_CHECK_EQ(b.machine().kernel()->device_metadata().struct_page_bytes.count(), std::uint64_t{2} << 20U);
  });
}

TEST_CASE("driver: a batch sorts and drops duplicates and merges neighbours into pieces") {
  in_child([] {
    BenchSpec spec;
    spec.driver().fault_time.value = ns(1);
    spec.driver().block_time.value = ns(50);
    spec.platform.devices[0].micro_tlbs.value = 2;
    Bench b(spec);
    b.run([&] {
      b.raise(9, {5, 3});
      b.raise(2, {0});
      b.raise(9, {4});
      Fault again;
      again.block = b.slot(9);
      again.page = 5;
      again.micro_tlb = 1;
      again.write = true;
      CHILD_CHECK(b.device().raise(again));
      (void)b.access(9, 4);
      // Five entries, two blocks, four pages, pieces {9: 3-5} and {2: 0}.
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + 5 * 1 + 2 * 50 + 4 * kPage + 2 * kSetup + 4 * kCopy);
    });
    CHILD_CHECK_EQ(b.counters().raised, 5U);
    CHILD_CHECK_EQ(b.counters().duplicate, 1U);
    CHILD_CHECK_EQ(b.counters().serviced, 4U);
    CHILD_CHECK_EQ(b.counters().coalesced, 1U);
    CHILD_CHECK_EQ(b.counters().batch_faults.max(), 5U);
    CHILD_CHECK_EQ(b.counters().batch_blocks.max(), 2U);
    CHILD_CHECK_EQ(b.counters().piece_bytes_to_device.count(), 2U);
    CHILD_CHECK_EQ(b.counters().piece_bytes_to_device.max(), 3U * 4096);
  });
}

/// Three faults in batches of two, that nobody raises again.
std::string three_faults_in_batches_of_two(ReplayPolicy replay) {
  BenchSpec spec;
  spec.driver().batch_size.value = 2;
  spec.driver().replay = replay;
  Bench b(spec);
  b.run([&] {
    b.raise(0, {0});
    b.raise(1, {0});
    b.raise(2, {0});
    b.wait_until_idle();
  });
  const DeviceCounters& c = b.counters();
  return std::to_string(c.replays) + " replays, " + std::to_string(c.batches) + " batches, " +
         std::to_string(c.dropped) + " dropped, " + std::to_string(c.serviced) + " serviced";
}

TEST_CASE("driver: replays follow their policy") {
  const auto check = [](ReplayPolicy replay, const std::string& expected) {
    in_child([&] { CHILD_CHECK_EQ(three_faults_in_batches_of_two(replay), expected); });
  };
  check(ReplayPolicy::kBlock, "3 replays, 2 batches, 0 dropped, 3 serviced");
  check(ReplayPolicy::kBatch, "2 replays, 2 batches, 0 dropped, 3 serviced");
  check(ReplayPolicy::kBatchFlush, "1 replays, 1 batches, 1 dropped, 2 serviced");
  check(ReplayPolicy::kOnce, "1 replays, 2 batches, 0 dropped, 3 serviced");
}

TEST_CASE("driver: an access that a flush dropped faults again") {
  in_child([] {
    BenchSpec spec;
    spec.driver().batch_size.value = 2;
    Bench b(spec);
    b.run([&] {
      b.raise(0, {0, 1});
      CHILD_CHECK_EQ(b.access(1, 0), 2U);
    });
    CHILD_CHECK_EQ(b.counters().raised, 4U);
    CHILD_CHECK_EQ(b.counters().dropped, 1U);
    CHILD_CHECK_EQ(b.counters().interrupts, 2U);
  });
}

TEST_CASE("driver: a fault from ahead of the clock is served when its time has come") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      Fault fault;
      fault.block = b.slot(0);
      fault.raised = ns(5'000);
      CHILD_CHECK(b.device().raise(fault));
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), 5'000 + kOneFault);
    });
  });
}

TEST_CASE("driver: a fault on a page that came meanwhile is a duplicate and is replayed") {
  in_child([] {
    BenchSpec spec;
    spec.prefetch = make_block64k;
    spec.driver().replay = ReplayPolicy::kBatch;
    spec.driver().batch_size.value = 1;
    Bench b(spec);
    b.run([&] {
      b.raise(0, {0, 1});
      b.wait_until_idle();
    });
    CHILD_CHECK_EQ(b.counters().serviced, 1U);
    CHILD_CHECK_EQ(b.counters().duplicate, 1U);
    CHILD_CHECK_EQ(b.counters().demand_pages, 1U);
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 15U);
    CHILD_CHECK_EQ(b.counters().fault_latency.count(), 2U);
  });
}

TEST_CASE("driver: prefetched pages are counted once when they are used") {
  in_child([] {
    BenchSpec spec;
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.run([&] {
      CHILD_CHECK_EQ(b.access(0, 20), 1U);
      // The page that faulted is a piece, those prefetched before and behind it are two more.
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + 16 * kPage + 3 * kSetup + 16 * kCopy);
      CHILD_CHECK_EQ(b.access(0, 16), 0U);
      CHILD_CHECK_EQ(b.access(0, 16, true), 0U);
      CHILD_CHECK_EQ(b.access(0, 31), 0U);
      CHILD_CHECK_EQ(b.access(0, 20), 0U);
    });
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 15U);
    CHILD_CHECK_EQ(b.counters().prefetch_used, 2U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand), 4096U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kPrefetch), 15U * 4096);
    CHILD_CHECK_EQ(b.memory().touched_pages(), 3U);
  });
}

TEST_CASE("driver: the prefetcher stays within what the trace mapped and what has contents") {
  in_child([] {
    BenchSpec spec;
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.memory().address_space().map(VirtualAddress(4096 * 18), Bytes::kib(16), 0);
    b.run([&] {
      (void)b.memory().host_access(b.slot(0), 30, true, 99);
      (void)b.access(0, 20);
    });
    CHILD_CHECK(b.on_device(0).resident == (PageMask::range(18, 22) | PageMask::single(30)));
  });
}

TEST_CASE("driver: a full device evicts in the policy's order and counts it") {
  in_child([] {
    BenchSpec spec = with_capacity(Bytes::kib(8), [] { return make_fifo(kPageSize); });
    spec.driver().eviction_time.value = ns(5'000);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1, true);
      (void)b.access(0, 0);
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 2);
      // The victim leaves before the page comes.
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + 5'000 + kSetup + kCopy);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(1, 3));
      CHILD_CHECK(b.block(0).host == PageMask::single(0));
      CHILD_CHECK(b.masks(1, 0).readable == PageMask::range(1, 3));
      CHILD_CHECK_EQ(b.counters().refaults, 0U);
      CHILD_CHECK_EQ(b.access(0, 0), 1U);
      CHILD_CHECK(b.on_device(0).resident == (PageMask::single(0) | PageMask::single(2)));
    });
    CHILD_CHECK_EQ(b.counters().eviction_pages, 2U);
    CHILD_CHECK_EQ(b.counters().evicted_chunks, 2U);
    CHILD_CHECK_EQ(b.counters().refaults, 1U);
    CHILD_CHECK_EQ(b.counters().demand_pages, 4U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kEviction), 2U * 4096);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand), 4U * 4096);
    CHILD_CHECK_EQ(b.machine().host().held(), 1U);
    CHILD_CHECK_EQ(b.device().memory().peak_pages(), 2U);
  });
}

TEST_CASE("driver: lru evicts the page that was accessed longest ago") {
  in_child([] {
    Bench b(with_capacity(Bytes::kib(12), [] { return make_lru(kPageSize); }));
    b.run([&] {
      for (const unsigned page : {0U, 1U, 2U, 0U}) (void)b.access(0, page);
      (void)b.access(5, 0);
      CHILD_CHECK(b.on_device(0).resident == (PageMask::single(0) | PageMask::single(2)));
      (void)b.access(0, 2);
      (void)b.access(5, 1);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(2));
      CHILD_CHECK(b.on_device(5).resident == PageMask::range(0, 2));
    });
  });
}

TEST_CASE("driver: a 2 MiB chunk leaves as a whole") {
  in_child([] {
    Bench b(with_capacity(Bytes::kib(16), [] { return make_fifo(kBlockSize); }));
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(1, 0);
      (void)b.access(0, 1);
      (void)b.access(0, 400);
      const std::int64_t before = b.now_ns();
      (void)b.access(1, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + 2 * kSetup + 3 * kCopy);
      CHILD_CHECK(b.on_device(0).resident.none());
      CHILD_CHECK(b.on_device(0).evicted == (PageMask::range(0, 2) | PageMask::single(400)));
      CHILD_CHECK(b.on_device(1).resident == PageMask::range(0, 2));
    });
    CHILD_CHECK_EQ(b.counters().evicted_chunks, 1U);
    CHILD_CHECK_EQ(b.counters().eviction_pages, 3U);
    CHILD_CHECK_EQ(b.counters().piece_bytes_to_host.count(), 2U);
  });
}

TEST_CASE("driver: a block larger than the device evicts its own other pages") {
  in_child([] {
    Bench b(with_capacity(Bytes::kib(8), [] { return make_lru(kBlockSize); }));
    b.run([&] {
      for (unsigned page = 0; page < 5; ++page) CHILD_CHECK_EQ(b.access(0, page), 1U);
      // All that could leave did: both pages of the chunk, twice.
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(4));
    });
    CHILD_CHECK_EQ(b.counters().eviction_pages, 4U);
  });
}

TEST_CASE("driver: one page of memory is enough for a batch of many faults") {
  in_child([] {
    Bench b(with_capacity(Bytes::kib(4), [] { return make_lru(kPageSize); }));
    b.run([&] {
      b.raise(0, {0, 1, 2});
      b.raise(1, {0, 1, 2});
      // The batch serves what fits; accesses that wait still come through one by one.
      for (unsigned page = 0; page < 3; ++page) CHILD_CHECK(b.access(0, page) < 5);
      for (unsigned page = 0; page < 3; ++page) CHILD_CHECK(b.access(1, page) < 5);
    });
    CHILD_CHECK(b.counters().dropped > 0);
    CHILD_CHECK_EQ(b.device().memory().used_pages(), 1U);
  });
}

TEST_CASE("driver: streams that push out each other's pages all get on under every replay policy") {
  // Each batch fills the device. Had the worker gone on to the next batch before the accesses that a replay let
  // through, it would have pushed their pages out for the others' for ever.
  for (const ReplayPolicy replay :
       {ReplayPolicy::kBlock, ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce}) {
    for (const std::uint64_t batch : {1U, 2U, 256U}) {
      in_child([replay, batch] {
        BenchSpec spec = with_capacity(Bytes::kib(20), [] { return make_lru(kPageSize); });
        spec.prefetch = [] { return make_tree_prefetcher(51); };
        spec.driver().replay = replay;
        spec.driver().batch_size.value = batch;
        Bench b(spec);
        for (const std::uint64_t number : {0U, 1U, 2U}) {
          b.engine.spawn("stream", [&b, number] {
            for (unsigned page = 0; page < 4; ++page) CHILD_CHECK(b.access(number, page * 100) < 1'000);
          });
        }
        b.run([&] { CHILD_CHECK(b.access(3, 0) < 1'000); });
      });
    }
  }
}

TEST_CASE("driver: prefetch takes the room that demand leaves") {
  in_child([] {
    BenchSpec spec = with_capacity(Bytes::kib(40), [] { return make_fifo(kPageSize); });
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.run([&] { (void)b.access(0, 28); });
    CHILD_CHECK(b.on_device(0).resident == (PageMask::range(16, 25) | PageMask::single(28)));
    CHILD_CHECK_EQ(b.counters().prefetch_pages, 9U);
    CHILD_CHECK_EQ(b.counters().eviction_pages, 0U);
  });
}

TEST_CASE("driver: pages that are asked for together do not push each other out") {
  in_child([] {
    BenchSpec spec = with_capacity(Bytes::kib(64), [] { return make_fifo(kPageSize); });
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.run([&] {
      (void)b.access(1, 0);
      CHILD_CHECK_EQ(b.counters().prefetch_pages, 15U);
      b.raise(0, {3, 200});
      (void)b.access(0, 3);
    });
    CHILD_CHECK(b.on_device(0).resident.contains(PageMask::single(3) | PageMask::single(200)));
    CHILD_CHECK_EQ(b.on_device(0).resident.count(), 16U);
    CHILD_CHECK(b.on_device(1).resident.none());
  });
}

TEST_CASE("driver: remote mapping moves nothing") {
  in_child([] {
    BenchSpec spec;
    spec.placement = make_remote_map;
    Bench b(spec);
    b.run([&] {
      (void)b.memory().host_access(b.slot(0), 4, true, 99);
      CHILD_CHECK_EQ(b.access(0, 4), 1U);
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + kPage);
      CHILD_CHECK(b.memory().device_access(DeviceId(0), b.slot(0), 4, true) == AccessOutcome::kRemote);
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(4));
      CHILD_CHECK(b.masks(1, 0).readable.none());
      // A page without contents is allocated in host memory.
      CHILD_CHECK_EQ(b.access(0, 5), 1U);
      // The host goes on using both.
      CHILD_CHECK(!b.memory().host_would_wait(b.slot(0), 4));
      CHILD_CHECK(b.memory().host_access(b.slot(0), 5, true, 99).owed == SimTime::zero());
    });
    CHILD_CHECK_EQ(b.counters().remote_pages, 2U);
    CHILD_CHECK_EQ(b.counters().serviced, 2U);
    CHILD_CHECK_EQ(b.machine().host().held(), 2U);
    CHILD_CHECK_EQ(b.device().memory().used_pages(), 0U);
    CHILD_CHECK_EQ(b.device().page_table().nodes(), 4U);
    CHILD_CHECK_EQ(b.machine().links()[0]->traffic(kIn).total().count(), 0U);
  });
}

TEST_CASE("driver: first touch of an empty page zeroes it where it is touched") {
  in_child([] {
    BenchSpec spec;
    spec.initial = InitialContents::kNothing;
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.run([&] {
      CHILD_CHECK(b.memory().host_access(b.slot(0), 2, true, 99).owed == ns(700));
      CHILD_CHECK(b.memory().host_access(b.slot(0), 2, false, 99).owed == SimTime::zero());
      (void)b.access(0, 1);
      // Fifteen pages came empty, one had contents.
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + 16 * kPage + kSetup + kCopy);
    });
    CHILD_CHECK_EQ(b.counters().zero_filled, 15U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand), 0U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kPrefetch), 4096U);
    CHILD_CHECK_EQ(b.machine().host().counters().minor_faults, 1U);
    CHILD_CHECK_EQ(b.machine().host().held(), 0U);
    CHILD_CHECK_EQ(b.machine().host().peak(), 1U);
  });
}

TEST_CASE("driver: an empty page that was evicted has contents") {
  in_child([] {
    BenchSpec spec = with_capacity(Bytes::kib(4), [] { return make_fifo(kPageSize); });
    spec.initial = InitialContents::kNothing;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1);
      (void)b.access(0, 0);
    });
    CHILD_CHECK_EQ(b.counters().zero_filled, 2U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand), 4096U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kEviction), 2U * 4096);
  });
}

TEST_CASE("driver: a host access brings an aligned piece back from the device") {
  in_child([] {
    BenchSpec spec;
    spec.prefetch = make_block64k;
    spec.driver().cpu_fault_granularity.value = Bytes::kib(32);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 20);
      CHILD_CHECK(b.memory().host_would_wait(b.slot(0), 20));
      const std::int64_t before = b.now_ns();
      CHILD_CHECK(b.memory().host_access(b.slot(0), 20, false, 99).owed == SimTime::zero());
      // Trap, one level of an empty table, eight pages: the one that faulted first, then what is on either side of it.
      CHILD_CHECK_EQ(b.now_ns() - before, 2'000 + 20 + 3 * kSetup + 8 * kCopy);
      CHILD_CHECK(b.block(0).host == PageMask::range(16, 24));
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(24, 32));
      CHILD_CHECK(b.masks(0, 0).readable == PageMask::single(20));
      CHILD_CHECK(b.masks(0, 0).writable.none());
      CHILD_CHECK(!b.memory().host_would_wait(b.slot(0), 17));
      CHILD_CHECK_EQ(b.access(0, 20), 1U);
    });
    CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 8U);
    CHILD_CHECK_EQ(b.counters().refaults, 0U);  // it was not evicted
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 1U);
    CHILD_CHECK_EQ(b.machine().host().counters().minor_faults, 0U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kCpuFault), 8U * 4096);
    CHILD_CHECK_EQ(b.memory().cpu_fault_latency().count(), 1U);
  });
}

TEST_CASE("driver: a page goes from device to device over both links") {
  in_child([] {
    BenchSpec spec;
    spec.platform = round_platform(2);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 0, true, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + kSetup + kCopy);
      CHILD_CHECK(b.masks(1, 0).readable.none());
      CHILD_CHECK(b.masks(1, 0).writable.none());
      CHILD_CHECK(b.on_device(0, 0).resident.none());
      CHILD_CHECK(b.on_device(0, 1).resident == PageMask::single(0));
      CHILD_CHECK(b.memory().device_access(DeviceId(0), b.slot(0), 0, false) == AccessOutcome::kFault);
    });
    CHILD_CHECK_EQ(b.counters(0).peer_pages, 1U);
    CHILD_CHECK_EQ(b.counters(1).peer_pages, 0U);
    CHILD_CHECK_EQ(b.counters(1).demand_pages, 1U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand, 0), 4096U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kPeer, 0), 4096U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand, 1), 4096U);
    CHILD_CHECK_EQ(b.counters(0).piece_bytes_to_host.count(), 1U);
    CHILD_CHECK_EQ(b.machine().host().peak(), 0U);
  });
}

TEST_CASE("driver: two devices that want one block at once both get to access it") {
  // A move takes longer than an interrupt and a batch, so each driver waits for the other's move to end. If it then
  // took the block before the other's replay had let the access through, this would go on for ever.
  for (const ReplayPolicy replay :
       {ReplayPolicy::kBlock, ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce}) {
    in_child([replay] {
      BenchSpec spec;
      spec.platform = round_platform(2);
      spec.driver().replay = replay;
      spec.driver().interrupt_latency.value = ns(2'000);
      spec.driver().batch_time.value = ns(12'500);
      spec.driver().replay_time.value = ns(700);
      spec.prefetch = [] { return make_tree_prefetcher(0); };
      Bench b(spec);
      b.engine.spawn("other", [&] { CHILD_CHECK(b.access(0, 0, true, 1) < 4); });
      b.run([&] { CHILD_CHECK(b.access(0, 0, true, 0) < 4); });
    });
  }
}

TEST_CASE("driver: a remote mapping ends when the page migrates to another device") {
  in_child([] {
    BenchSpec spec;
    spec.platform = round_platform(2);
    // Device 0 maps, device 1 migrates.
    struct Mixed final : PlacementPolicy {
      std::string_view name() const override { return "mixed/1"; }
      Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
        return fault.device == DeviceId(0) ? Placement::kMapRemote : Placement::kMigrate;
      }
    };
    spec.placement = [] { return std::make_unique<Mixed>(); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, false, 0);
      (void)b.access(0, 0, false, 1);
      CHILD_CHECK(b.masks(1, 0).remote.none());
      CHILD_CHECK(b.on_device(0, 0).remote_mapped.none());
      CHILD_CHECK_EQ(b.device(0).page_table().nodes(), 0U);
      CHILD_CHECK_EQ(b.machine().host().held(), 0U);
      // Back over the host: the mapping of device 0 brings the page out of device 1.
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 0, false, 0);
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + kPage + kSetup + kCopy);
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(0));
    });
    CHILD_CHECK_EQ(b.counters(1).peer_pages, 1U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kPeer, 1), 4096U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand, 1), 4096U);
  });
}

TEST_CASE("driver: unmapped pages are gone everywhere") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      (void)b.access(0, 511);
      (void)b.access(1, 0);
      (void)b.access(1, 1);
      (void)b.memory().host_access(b.slot(0), 510, true, 99);
      b.memory().free_pages(VirtualAddress(510 * 4096), Bytes::kib(12));
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 1U);
      CHILD_CHECK_EQ(b.machine().host().held(), 0U);
      CHILD_CHECK(b.masks(0, 0).writable.none());
      CHILD_CHECK(b.masks(1, 0).readable.none());
      CHILD_CHECK(b.masks(1, 1).readable == PageMask::single(1));
      CHILD_CHECK_EQ(b.counters().unmapped_pages, 2U);
      b.machine().check();
      // A range that covers far more than was ever seen.
      b.memory().free_pages(VirtualAddress(0), Bytes(std::uint64_t{1} << 47U));
      CHILD_CHECK_EQ(b.counters().unmapped_pages, 3U);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 0U);
      CHILD_CHECK_EQ(b.device().page_table().nodes(), 0U);
      CHILD_CHECK_EQ(b.machine().host().page_table().nodes(), 0U);
      b.memory().free_pages(VirtualAddress(0), Bytes(0));
      b.memory().free_pages(VirtualAddress(~std::uint64_t{0}), Bytes(4096));
    });
  });
}

TEST_CASE("driver: an unmap waits for pages under way") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      b.raise(0, {0});
      b.engine.sleep_until(ns(kOneFault - 500));
      CHILD_CHECK(b.block(0).transit == PageMask::single(0));
      b.memory().free_pages(VirtualAddress(4096), Bytes::kib(4));  // another page: nothing to wait for
      CHILD_CHECK_EQ(b.now_ns(), kOneFault - 500);
      b.memory().free_pages(VirtualAddress(0), Bytes::kib(4));
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
    });
    CHILD_CHECK_EQ(b.counters().unmapped_pages, 1U);
  });
}

TEST_CASE("driver: a host access waits for a page under way and then fetches it") {
  in_child([] {
    Bench b((BenchSpec()));
    b.engine.spawn("stream", [&] { CHILD_CHECK_EQ(b.access(0, 0), 1U); });
    b.run([&] {
      b.engine.sleep_until(ns(kOneFault - 500));
      CHILD_CHECK(b.memory().host_would_wait(b.slot(0), 0));
      (void)b.memory().host_access(b.slot(0), 0, true, 99);
      // The stream had its access while the host trapped.
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 2'000 + 20 + kSetup + kCopy);
    });
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 1U);
  });
}

TEST_CASE("driver: a host access to another page of a block under way does not wait") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      (void)b.memory().host_access(b.slot(0), 9, true, 99);
      b.raise(0, {0});
      b.engine.sleep_until(ns(kOneFault - 500));
      CHILD_CHECK(!b.memory().host_would_wait(b.slot(0), 9));
      CHILD_CHECK(!b.memory().host_would_wait(b.slot(0), 10));
      (void)b.memory().host_access(b.slot(0), 9, true, 99);
      (void)b.memory().host_access(b.slot(0), 10, true, 99);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault - 500);
    });
  });
}

TEST_CASE("driver: a host fetch survives new blocks that others see meanwhile") {
  in_child([] {
    // The tables grow and move while the thread sleeps in its trap.
    Bench b((BenchSpec()));
    b.engine.spawn("other", [&] {
      b.engine.sleep_until(ns(kOneFault + 1'000));
      for (std::uint64_t number = 1; number < 5'000; ++number) (void)b.slot(number);
    });
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.memory().host_access(b.slot(0), 0, true, 99);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 2'000 + 20 + kSetup + kCopy);
      CHILD_CHECK(b.block(0).host == PageMask::single(0));
    });
  });
}

TEST_CASE("driver: two host threads that want one page bring it once") {
  in_child([] {
    Bench b((BenchSpec()));
    b.engine.spawn("other", [&] {
      b.engine.sleep_until(ns(kOneFault + 300));
      (void)b.memory().host_access(b.slot(0), 0, false, 98);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 2'000 + 20 + kSetup + kCopy);
    });
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.memory().host_access(b.slot(0), 0, true, 99);
    });
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 1U);
    CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 1U);
  });
}

TEST_CASE("driver: a fault waits for room that a host thread is about to make") {
  in_child([] {
    // Nothing takes time but the host's trap: what waits without time passing would wait for ever.
    BenchSpec spec = with_capacity(Bytes::kib(4), [] { return make_lru(kPageSize); });
    spec.driver().interrupt_latency.value = SimTime::zero();
    spec.driver().batch_time.value = SimTime::zero();
    spec.driver().page_time.value = SimTime::zero();
    Bench b(spec);
    b.engine.spawn("host", [&] {
      b.engine.sleep_until(ns(10'000));
      (void)b.memory().host_access(b.slot(0), 0, true, 99);
    });
    b.run([&] {
      (void)b.access(0, 0);
      b.engine.sleep_until(ns(11'000));
      CHILD_CHECK(b.access(1, 0) < 100);
    });
  });
}

TEST_CASE("driver: host memory that overflows is an error of the input") {
  in_child([] {
    BenchSpec spec = with_capacity(Bytes::kib(4), [] { return make_fifo(kPageSize); });
    spec.platform.host.memory.capacity.value = Bytes::kib(8);
    Bench b(spec);
    b.engine.spawn("test", [&] {
      for (unsigned page = 0; page < 4; ++page) (void)b.access(0, page);
    });
    bool thrown = false;
    try {
      b.engine.run();
    } catch (const InputError& error) {
      thrown = std::string(error.what()).find("/platform/host/memory/capacity") != std::string::npos;
    }
    CHILD_CHECK(thrown);
  });
}

TEST_CASE("driver: blocks beyond the limit and addresses beyond user memory are errors of the input") {
  ResidencyMap map(1, 2);
  CHECK(map.slot(BlockNumber(5)) == BlockSlot(0));
  CHECK(map.slot(BlockNumber(0)) == BlockSlot(1));
  CHECK(map.slot(BlockNumber(5)) == BlockSlot(0));
  CHECK_THROWS_AS(map.slot(BlockNumber(1)), InputError);
  CHECK_FALSE(map.find(BlockNumber(1)));
  CHECK_FALSE(map.find(BlockNumber(~std::uint64_t{0})));
  CHECK(map.blocks() == 2);
  CHECK(map.index()[5] == 1);
  ResidencyMap wide(0, 10);
  CHECK(wide.slot(BlockNumber(BlockTable::kBlocks - 1)) == BlockSlot(0));
  CHECK_THROWS_AS(wide.slot(BlockNumber(BlockTable::kBlocks)), InputError);
}

/// A machine with page 0 of block 0 on the device and page 1 on the host, in which `plant` breaks something; returns
/// what check() says.
std::string complaint(const std::function<void(Bench&)>& plant) {
  Bench b((BenchSpec()));
  b.run([&] {
    (void)b.access(0, 0);
    (void)b.memory().host_access(b.slot(0), 1, true, 99);
  });
  plant(b);
  try {
    b.machine().check();
  } catch (const RunError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("driver: check finds what is planted for each identity") {
  const auto finds = [](const std::string& what, const std::function<void(Bench&)>& plant) {
    in_child([&] {
      const std::string said = complaint(plant);
      CHILD_CHECK_EQ(said, what.empty() ? "" : "identity does not hold: " + what);
    });
  };
  finds("", [](Bench&) {});
  finds("a page is in two places", [](Bench& b) { b.block(0).host.set(0); });
  finds("host access to a page not in host memory", [](Bench& b) { b.masks(0, 0).readable.set(2); });
  finds("host access to a page not in host memory", [](Bench& b) { b.masks(0, 0).writable.set(0); });
  finds("device access to a page that it lacks", [](Bench& b) { b.masks(1, 0).readable.set(1); });
  finds("device access to a page that it lacks", [](Bench& b) { b.masks(1, 0).writable.set(2); });
  finds("remote access to a page that is not mapped", [](Bench& b) { b.masks(1, 0).remote.set(1); });
  finds("a remote mapping of a page that is nowhere", [](Bench& b) { b.on_device(0).remote_mapped.set(2); });
  finds("device pages without memory behind them", [](Bench& b) { b.on_device(0).resident.set(2); });
  finds("device pages without memory behind them", [](Bench& b) { b.on_device(0).frames = BlockFrames(); });
  finds("host memory's books", [](Bench& b) { b.block(0).host.set(2); });
  finds("host memory's books", [](Bench& b) { b.machine().host().hold(1); });
  finds("count of pages accessed", [](Bench& b) { b.block(0).touched.set(2); });
  finds("device memory's books", [](Bench& b) { (void)b.device().memory().allocate(ChunkSize::k4KiB); });
  finds("a pinned or shared page without contents", [](Bench& b) { b.block(0).pinned.set(2); });
  finds("a pinned or shared page without contents", [](Bench& b) { b.block(0).shared.set(2); });
  finds("a pinned page without a reference", [](Bench& b) { b.block(0).pinned.set(1); });
  finds("a page both pinned and shared", [](Bench& b) {
    b.block(0).pinned.set(1);
    b.block(0).shared.set(1);
  });
  finds("a copy without its original", [](Bench& b) { b.on_device(0).copies.set(0); });
  finds("a copy that is not there", [](Bench& b) { b.on_device(0).copies.set(1); });
  finds("a write to a page that has duplicates went unseen", [](Bench& b) {
    b.on_device(0).copies.set(0);
    b.on_device(0).resident.set(1);
    b.on_device(0).copies = PageMask::single(1);
  });
  finds("a 2 MiB folio with holes", [](Bench& b) { b.on_device(0).folio = true; });
  finds("a remote mapping of a page in the own memory", [](Bench& b) { b.on_device(0).remote_mapped.set(0); });
  finds("device pages that children keep", [](Bench& b) { ++b.counters().child_pages; });
  finds("device pages given out, and callbacks for those whose last user has gone",
        [](Bench& b) { ++b.counters().freed_folios; });
  finds("gpu0: faults raised 2, accounted for 1", [](Bench& b) { ++b.counters().raised; });
  finds("gpu0: pages that came, left and stayed", [](Bench& b) { ++b.counters().prefetch_pages; });
  finds("link0: bytes by cause",
        [](Bench& b) { b.machine().links()[0]->traffic(LinkDirection::kToHost).add(Cause::kPeer, Bytes(1)); });
}

TEST_CASE("driver: a machine needs the links and the design that its platform names") {
  in_child([] {
    BenchSpec spec;
    spec.platform.devices[0].link = "elsewhere";
    engine::Engine engine;
    const auto build = [&](MemoryBack back) {
      spec.platform.driver.memory = back;
      MachinePolicies policies{make_migrate_on_fault(), make_no_prefetch(), make_no_thrashing_guard(),
                               [](DeviceId) { return make_fifo(kPageSize); }};
      MachineOptions options;
      options.device_capacity = {kBlockSize};
      Machine machine(engine, spec.platform, std::move(policies), nullptr, options);
    };
    std::string said;
    try {
      build(MemoryBack::kManaged);
    } catch (const RunError& error) {
      said = error.what();
    }
    CHILD_CHECK_EQ(said, std::string("device gpu0: no link named elsewhere"));
    try {
      build(MemoryBack::kHmm);
    } catch (const RunError& error) {
      said = error.what();
    }
    CHILD_CHECK_EQ(said, std::string("driver.memory hmm needs a kernel design"));
  });
}

}  // namespace driver_test
}  // namespace farfault
