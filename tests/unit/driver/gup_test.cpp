#include <doctest/doctest.h>

#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace gup_test {

using engine::testing::in_child;
using namespace testing;

constexpr std::int64_t kCall = 10'000;
constexpr std::int64_t kEach = 500;
constexpr std::int64_t kFast = 70;
constexpr std::int64_t kPut = 50;

BenchSpec priced(const std::string& design, std::size_t devices = 1) {
  BenchSpec spec = hmm_spec(design, devices);
  spec.kernel.gup.call.value = ns(kCall);
  spec.kernel.gup.page.value = ns(kEach);
  spec.kernel.gup.fast_page.value = ns(kFast);
  spec.kernel.gup.put_page.value = ns(kPut);
  return spec;
}

TEST_CASE("driver: get_user_pages on a device page brings it back under every private design") {
  for (const char* design : {"devm_memremap_pages", "separate_radix", "memremap_xarray", "off_pfn_maple"}) {
    in_child([&] {
      Bench b(priced(design));
      b.run([&] {
        (void)b.access(0, 3);
        const std::int64_t before = b.now_ns();
        b.memory().gup(gup_of(0, 3), kThread);
        CHILD_CHECK_EQ(b.now_ns() - before, kCall + kEach + kWalk + kPageTransfer + kPut);
        CHILD_CHECK(b.block(0).host == PageMask::single(3));
        CHILD_CHECK(b.block(0).pinned.none());
        // Again, and it is there.
        const std::int64_t again = b.now_ns();
        b.memory().gup(gup_of(0, 3), kThread);
        CHILD_CHECK_EQ(b.now_ns() - again, kFast + kPut);
      });
      CHILD_CHECK_EQ(b.counters().gup_pages, 1U);
      CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 0U);
      CHILD_CHECK_EQ(b.traffic(LinkDirection::kToHost, Cause::kGup), 4096U);
      CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 0U);
      CHILD_CHECK_EQ(op(b, KernelOp::kGup).calls, 1U);
      CHILD_CHECK_EQ(op(b, KernelOp::kGup).pages, 1U);
      CHILD_CHECK(op(b, KernelOp::kGup).time == ns(kCall + kEach + kPut));
      CHILD_CHECK_EQ(op(b, KernelOp::kGup).latency.max(),
                     static_cast<std::uint64_t>(kCall + kEach + kWalk + kPageTransfer + kPut) * 1000);
      CHILD_CHECK_EQ(op(b, KernelOp::kGupFast).pages, 1U);
      CHILD_CHECK(op(b, KernelOp::kGupFast).time == ns(kFast + kPut));
      const bool looks_up = std::string(design) == "off_pfn_maple";
      CHILD_CHECK_EQ(b.machine().kernel()->lookups(LookupReason::kGup), looks_up ? 1U : 0U);
      CHILD_CHECK_EQ(b.machine().kernel()->lookups(LookupReason::kCollect), looks_up ? 1U : 0U);
    });
  }
}

TEST_CASE("driver: coherent device pages are taken where they are and leave for a long term") {
  in_child([] {
    Bench b(priced("device_coherent"));
    b.run([&] {
      (void)b.access(0, 3);
      (void)b.access(0, 4);
      std::int64_t before = b.now_ns();
      b.memory().gup(gup_of(0, 3), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + kEach + kPut);
      before = b.now_ns();
      b.memory().gup(pin_of(0, 3), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + kEach);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(3, 5));
      CHILD_CHECK(b.block(0).pinned == PageMask::single(3));
      // For a long term the other one leaves first.
      before = b.now_ns();
      b.memory().gup(pin_of(0, 4, 1, true), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + kEach + kWalk + kPageTransfer);
      CHILD_CHECK(b.block(0).host == PageMask::single(4));
      CHILD_CHECK(b.block(0).pinned == PageMask::range(3, 5));
      // One that somebody holds on the device cannot leave: the call fails.
      b.memory().gup(pin_of(0, 3, 1, true), kThread);
      CHILD_CHECK_EQ(failures(b).gup, 1U);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(3));
      b.memory().unpin(address_of(0, 3), bytes_of(2));
      CHILD_CHECK(b.block(0).pinned.none());
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kPin).pages, 2U);
    CHILD_CHECK_EQ(op(b, KernelOp::kUnpin).pages, 2U);
    CHILD_CHECK(op(b, KernelOp::kUnpin).time == ns(2 * kPut));
  });
}

