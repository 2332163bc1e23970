// The production driver's managed memory: what it unmaps, flushes and allocates.
#include <doctest/doctest.h>

#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace managed_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::kBatch;
using testing::kCopy;
using testing::kInterrupt;
using testing::kPage;
using testing::kSetup;
using testing::ns;

constexpr std::int64_t kOneFault = kInterrupt + kBatch + kPage + kSetup + kCopy;
constexpr std::uint64_t kRoot = kPagesPerBlock;

TEST_CASE("managed: each contiguous run of pages that CPUs have mapped is unmapped once") {
  in_child([] {
    BenchSpec spec;
    spec.driver().unmap_time.value = ns(5'000);
    spec.initial = InitialContents::kNothing;
    Bench b(spec);
    b.run([&] {
      for (const unsigned page : {4U, 5U, 9U}) (void)b.memory().host_access(b.slot(0), page, true, 99);
      std::int64_t before = b.now_ns();
      b.raise(0, {4, 5, 6, 9});
      (void)b.access(0, 4);
      // Two runs of mapped pages, {4, 5} and {9}; page 6 has nothing to unmap, and nothing to copy.
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + 4 * kPage + 2 * 5'000 + 2 * kSetup + 3 * kCopy);
      before = b.now_ns();
      (void)b.access(0, 20);
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + kPage);
    });
  });
}

TEST_CASE("managed: what the host wrote before the trace began, it has mapped") {
  in_child([] {
    BenchSpec spec;
    spec.driver().unmap_time.value = ns(5'000);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 4);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 5'000);
    });
  });
}

TEST_CASE("managed: what was evicted is mapped by no CPU until one touches it") {
  in_child([] {
    BenchSpec spec;
    spec.driver().unmap_time.value = ns(5'000);
    spec.capacity = {kPageSize};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 4);
      (void)b.access(0, 5);  // pushes page 4 out
      std::int64_t before = b.now_ns();
      (void)b.access(0, 4);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + kSetup + kCopy);  // and the eviction's copy
      (void)b.memory().host_access(b.slot(0), 5, true, 99);
      before = b.now_ns();
      (void)b.access(0, 5);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + 5'000 + kSetup + kCopy);
    });
  });
}

TEST_CASE("managed: the first batch of a process costs more, once") {
  in_child([] {
    BenchSpec spec;
    spec.driver().process_start_time.value = ns(70'000);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 70'000);
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault);
    });
    CHILD_CHECK_EQ(b.counters().group_time.picoseconds() / 1000, 2 * (kOneFault - kInterrupt) + 70'000);
  });
}

TEST_CASE("managed: a block takes a whole 2 MiB chunk with its first page, and gives it back with its last") {
  in_child([] {
    BenchSpec spec;
    spec.driver().root_chunks = true;
    spec.eviction = [] { return make_fifo(Bytes::mib(2)); };
    spec.capacity = {Bytes::mib(5)};  // two chunks, and half a one that no block takes
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 100);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), kRoot);
      (void)b.access(0, 101);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), kRoot);
      CHILD_CHECK_EQ(b.on_device(0).frames.frame(101) - b.on_device(0).frames.frame(100), 1U);
      (void)b.access(1, 7);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 2 * kRoot);
      CHILD_CHECK_EQ(b.counters().evicted_chunks, 0U);
      // There are pages enough, but no chunk: the oldest leaves for one page.
      (void)b.access(2, 7);
      CHILD_CHECK_EQ(b.counters().evicted_chunks, 1U);
      CHILD_CHECK(b.on_device(0).resident.none());
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 2 * kRoot);
      CHILD_CHECK_EQ(b.memory().resident_pages(DeviceId(0)), 2U);
      b.machine().check();
    });
  });
}

TEST_CASE("managed: a block of which only a part is mapped takes a whole chunk too") {
  in_child([] {
    BenchSpec spec;
    spec.driver().root_chunks = true;
    Bench b(spec);
    b.memory().address_space().map(VirtualAddress(0), Bytes::mib(3),
                                   static_cast<std::uint8_t>(VmaKind::kPrivateAnonymous));
    b.run([&] {
      (void)b.access(1, 7);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), kRoot);
      (void)b.access(0, 7);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 2 * kRoot);
      b.machine().check();
    });
  });
}

TEST_CASE("managed: a device smaller than a chunk works with pages") {
  in_child([] {
    BenchSpec spec;
    spec.driver().root_chunks = true;
    spec.capacity = {Bytes::mib(1)};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 7);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 1U);
    });
  });
}

TEST_CASE("managed: the prefetcher chooses what comes back with a CPU fault") {
  in_child([] {
    BenchSpec spec;
    spec.driver().cpu_prefetch = true;
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.run([&] {
      b.raise(0, {0, 16, 40});
      (void)b.access(0, 0);  // three big pages come
      (void)b.memory().host_access(b.slot(0), 17, true, 99);
      CHILD_CHECK(b.on_device(0).resident == (PageMask::range(0, 16) | PageMask::range(32, 48)));
      CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 16U);
    });
  });
}

TEST_CASE("managed: a flush drops what was there when the batch was read, and all where most were duplicates") {
  const auto left_after_a_batch = [](double ratio) {
    return engine::testing::output_of_child([ratio] {
      BenchSpec spec;
      spec.driver().update_put_ratio.value = ratio;
      spec.driver().batch_size.value = 4;
      Bench b(spec);
      b.slot(0);
      std::uint64_t dropped = 0;
      b.run([&] {
        Device& device = b.device();
        const auto fault = [&](unsigned page, std::uint32_t tlb, SimTime at) {
          Fault f;
          f.block = b.slot(0);
          f.page = static_cast<std::uint16_t>(page);
          f.micro_tlb = tlb;
          f.raised = at;
          CHILD_CHECK(device.raise(f));
        };
        // Of the four that are read two are duplicates; one more is there, and one comes while the batch is served.
        for (std::uint32_t tlb = 0; tlb < 3; ++tlb) fault(1, tlb, SimTime::zero());
        fault(2, 0, SimTime::zero());
        fault(3, 0, SimTime::zero());
        fault(4, 0, ns(kInterrupt + 10));
        b.engine.sleep_for(ns(kInterrupt + kBatch + 2 * kPage + kSetup + 2 * kCopy + 5));
        dropped = b.counters().dropped;
      });
      return std::to_string(dropped);
    });
  };
  CHECK(left_after_a_batch(0.5) == "1");
  CHECK(left_after_a_batch(0.49) == "2");
}

}  // namespace managed_test
}  // namespace farfault
