#include <doctest/doctest.h>

#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace fork_test {

using engine::testing::in_child;
using namespace testing;

constexpr std::int64_t kCow = 900;
constexpr std::int64_t kReuse = 450;

BenchSpec priced(const std::string& design = "memremap_xarray", std::size_t devices = 1) {
  BenchSpec spec = hmm_spec(design, devices);
  spec.kernel.fork.cow_fault.value = ns(kCow);
  spec.kernel.fork.reuse_fault.value = ns(kReuse);
  return spec;
}

std::uint64_t held(Bench& b) { return b.machine().host().held(); }

/// What a host write owes, or a host read.
SimTime owed(Bench& b, unsigned page, bool write) { return b.memory().host_access(b.slot(0), page, write, 99).owed; }

TEST_CASE("driver: a fork pays by page and tells all that mirror the process") {
  in_child([] {
    BenchSpec spec = priced("memremap_xarray", 2);
    spec.kernel.fork.call.value = ns(60'000);
    spec.kernel.fork.page.value = ns(20);
    spec.kernel.notifier.mirror.value = ns(200);
    spec.kernel.notifier.device.value = ns(3'000);
    spec.kernel.shootdown.call.value = ns(1'000);
    spec.kernel.shootdown.cpu.value = ns(100);
    Bench b(spec);
    b.machine().kernel()->set_cpus(4);
    b.run([&] {
      b.memory().fork();  // nothing there yet, and no device has any of it
      CHILD_CHECK_EQ(b.now_ns(), 60'000 + 2 * 200 + 1'300);
      for (unsigned page = 0; page < 5; ++page) touch(b, 0, page);
      touch(b, 7, 0);
      (void)b.access(0, 3);
      const std::int64_t before = b.now_ns();
      b.memory().fork();
      CHILD_CHECK_EQ(b.now_ns() - before, 60'000 + 6 * 20 + 2 * 200 + 3'000 + 1'300);
      CHILD_CHECK(b.block(0).shared == PageMask::range(0, 5));
      CHILD_CHECK_EQ(b.memory().children(), 2U);
      b.memory().child_exits();
      b.memory().child_exits();
      b.memory().child_exits();  // of a child that never was
      CHILD_CHECK_EQ(b.memory().children(), 0U);
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kFork).calls, 2U);
    CHILD_CHECK_EQ(op(b, KernelOp::kFork).pages, 6U);
  });
}

TEST_CASE("driver: a CPU's first write after a fork copies and a read does not") {
  in_child([] {
    Bench b(priced());
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      b.memory().fork();
      CHILD_CHECK(b.masks(0, 0).writable.none());
      CHILD_CHECK(owed(b, 0, false) == SimTime::zero());
      CHILD_CHECK_EQ(held(b), 2U);
      CHILD_CHECK(owed(b, 0, true) == ns(kCow));
      CHILD_CHECK_EQ(held(b), 3U);
      CHILD_CHECK(owed(b, 0, true) == SimTime::zero());
      CHILD_CHECK(b.masks(0, 0).writable == PageMask::single(0));
      // A page that came after the fork is nobody else's.
      CHILD_CHECK(owed(b, 2, true) == ns(700));
      b.memory().child_exits();
      CHILD_CHECK_EQ(held(b), 3U);
      // Nobody shares it any more: no copy.
      CHILD_CHECK(owed(b, 1, true) == ns(kReuse));
      CHILD_CHECK(owed(b, 1, true) == SimTime::zero());
      CHILD_CHECK_EQ(held(b), 3U);
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 2U);
    CHILD_CHECK(op(b, KernelOp::kCow).time == ns(kCow + kReuse));
  });
}

TEST_CASE("driver: what children hold goes with the last of them") {
  in_child([] {
    Bench b(priced());
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      b.memory().fork();
      (void)owed(b, 0, true);
      b.memory().fork();
      CHILD_CHECK(owed(b, 0, true) == ns(kCow));  // once more, for the second child
      CHILD_CHECK(owed(b, 1, true) == ns(kCow));
      CHILD_CHECK_EQ(held(b), 5U);
      b.memory().child_exits();
      CHILD_CHECK_EQ(held(b), 5U);
      b.memory().child_exits();
      CHILD_CHECK_EQ(held(b), 2U);
    });
  });
}

TEST_CASE("driver: a device's write after a fork brings its page back and copies it") {
  in_child([] {
    Bench b(priced());
    b.run([&] {
      (void)b.access(0, 0, true);
      b.memory().fork();
      CHILD_CHECK(b.masks(1, 0).writable.none());
      CHILD_CHECK_EQ(b.access(0, 0, false), 0U);  // a read goes on
      const std::int64_t before = b.now_ns();
      CHILD_CHECK_EQ(b.access(0, 0, true), 1U);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + kPageTransfer + kCow);
      CHILD_CHECK(b.masks(1, 0).writable == PageMask::single(0));
      CHILD_CHECK_EQ(held(b), 1U);
      CHILD_CHECK_EQ(b.access(0, 0, true), 0U);
      b.memory().child_exits();
      CHILD_CHECK_EQ(held(b), 0U);
    });
    CHILD_CHECK_EQ(b.counters().cow_pages, 1U);
    CHILD_CHECK_EQ(b.counters().demand_pages, 2U);
    CHILD_CHECK_EQ(b.traffic(LinkDirection::kToHost, Cause::kCow), 4096U);
    CHILD_CHECK_EQ(failures(b).mirror, 0U);
  });
}