TEST_CASE("driver: get_user_pages fails on memory of a device file wherever it is") {
  in_child([] {
    Bench b(priced("driver_vma"));
    b.run([&] {
      (void)b.access(0, 3);
      touch(b, 0, 4);
      std::int64_t before = b.now_ns();
      b.memory().gup(gup_of(0, 3, 2), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + 2 * kEach);
      before = b.now_ns();
      b.memory().gup(gup_of(0, 4), kThread);  // on the host: no page that a fast walk could take either
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + kEach);
      b.memory().gup(pin_of(0, 4), kThread);
      CHILD_CHECK(b.block(0).pinned.none());
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(3));
      // What the library did not allocate is ordinary memory.
      map_as(b, VmaKind::kFile, 1, 0, 8);
      touch(b, 1, 0);
      b.memory().gup(pin_of(1, 0), kThread);
      CHILD_CHECK(b.block(1).pinned == PageMask::single(0));
      b.memory().unpin(address_of(1, 0), bytes_of(1));
    });
    CHILD_CHECK_EQ(failures(b).gup, 4U);
    CHILD_CHECK_EQ(b.counters().gup_pages, 0U);
  });
}

TEST_CASE("driver: without a design pages are always in host memory and taken there") {
  in_child([] {
    Bench b(priced("none"));
    b.run([&] {
      (void)b.access(0, 3);
      const std::int64_t before = b.now_ns();
      b.memory().gup(pin_of(0, 3), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kFast);
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
      b.memory().unpin(address_of(0, 3), bytes_of(1));
    });
    CHILD_CHECK_EQ(failures(b).gup, 0U);
    CHILD_CHECK_EQ(failures(b).pinned, 0U);
  });
}

TEST_CASE("driver: get_user_pages allocates pages without contents") {
  in_child([] {
    Bench b(priced("memremap_xarray"));
    b.run([&] {
      b.memory().gup(gup_of(2, 510, 4), kThread);
      CHILD_CHECK_EQ(b.now_ns(), kCall + 4 * kEach + 4 * 700 + 4 * kPut);
      CHILD_CHECK(b.block(2).host == PageMask::range(510, 512));
      CHILD_CHECK(b.block(3).host == PageMask::range(0, 2));
    });
    CHILD_CHECK_EQ(b.machine().host().counters().minor_faults, 4U);
  });
}

TEST_CASE("driver: get_user_pages brings as much back at once as a CPU fault") {
  in_child([] {
    BenchSpec spec = priced("memremap_xarray");
    spec.prefetch = make_block64k;
    spec.driver().cpu_fault_granularity.value = Bytes::kib(32);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      const std::int64_t before = b.now_ns();
      b.memory().gup(gup_of(0, 0, 8), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + 8 * kEach + kWalk + 100 + 8 * 1024 + 8 * kPut);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(8, 16));
    });
    CHILD_CHECK_EQ(b.machine().kernel()->counter(Direction::kToHost).calls, 1U);
  });
}

