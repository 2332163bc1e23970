#include <doctest/doctest.h>

#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace contention_test {

using engine::testing::in_child;
using namespace testing;

/// Walk of a host table that has the block's leaf: all four levels.
constexpr std::int64_t kDeepWalk = 4 * kWalk;
/// And of one that has a neighbour's: all but the leaf.
constexpr std::int64_t kNearWalk = 3 * kWalk;
constexpr std::int64_t kStart = 2'000'000;

/// Starts `threads` host threads at kStart that each fault on a page of a block, and notes when each is done.
void fault_at_once(Bench& b, unsigned threads, const std::function<std::pair<std::uint64_t, unsigned>(unsigned)>& where,
                   std::vector<std::int64_t>& done) {
  done.assign(threads, 0);
  for (unsigned i = 0; i < threads; ++i) {
    b.engine.spawn("thread", [&, i, where] {
      const std::uint32_t owner = b.machine().new_owner();
      b.engine.sleep_until(ns(kStart));
      const auto [block, page] = where(i);
      touch(b, block, page, true, owner);
      done[i] = b.now_ns() - kStart;
    });
  }
}

TEST_CASE("driver: threads that fault on pages of one block take turns in the order of their coming") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.prefetch = make_block64k;
    Bench b(spec);
    std::vector<std::int64_t> done;
    fault_at_once(b, 5, [](unsigned i) { return std::pair(std::uint64_t{0}, i); }, done);
    b.run([&] {
      (void)b.access(0, 0);
      b.engine.sleep_until(ns(kStart + 1'000'000));
    });
    std::int64_t expected = kTrap + kWalk + kPageTransfer;
    for (unsigned i = 0; i < 5; ++i) {
      CHILD_CHECK_EQ(done[i], expected);
      expected += kTrap + kDeepWalk + kPageTransfer;
    }
    CHILD_CHECK_EQ(failures(b).locked, 1U + 2 + 3 + 4);
    CHILD_CHECK_EQ(failures(b).in_migration, 0U);
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 5U);
  });
}

TEST_CASE("driver: threads that fault on one page bring it once and wait for it") {
  in_child([] {
    Bench b(hmm_spec());
    std::vector<std::int64_t> done;
    fault_at_once(b, 4, [](unsigned) { return std::pair(std::uint64_t{0}, 0U); }, done);
    b.run([&] {
      (void)b.access(0, 0);
      b.engine.sleep_until(ns(kStart + 1'000'000));
    });
    for (const std::int64_t each : done) CHILD_CHECK_EQ(each, kTrap + kWalk + kPageTransfer);
    CHILD_CHECK_EQ(b.counters().cpu_fault_pages, 1U);
    CHILD_CHECK_EQ(failures(b).locked, 3U);
  });
}

TEST_CASE("driver: threads that fault in different blocks share only the copy engine") {
  in_child([] {
    Bench b(hmm_spec());
    std::vector<std::int64_t> done;
    fault_at_once(b, 4, [](unsigned i) { return std::pair(std::uint64_t{i}, 9U); }, done);
    b.run([&] {
      b.raise(0, {9});
      b.raise(1, {9});
      b.raise(2, {9});
      (void)b.access(3, 9);
      b.engine.sleep_until(ns(kStart + 1'000'000));
    });
    for (unsigned i = 0; i < 4; ++i) CHILD_CHECK_EQ(done[i], kTrap + kWalk + (i + 1) * kPageTransfer);
    CHILD_CHECK_EQ(failures(b).locked, 0U);
  });
}

TEST_CASE("driver: a writer of mmap_lock comes between threads that fault") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.kernel.unmap.call.value = ns(30'000);
    Bench b(spec);
    std::vector<std::int64_t> done;
    fault_at_once(b, 2, [](unsigned i) { return std::pair(std::uint64_t{i}, 0U); }, done);
    b.engine.spawn("writer", [&] {
      b.engine.sleep_until(ns(kStart + 100));
      b.memory().free_pages(address_of(9), bytes_of(1));  // nothing is there
      CHILD_CHECK_EQ(b.now_ns(), kStart + kTrap + kWalk + 2 * kPageTransfer + 30'000);
    });
    b.engine.spawn("late", [&] {
      b.engine.sleep_until(ns(kStart + 200));
      touch(b, 2, 0, true, 50);
      CHILD_CHECK_EQ(b.now_ns(),
                     kStart + (kTrap + kWalk + 2 * kPageTransfer) + 30'000 + (kTrap + kNearWalk + kPageTransfer));
    });
    b.run([&] {
      b.raise(0, {0});
      b.raise(1, {0});
      (void)b.access(2, 0);
      b.engine.sleep_until(ns(kStart + 1'000'000));
    });
    CHILD_CHECK_EQ(done[0], kTrap + kWalk + kPageTransfer);
    CHILD_CHECK_EQ(done[1], kTrap + kWalk + 2 * kPageTransfer);
    const std::int64_t writer = kTrap + kWalk + 2 * kPageTransfer - 100;
    const std::int64_t late = kTrap + kWalk + 2 * kPageTransfer + 30'000 - 200;
    CHILD_CHECK(b.memory().mmap_lock()->waited() == ns(writer + late));
  });
}