TEST_CASE("driver: a device's write after a fork copies a page that it maps remotely") {
  in_child([] {
    BenchSpec spec = priced();
    spec.placement = make_remote_map;
    Bench b(spec);
    b.run([&] {
      touch(b, 0, 0);
      (void)b.access(0, 0, true);
      b.memory().fork();
      CHILD_CHECK(b.masks(1, 0).remote.none());
      CHILD_CHECK_EQ(b.access(0, 0, false), 0U);
      std::int64_t before = b.now_ns();
      CHILD_CHECK_EQ(b.access(0, 0, true), 1U);
      // The new page is mapped anew.
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + kPageMapped + kCow);
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(0));
      CHILD_CHECK_EQ(held(b), 2U);
      CHILD_CHECK_EQ(b.counters().remote_pages, 2U);
      // After the child's exit the mapping stays as it is.
      b.memory().fork();
      b.memory().child_exits();
      b.memory().child_exits();
      before = b.now_ns();
      CHILD_CHECK_EQ(b.access(0, 0, true), 1U);
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + kReuse);
      CHILD_CHECK_EQ(b.counters().remote_pages, 2U);
      CHILD_CHECK_EQ(held(b), 1U);
    });
  });
}

TEST_CASE("driver: a device's write after a fork to a page on the host copies before it migrates") {
  in_child([] {
    Bench b(priced());
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      b.memory().fork();
      std::int64_t before = b.now_ns();
      (void)b.access(0, 0, true);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + kCow);
      CHILD_CHECK_EQ(held(b), 2U);
      // A read migrates the page that both share; a CPU's write brings it back, and copies.
      before = b.now_ns();
      (void)b.access(0, 1, false);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault);
      CHILD_CHECK_EQ(held(b), 1U);
      CHILD_CHECK(b.block(0).shared == PageMask::single(1));
      before = b.now_ns();
      CHILD_CHECK(owed(b, 1, true) == ns(kCow));
      CHILD_CHECK_EQ(b.now_ns() - before, kTrap + kWalk + kPageTransfer);
      CHILD_CHECK_EQ(held(b), 3U);
    });
  });
}

TEST_CASE("driver: a CPU's write to a shared page in coherent memory brings it back to copy it") {
  in_child([] {
    Bench b(priced("device_coherent"));
    b.run([&] {
      (void)b.access(0, 0);
      b.memory().fork();
      CHILD_CHECK(touch(b, 0, 0, false) == HostAccess::Way::kDirect);
      CHILD_CHECK(b.memory().host_would_wait(b.slot(0), 0));
      CHILD_CHECK(touch(b, 0, 0, true) == HostAccess::Way::kLocal);
      CHILD_CHECK_EQ(held(b), 2U);
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 1U);
  });
}

TEST_CASE("driver: device pages that a child shares outlive the process's munmap") {
  in_child([] {
    BenchSpec spec = priced("off_pfn_maple");
    spec.kernel.page_free.value = ns(30);
    spec.capacity = {Bytes::kib(8)};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      touch(b, 0, 1);
      b.memory().fork();
      (void)b.access(0, 2);  // came after the fork
      b.memory().free_pages(address_of(0), bytes_of(512));
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 1U);
      CHILD_CHECK_EQ(b.counters().child_pages, 1U);
      CHILD_CHECK_EQ(b.counters().freed_folios, 1U);
      CHILD_CHECK_EQ(op(b, KernelOp::kFree).pages, 1U);
      CHILD_CHECK_EQ(held(b), 1U);
      CHILD_CHECK(b.on_device(0).resident.none());
      b.machine().check();
      // One page is left for the process, and the child's is in nobody's list of what may leave.
      CHILD_CHECK_EQ(b.access(1, 0), 1U);
      CHILD_CHECK_EQ(b.access(1, 1), 1U);
      CHILD_CHECK(b.on_device(1).resident == PageMask::single(1));
      b.memory().child_exits();
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 1U);
      CHILD_CHECK_EQ(b.counters().child_pages, 0U);
      CHILD_CHECK_EQ(b.counters().freed_folios, 3U);
      CHILD_CHECK_EQ(op(b, KernelOp::kFree).pages, 3U);
      CHILD_CHECK_EQ(held(b), 1U);  // what was evicted
    });
    CHILD_CHECK_EQ(b.machine().kernel()->lookups(LookupReason::kFork), 1U);
    CHILD_CHECK_EQ(b.machine().kernel()->lookups(LookupReason::kZap), 2U);
  });
}