TEST_CASE("driver: the fast path takes no lock and the slow one waits for a writer") {
  in_child([] {
    Bench b(priced("memremap_xarray"));
    b.engine.spawn("writer", [&] {
      RwLock& lock = *b.memory().mmap_lock();
      b.engine.sleep_until(ns(1'000));
      lock.lock();
      b.engine.sleep_until(ns(500'000));
      lock.unlock();
    });
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      b.engine.sleep_until(ns(2'000));
      const std::uint64_t reads = b.memory().mmap_lock()->reads();
      b.memory().gup(gup_of(0, 0, 2), kThread);
      CHILD_CHECK_EQ(b.now_ns(), 2'000 + 2 * kFast + 2 * kPut);
      CHILD_CHECK_EQ(b.memory().mmap_lock()->reads(), reads);
      b.memory().gup(gup_of(0, 0, 3), kThread);  // one more, that is not there
      CHILD_CHECK_EQ(b.memory().mmap_lock()->reads(), reads + 1);
      CHILD_CHECK_EQ(b.now_ns(), 500'000 + kCall + 3 * kEach + 700 + 3 * kPut);
    });
    CHILD_CHECK(b.memory().mmap_lock()->waited() == ns(500'000 - 2'000 - 2 * kFast - 2 * kPut));
  });
}

TEST_CASE("driver: a pinned page does not migrate until its last pin is dropped") {
  in_child([] {
    BenchSpec spec = priced("memremap_xarray");
    spec.prefetch = make_block64k;
    Bench b(spec);
    b.run([&] {
      for (const unsigned page : {0U, 5U, 6U}) touch(b, 0, page);
      b.memory().gup(pin_of(0, 5, 2), kThread);
      b.memory().gup(pin_of(0, 5), kThread);
      // Neither as a neighbour nor for itself.
      (void)b.access(0, 0);
      CHILD_CHECK(b.block(0).host == PageMask::range(5, 7));
      CHILD_CHECK_EQ(failures(b).pinned, 0U);
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 5, true);
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + kPageMapped);
      CHILD_CHECK_EQ(failures(b).pinned, 1U);
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(5));
      b.memory().unpin(address_of(0, 0), bytes_of(512));
      CHILD_CHECK(b.block(0).pinned == PageMask::single(5));
      (void)b.access(0, 6);
      CHILD_CHECK(b.on_device(0).resident.test(6));
      b.memory().unpin(address_of(0, 5), bytes_of(1));
      CHILD_CHECK(b.block(0).pinned.none());
      CHILD_CHECK(b.memory().movable(b.slot(0)).full());
      b.memory().unpin(address_of(0, 5), bytes_of(1));  // nothing left to drop
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kPin).pages, 3U);
    CHILD_CHECK_EQ(op(b, KernelOp::kUnpin).pages, 3U);
    CHILD_CHECK_EQ(failures(b).pinned, 1U);
  });
}

TEST_CASE("driver: eviction never takes a page that is pinned on the device") {
  in_child([] {
    BenchSpec spec = priced("device_coherent");
    spec.capacity = {Bytes::kib(8)};
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1);
      b.memory().gup(pin_of(0, 0), kThread);
      (void)b.access(0, 2);  // page 0 is first in, and stays
      CHILD_CHECK(b.on_device(0).resident == (PageMask::single(0) | PageMask::single(2)));
      b.memory().gup(pin_of(0, 2), kThread);
      // All that is there is held: what comes now is mapped where it is.
      CHILD_CHECK_EQ(b.access(0, 3), 1U);
      CHILD_CHECK(b.masks(1, 0).remote == PageMask::single(3));
      CHILD_CHECK_EQ(failures(b).out_of_memory, 1U);
      b.memory().unpin(address_of(0, 0), bytes_of(1));
      CHILD_CHECK_EQ(b.access(0, 4), 1U);
      CHILD_CHECK(b.on_device(0).resident == (PageMask::single(2) | PageMask::single(4)));
      b.memory().unpin(address_of(0, 0), bytes_of(512));
    });
    CHILD_CHECK_EQ(b.counters().eviction_pages, 2U);
  });
}

TEST_CASE("driver: a page pinned in one device's memory is mapped there by another device") {
  in_child([] {
    Bench b(priced("device_coherent", 2));
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      b.memory().gup(pin_of(0, 0), kThread);
      CHILD_CHECK_EQ(b.access(0, 0, true, 1), 1U);
      CHILD_CHECK(b.on_device(0, 0).resident == PageMask::single(0));
      CHILD_CHECK(b.masks(2, 0).remote == PageMask::single(0));
      CHILD_CHECK_EQ(failures(b).pinned, 1U);
      CHILD_CHECK_EQ(b.machine().host().held(), 0U);
      b.machine().check();
      // When it leaves, the mapping goes.
      b.memory().unpin(address_of(0, 0), bytes_of(1));
      b.memory().gup(pin_of(0, 0, 1, true), kThread);
      CHILD_CHECK(b.block(0).host == PageMask::single(0));
      CHILD_CHECK(b.on_device(0, 1).remote_mapped.none());
      CHILD_CHECK(b.masks(2, 0).remote.none());
      b.memory().unpin(address_of(0, 0), bytes_of(1));
    });
  });
}

