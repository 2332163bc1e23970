#include <doctest/doctest.h>

#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace unmap_test {

using engine::testing::in_child;
using namespace testing;

TEST_CASE("driver: munmap pays by call and page and for callbacks and tells who mirrors the process") {
  in_child([] {
    BenchSpec spec = hmm_spec("off_pfn_maple", 2);
    spec.kernel.unmap.call.value = ns(1'000);
    spec.kernel.unmap.page.value = ns(40);
    spec.kernel.page_free.value = ns(7);
    spec.kernel.notifier.mirror.value = ns(200);
    spec.kernel.notifier.device.value = ns(3'000);
    Bench b(spec);
    b.run([&] {
      touch(b, 0, 0);
      (void)b.access(0, 1, true, 0);
      (void)b.access(0, 2, true, 1);
      (void)b.access(1, 0, true, 1);
      std::int64_t before = b.now_ns();
      b.memory().free_pages(address_of(0), bytes_of(1024));
      CHILD_CHECK_EQ(b.now_ns() - before, 1'000 + 4 * 40 + 3 * 7 + 2 * 200 + 2 * 3'000);
      CHILD_CHECK_EQ(b.machine().host().held(), 0U);
      // Nothing is there any more: no notifier, no callback.
      before = b.now_ns();
      b.memory().free_pages(address_of(0), bytes_of(1024));
      CHILD_CHECK_EQ(b.now_ns() - before, 1'000);
    });
    for (std::uint32_t d = 0; d < 2; ++d) {
      CHILD_CHECK_EQ(b.counters(d).allocated_folios, d + 1);
      CHILD_CHECK_EQ(b.counters(d).freed_folios, d + 1);
      CHILD_CHECK_EQ(b.counters(d).unmapped_pages, d + 1);
    }
    CHILD_CHECK_EQ(op(b, KernelOp::kFree).pages, 3U);
    CHILD_CHECK(op(b, KernelOp::kFree).time == ns(21));
    CHILD_CHECK_EQ(op(b, KernelOp::kUnmap).calls, 2U);
    CHILD_CHECK_EQ(op(b, KernelOp::kUnmap).pages, 4U);
    CHILD_CHECK_EQ(b.machine().kernel()->lookups(LookupReason::kZap), 3U);
  });
}

TEST_CASE("driver: munmap waits for readers of mmap_lock and holds later ones back") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.kernel.unmap.call.value = ns(1'000);
    Bench b(spec);
    b.engine.spawn("reader", [&] {
      const SharedHold hold(b.memory().mmap_lock());
      b.engine.sleep_until(ns(5'000));
    });
    b.engine.spawn("toucher", [&] {
      b.engine.sleep_until(ns(3'000));
      CHILD_CHECK(b.memory().host_would_wait(b.slot(1), 0));
      CHILD_CHECK(b.memory().host_access(b.slot(1), 0, true, 7).owed == ns(700));
      CHILD_CHECK_EQ(b.now_ns(), 6'000);
      CHILD_CHECK(!b.memory().host_would_wait(b.slot(1), 1));
    });
    b.run([&] {
      b.engine.sleep_until(ns(2'000));
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK_EQ(b.now_ns(), 6'000);
      b.engine.sleep_until(ns(10'000));
    });
    CHILD_CHECK(op(b, KernelOp::kUnmap).time == ns(1'000));
    CHILD_CHECK_EQ(op(b, KernelOp::kUnmap).latency.max(), 4'000'000U);
    CHILD_CHECK(b.memory().mmap_lock()->waited() == ns(3'000 + 3'000));
  });
}

TEST_CASE("driver: munmap waits until a service has done what it planned") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.kernel.unmap.call.value = ns(1'000);
    Bench b(spec);
    b.run([&] {
      b.raise(0, {0});
      b.engine.sleep_until(ns(kOneFault - 500));
      // Another page, of another block: the lock is the process's.
      b.memory().free_pages(address_of(5), bytes_of(1));
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 1'000);
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 2'000);
    });
    CHILD_CHECK_EQ(b.counters().unmapped_pages, 1U);
  });
}

TEST_CASE("driver: a page that was evicted and unmapped is no refault when it is touched again") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.capacity = {Bytes::kib(4)};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1);
      CHILD_CHECK(b.on_device(0).evicted == PageMask::single(0));
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK(b.on_device(0).evicted.none());
      (void)b.access(0, 0);
    });
    CHILD_CHECK_EQ(b.counters().refaults, 0U);
  });
}

TEST_CASE("driver: pins go with the pages that are unmapped") {
  in_child([] {
    Bench b(hmm_spec("device_coherent"));
    b.run([&] {
      touch(b, 0, 0);
      (void)b.access(0, 1);
      b.memory().gup(pin_of(0, 0, 2), kThread);
      b.memory().gup(pin_of(0, 0, 2), kThread);
      CHILD_CHECK(b.block(0).pinned == PageMask::range(0, 2));
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK(b.block(0).pinned == PageMask::single(1));
      b.machine().check();
      b.memory().free_pages(address_of(0), bytes_of(512));
      CHILD_CHECK(b.block(0).pinned.none());
      b.machine().check();
      // The next page here is another, and free to move.
      b.memory().unpin(address_of(0), bytes_of(2));
      touch(b, 0, 0);
      (void)b.access(0, 0);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(0));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kUnpin).pages, 0U);
  });
}

TEST_CASE("driver: remote mappings go with the pages that are unmapped") {
  in_child([] {
    BenchSpec spec = hmm_spec("none");
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1);
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(1));
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(1));
      CHILD_CHECK_EQ(b.access(0, 0), 1U);
      b.memory().free_pages(VirtualAddress(0), Bytes(std::uint64_t{1} << 60U));
      CHILD_CHECK_EQ(b.device().page_table().nodes(), 0U);
    });
  });
}

TEST_CASE("driver: memory that is kept when it is unmapped stays with its pins and shares") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.platform.host.unmap_frees = false;
    spec.kernel.unmap.call.value = ns(1'000);
    Bench b(spec);
    b.run([&] {
      touch(b, 0, 0);
      b.memory().fork();
      const std::int64_t before = b.now_ns();
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK_EQ(b.now_ns(), before);
      CHILD_CHECK(b.block(0).shared == PageMask::single(0));
    });
  });
}

}  // namespace unmap_test
}  // namespace farfault