TEST_CASE("driver: a device full of pages that only a child uses maps what it has no room for") {
  in_child([] {
    BenchSpec spec = priced();
    spec.capacity = {Bytes::kib(4)};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      b.memory().fork();
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK_EQ(b.access(1, 0), 1U);
      CHILD_CHECK(b.masks(1, 1).remote == PageMask::single(0));
      CHILD_CHECK_EQ(failures(b).out_of_memory, 1U);
      b.memory().child_exits();
      CHILD_CHECK_EQ(b.access(1, 1), 1U);
      CHILD_CHECK(b.on_device(1).resident == PageMask::single(1));
    });
  });
}

TEST_CASE("driver: full host memory does not overflow when a child keeps what the process unmaps") {
  in_child([] {
    BenchSpec spec = priced();
    spec.platform.host.memory.capacity.value = Bytes::kib(8);
    Bench b(spec);
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      b.memory().fork();
      b.memory().free_pages(address_of(0), bytes_of(2));
      CHILD_CHECK_EQ(held(b), 2U);
      b.memory().child_exits();
      CHILD_CHECK_EQ(held(b), 0U);
    });
    CHILD_CHECK_EQ(b.machine().host().peak(), 2U);
  });
}

TEST_CASE("driver: pages that are pinned when the process forks are copied at once") {
  in_child([] {
    Bench b(priced("device_coherent"));
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      (void)b.access(0, 2);
      b.memory().gup(pin_of(0, 0), kThread);
      b.memory().gup(pin_of(0, 2), kThread);  // in coherent memory
      const std::int64_t before = b.now_ns();
      b.memory().fork();
      CHILD_CHECK_EQ(b.now_ns() - before, 2 * kCow);
      CHILD_CHECK(b.block(0).shared == PageMask::single(1));
      CHILD_CHECK_EQ(held(b), 2U + 2U);
      CHILD_CHECK(owed(b, 0, true) == SimTime::zero());
      CHILD_CHECK_EQ(b.access(0, 2, true), 0U);
      b.memory().child_exits();
      CHILD_CHECK_EQ(held(b), 2U);
      b.memory().unpin(address_of(0), bytes_of(3));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 0U);
  });
}

TEST_CASE("driver: files and shared memory are not copied on a write") {
  in_child([] {
    Bench b(priced());
    map_as(b, VmaKind::kShared, 0, 0, 2);
    map_as(b, VmaKind::kFile, 0, 2, 2);
    map_as(b, VmaKind::kStack, 0, 4, 2);
    b.run([&] {
      for (unsigned page = 0; page < 6; ++page) touch(b, 0, page);
      b.memory().fork();
      CHILD_CHECK(b.block(0).shared == PageMask::range(4, 6));
      CHILD_CHECK(owed(b, 0, true) == SimTime::zero());
      CHILD_CHECK(owed(b, 4, true) == ns(kCow));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kFork).pages, 2U);
  });
}

TEST_CASE("driver: a library's memory is not copied on a write") {
  in_child([] {
    Bench b(priced("driver_vma"));
    map_as(b, VmaKind::kPrivateAnonymous, 0, 0, 4);
    map_as(b, VmaKind::kHeap, 1, 0, 4);
    b.run([&] {
      touch(b, 0, 0);
      (void)b.access(0, 1, true);
      touch(b, 1, 0);
      b.memory().fork();
      CHILD_CHECK(b.block(0).shared.none());
      CHILD_CHECK(b.block(1).shared == PageMask::single(0));
      CHILD_CHECK_EQ(b.access(0, 1, true), 0U);
    });
  });
}

TEST_CASE("driver: a fork waits for services and services wait for a fork") {
  in_child([] {
    BenchSpec spec = priced();
    spec.kernel.fork.call.value = ns(50'000);
    Bench b(spec);
    b.engine.spawn("stream", [&] {
      (void)b.access(0, 0);
      // Two faults: the second meets the fork at its start, and has an interrupt and the lock to wait for.
      CHILD_CHECK_EQ(b.now_ns(), kOneFault);
      b.engine.sleep_until(ns(3'000'000));
      (void)b.access(0, 1);
      CHILD_CHECK_EQ(b.now_ns(), 4'030'000 + kBatch + kPageMapped + kPageTransfer);
    });
    b.run([&] {
      b.engine.sleep_until(ns(kInterrupt + 10));
      b.memory().fork();
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 50'000);
      b.engine.sleep_until(ns(3'980'000));
      b.memory().fork();
      CHILD_CHECK_EQ(b.now_ns(), 4'030'000);
      b.engine.sleep_until(ns(5'000'000));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kFork).latency.max(),
                   static_cast<std::uint64_t>(kOneFault - kInterrupt + 49'990) * 1000);
  });
}

}  // namespace fork_test
}  // namespace farfault