TEST_CASE("driver: taking a page to write or pinning it ends its sharing with a child") {
  in_child([] {
    BenchSpec spec = priced("memremap_xarray");
    spec.kernel.fork.cow_fault.value = ns(900);
    Bench b(spec);
    b.run([&] {
      for (unsigned page = 0; page < 4; ++page) touch(b, 0, page);
      (void)b.access(0, 3);
      b.memory().fork();
      b.memory().gup(gup_of(0, 0), kThread);
      CHILD_CHECK(b.block(0).shared == PageMask::range(0, 4));
      GupRequest write = gup_of(0, 1);
      write.write = true;
      std::int64_t before = b.now_ns();
      b.memory().gup(write, kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + kEach + 900 + kPut);
      b.memory().gup(pin_of(0, 2), kThread);
      CHILD_CHECK(b.block(0).shared == (PageMask::single(0) | PageMask::single(3)));
      // From the device it comes back to be copied.
      write = gup_of(0, 3);
      write.write = true;
      before = b.now_ns();
      b.memory().gup(write, kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, kCall + kEach + 4 * kWalk + kPageTransfer + 900 + kPut);
      CHILD_CHECK_EQ(b.machine().host().held(), 4U + 3U);
      b.memory().unpin(address_of(0, 2), bytes_of(1));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 3U);
    CHILD_CHECK(op(b, KernelOp::kCow).time == ns(2'700));
  });
}

TEST_CASE("driver: a write on a coherent device to a shared page brings it back to copy it") {
  in_child([] {
    BenchSpec spec = priced("device_coherent");
    spec.kernel.fork.cow_fault.value = ns(900);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      (void)b.access(0, 1);
      b.memory().fork();
      GupRequest request = gup_of(0, 0);
      b.memory().gup(request, kThread);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(0, 2));
      request.write = true;
      b.memory().gup(request, kThread);
      CHILD_CHECK(b.block(0).host == PageMask::single(0));
      CHILD_CHECK(b.block(0).shared == PageMask::single(1));
      // A pin of what is not shared any more stays there.
      b.memory().gup(pin_of(0, 1), kThread);
      CHILD_CHECK(b.block(0).host == PageMask::range(0, 2));
      b.memory().unpin(address_of(0, 1), bytes_of(1));
    });
    CHILD_CHECK_EQ(b.counters().gup_pages, 2U);
  });
}

TEST_CASE("driver: special mappings have no pages to take on either path") {
  in_child([] {
    Bench b(priced("memremap_xarray"));
    map_as(b, VmaKind::kSpecial, 0, 8, 8);
    b.run([&] {
      touch(b, 0, 7);
      touch(b, 0, 8);
      b.memory().gup(pin_of(0, 7, 3), kThread);
      CHILD_CHECK(b.block(0).pinned == PageMask::single(7));
      CHILD_CHECK_EQ(failures(b).gup, 2U);
      CHILD_CHECK(b.block(0).host == PageMask::range(7, 9));  // nothing was allocated for page 9
      b.memory().gup(gup_of(0, 8), kThread);
      CHILD_CHECK_EQ(failures(b).gup, 3U);
      b.memory().unpin(address_of(0, 7), bytes_of(3));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kGupFast).calls, 0U);
  });
}