TEST_CASE("driver: a thread that faults waits for a service to be done with its block") {
  in_child([] {
    Bench b(hmm_spec());
    b.engine.spawn("stream", [&] {
      (void)b.access(0, 0);
      b.engine.sleep_until(ns(kStart));
      (void)b.access(0, 1);
      CHILD_CHECK_EQ(b.now_ns(), kStart + kOneFault);
    });
    b.run([&] {
      b.engine.sleep_until(ns(kStart + kInterrupt + 10));
      CHILD_CHECK(b.block(0).owner != 0);
      const std::int64_t before = b.now_ns();
      touch(b, 0, 0);
      CHILD_CHECK_EQ(b.now_ns() - before, kBatch + kPageMapped + kPageTransfer - 10 + kTrap + kWalk + kPageTransfer);
    });
    CHILD_CHECK_EQ(failures(b).locked, 1U);
  });
}

TEST_CASE("driver: a service reads its batch while another has its block and then waits") {
  const auto served = [](std::int64_t held, std::int64_t expected) {
    in_child([=] {
      Bench b(hmm_spec());
      b.engine.spawn("stream", [&] {
        (void)b.access(0, 1);
        CHILD_CHECK_EQ(b.now_ns(), expected);
      });
      b.run([&] {
        b.engine.sleep_until(ns(kInterrupt - 10));
        ServiceWork work(77, 1);
        CHILD_CHECK(b.memory().try_lock(b.slot(0), work));
        b.engine.sleep_for(ns(held));
        b.memory().unlock(work);
      });
      CHILD_CHECK_EQ(failures(b).locked, 1U);
    });
  };
  served(50'000, kOneFault);
  served(200'000, kInterrupt - 10 + 200'000 + kPageMapped + kPageTransfer);
}

TEST_CASE("driver: a copy on write that outruns a device's service makes it get its pages again") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.driver().replay_time.value = ns(50'000);
    spec.kernel.notifier.retry.value = ns(9'000);
    Bench b(spec);
    std::int64_t end = 0;
    b.engine.spawn("stream", [&] {
      b.engine.sleep_until(ns(kStart));
      CHILD_CHECK_EQ(b.access(0, 0), 1U);
      end = b.now_ns();
    });
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      touch(b, 1, 0);
      b.memory().fork();
      b.engine.sleep_until(ns(kStart + kOneFault + 20'000));  // served, and not replayed yet
      touch(b, 1, 0);                                         // of another block: nobody is outrun
      touch(b, 0, 1);
      b.engine.sleep_until(ns(2 * kStart));
    });
    CHILD_CHECK_EQ(end, kStart + kOneFault + 50'000 + 9'000);
    CHILD_CHECK_EQ(failures(b).mirror, 1U);
    CHILD_CHECK_EQ(op(b, KernelOp::kRetry).calls, 1U);
    CHILD_CHECK(op(b, KernelOp::kRetry).time == ns(9'000));
  });
}

TEST_CASE("driver: an invalidation before a block is served or after its replay makes nobody retry") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.driver().replay_time.value = ns(50'000);
    spec.kernel.notifier.retry.value = ns(9'000);
    Bench b(spec);
    b.engine.spawn("stream", [&] {
      b.engine.sleep_until(ns(kStart));
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kStart + kOneFault + 50'000);
    });
    b.run([&] {
      for (unsigned page = 0; page < 3; ++page) touch(b, 0, page);
      b.memory().fork();
      b.engine.sleep_until(ns(kStart + 500'000));
      touch(b, 0, 1);
      b.engine.sleep_until(ns(kStart + kOneFault + 60'000));
      touch(b, 0, 2);
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 2U);
    CHILD_CHECK_EQ(failures(b).mirror, 0U);
  });
}

TEST_CASE("driver: a munmap that outruns a service makes it retry and its access fault again") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.driver().replay_time.value = ns(50'000);
    spec.kernel.notifier.retry.value = ns(9'000);
    Bench b(spec);
    b.engine.spawn("stream", [&] { CHILD_CHECK_EQ(b.access(0, 0), 2U); });
    b.run([&] {
      b.engine.sleep_until(ns(kOneFault + 20'000));
      b.memory().free_pages(address_of(0), bytes_of(1));
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + 20'000);
      b.engine.sleep_until(ns(3 * kStart));
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(0));
    });
    CHILD_CHECK_EQ(failures(b).mirror, 1U);
    CHILD_CHECK_EQ(b.counters().unmapped_pages, 1U);
  });
}

TEST_CASE("driver: a worker that answers several batches with one replay is not outrun by its own copies") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.driver().replay = ReplayPolicy::kOnce;
    spec.driver().batch_size.value = 1;
    Bench b(spec);
    b.run([&] {
      touch(b, 0, 0);
      touch(b, 0, 1);
      b.memory().fork();
      for (const unsigned page : {0U, 1U}) {
        Fault fault;
        fault.block = b.slot(0);
        fault.page = static_cast<std::uint16_t>(page);
        fault.write = page == 1;
        fault.raised = b.engine.now();
        CHILD_CHECK(b.device().raise(fault));
      }
      b.wait_until_idle();
    });
    CHILD_CHECK_EQ(b.counters().batches, 2U);
    CHILD_CHECK_EQ(b.counters().replays, 1U);
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 1U);
    CHILD_CHECK_EQ(failures(b).mirror, 0U);
  });
}

TEST_CASE("driver: a write to a shared page survives new blocks that others see while it waits") {
  in_child([] {
    Bench b(hmm_spec());
    b.engine.spawn("writer", [&] {
      b.engine.sleep_until(ns(10'000));
      b.memory().mmap_lock()->lock();
      for (std::uint64_t number = 1; number < 5'000; ++number) (void)b.slot(number);
      b.engine.sleep_for(ns(1'000));
      b.memory().mmap_lock()->unlock();
    });
    b.run([&] {
      touch(b, 0, 0);
      b.memory().fork();
      b.engine.sleep_until(ns(10'500));
      touch(b, 0, 0);
      CHILD_CHECK_EQ(b.now_ns(), 11'000);
      CHILD_CHECK(b.block(0).shared.none());
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 1U);
  });
}

TEST_CASE("driver: a write to a shared page that was unmapped while it waited touches a new page") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.kernel.fork.cow_fault.value = ns(900);
    spec.kernel.unmap.call.value = ns(10'000);
    Bench b(spec);
    b.engine.spawn("writer", [&] {
      b.engine.sleep_until(ns(kStart));
      b.memory().free_pages(address_of(0), bytes_of(1));
      b.memory().child_exits();
    });
    b.engine.spawn("reader", [&] {  // who keeps the writer from its work until the thread waits too
      b.engine.sleep_until(ns(kStart - 100));
      const SharedHold hold(b.memory().mmap_lock());
      b.engine.sleep_until(ns(kStart + 8'000));
    });
    b.run([&] {
      touch(b, 0, 0);
      b.memory().fork();
      b.engine.sleep_until(ns(kStart + 5'000));
      touch(b, 0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kStart + 18'000 + 700);
      CHILD_CHECK_EQ(b.machine().host().held(), 1U);
      CHILD_CHECK(b.masks(0, 0).writable == PageMask::single(0));
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kCow).calls, 0U);
    CHILD_CHECK_EQ(b.machine().host().counters().minor_faults, 2U);
  });
}

TEST_CASE("driver: a fetch that waits behind a writer survives that its page is gone") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.kernel.unmap.call.value = ns(10'000);
    Bench b(spec);
    b.engine.spawn("writer", [&] {
      b.engine.sleep_until(ns(kStart));
      b.memory().free_pages(address_of(0), bytes_of(1));
    });
    b.run([&] {
      (void)b.access(0, 0);
      b.engine.sleep_until(ns(kStart + 5'000));
      touch(b, 0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kStart + 10'000 + 700);  // a new page
    });
    CHILD_CHECK_EQ(b.machine().host().counters().minor_faults, 1U);
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 0U);
  });
}

}  // namespace contention_test
}  // namespace farfault