TEST_CASE("driver: absurd ranges of get_user_pages do no more than a bounded call") {
  in_child([] {
    BenchSpec spec = priced("memremap_xarray");
    spec.platform.host.memory.capacity.value = Bytes::gib(4);
    Bench b(spec);
    constexpr std::uint64_t kMost = MemoryManager::kMaxGupPages;
    b.run([&] {
      const auto call = [&](std::uint64_t address, std::uint64_t length) {
        const std::uint64_t before = failures(b).gup;
        const std::int64_t start = b.now_ns();
        b.memory().gup({.address = VirtualAddress(address), .length = Bytes(length), .pin = true}, kThread);
        return std::pair(failures(b).gup - before, b.now_ns() - start);
      };
      const std::pair<std::uint64_t, std::int64_t> nothing(0, 0);
      CHILD_CHECK(call(4096, 0) == nothing);
      CHILD_CHECK(call(~std::uint64_t{0}, 4096) == nothing);
      CHILD_CHECK(call(4096, ~std::uint64_t{0}) == nothing);
      CHILD_CHECK(call(std::uint64_t{1} << 63U, 1) == std::pair(std::uint64_t{1}, std::int64_t{0}));
      CHILD_CHECK_EQ(b.memory().residency().blocks(), 0U);
      const auto [left_out, time] = call(0, std::uint64_t{1} << 60U);
      CHILD_CHECK_EQ(left_out, (std::uint64_t{1} << 48U) - kMost);
      CHILD_CHECK_EQ(time, kCall + static_cast<std::int64_t>(kMost) * (kEach + 700));
      CHILD_CHECK_EQ(b.memory().residency().blocks(), kMost / kPagesPerBlock);
      b.memory().unpin(VirtualAddress(0), Bytes(std::uint64_t{1} << 60U));
      b.memory().unpin(VirtualAddress(~std::uint64_t{0}), Bytes(4096));
      // The last page of user memory, and one beyond.
      const auto last = call((std::uint64_t{1} << 48U) - 4096, 8192);
      CHILD_CHECK_EQ(last.first, 1U);
      b.memory().unpin(VirtualAddress(0), Bytes(std::uint64_t{1} << 60U));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kUnpin).pages, kMost + 1);
  });
}

TEST_CASE("driver: a pin waits for a page under way and takes it when it has come back") {
  in_child([] {
    Bench b(priced("memremap_xarray"));
    b.engine.spawn("stream", [&] { (void)b.access(0, 0); });
    b.run([&] {
      b.engine.sleep_until(ns(kOneFault - 500));
      CHILD_CHECK(b.block(0).transit == PageMask::single(0));
      b.memory().gup(pin_of(0, 0), kThread);
      CHILD_CHECK(b.block(0).host == PageMask::single(0));
      CHILD_CHECK(b.block(0).pinned == PageMask::single(0));
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + kCall + kEach + kWalk + kPageTransfer);
      b.memory().unpin(address_of(0, 0), bytes_of(1));
    });
    CHILD_CHECK_EQ(failures(b).in_migration, 1U);
  });
}

TEST_CASE("driver: the fast path does not take a page that is still on its way back") {
  in_child([] {
    Bench b(priced("memremap_xarray"));
    b.engine.spawn("thread", [&] {
      b.engine.sleep_until(ns(2 * kOneFault));
      touch(b, 0, 0, true, 7);
    });
    b.run([&] {
      (void)b.access(0, 0);
      b.engine.sleep_until(ns(2 * kOneFault + kTrap + kWalk + 500));
      CHILD_CHECK(b.block(0).host == PageMask::single(0));
      CHILD_CHECK(b.block(0).transit == PageMask::single(0));
      b.memory().gup(gup_of(0, 0), kThread);
      // Waits for the page, and then pays for the slow path.
      CHILD_CHECK_EQ(b.now_ns(), 2 * kOneFault + kTrap + kWalk + kPageTransfer + kCall + kEach + kPut);
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kGupFast).calls, 0U);
    CHILD_CHECK_EQ(failures(b).in_migration, 1U);
  });
}

TEST_CASE("driver: without a kernel there are no system calls") {
  in_child([] {
    Bench b((BenchSpec()));
    b.run([&] {
      touch(b, 0, 0);
      const std::int64_t before = b.now_ns();
      b.memory().gup(pin_of(0, 0), kThread);
      b.memory().unpin(address_of(0, 0), bytes_of(1));
      b.memory().fork();
      b.memory().child_exits();
      CHILD_CHECK_EQ(b.now_ns(), before);
      CHILD_CHECK(b.block(0).pinned.none());
      CHILD_CHECK(b.block(0).shared.none());
      CHILD_CHECK_EQ(b.memory().children(), 0U);
    });
  });
}

}  // namespace gup_test
}  // namespace farfault
