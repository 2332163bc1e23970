#include <doctest/doctest.h>

#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace staging_test {

using engine::testing::in_child;
using namespace testing;

constexpr std::int64_t kCall = 10'000;
/// CPU copy to the buffer at 4 GB/s, and then the transfer.
constexpr std::int64_t staged(std::int64_t pages) { return kCall + pages * 1024 + 100 + pages * 1024; }

BenchSpec library(double adoption = 1.0, std::size_t devices = 1) {
  BenchSpec spec = hmm_spec("driver_vma", devices);
  spec.design.library.adoption.value = adoption;
  spec.design.library.staging_call.value = ns(kCall);
  spec.design.library.staging_copy.value = Bandwidth::gigabytes_per_second(4);
  return spec;
}

/// A device's access as a stream's: stages first, if that is needed. Returns the time that this took.
std::int64_t use(Bench& b, std::uint64_t block, unsigned page, bool write = false, std::uint32_t id = 0,
                 std::uint32_t owner = kThread) {
  const std::int64_t before = b.now_ns();
  while (b.memory().needs_staging(DeviceId(id), b.slot(block), page)) {
    b.memory().stage(DeviceId(id), b.slot(block), page, owner);
  }
  const std::int64_t time = b.now_ns() - before;
  (void)b.access(block, page, write, id);
  return time;
}

TEST_CASE("driver: pages that the library did not allocate are copied for each launch") {
  in_child([] {
    Bench b(library());
    map_as(b, VmaKind::kHeap, 0, 8, 8);
    b.run([&] {
      touch(b, 0, 9);
      // All of the mapping in this block comes at once.
      CHILD_CHECK_EQ(use(b, 0, 10), staged(8));
      CHILD_CHECK(b.on_device(0).copies == PageMask::range(8, 16));
      CHILD_CHECK(b.block(0).host == PageMask::range(8, 16));
      CHILD_CHECK_EQ(use(b, 0, 12), 0);
      CHILD_CHECK(b.memory().has_staged(DeviceId(0)));
      // Read only: nothing goes back.
      const std::int64_t before = b.now_ns();
      b.memory().end_launch(DeviceId(0), kThread);
      CHILD_CHECK_EQ(b.now_ns(), before);
      CHILD_CHECK(!b.memory().has_staged(DeviceId(0)));
      CHILD_CHECK(b.on_device(0).resident.none());
      CHILD_CHECK_EQ(use(b, 0, 10), staged(8));  // the next launch pays again
      b.memory().end_launch(DeviceId(0), kThread);
    });
    CHILD_CHECK_EQ(b.counters().staged_in, 16U);
    CHILD_CHECK_EQ(b.counters().staged_out, 16U);
    CHILD_CHECK_EQ(b.counters().staged_back, 0U);
    CHILD_CHECK_EQ(b.counters().raised, 0U);
    CHILD_CHECK_EQ(b.traffic(LinkDirection::kToDevice, Cause::kStaging), 16U * 4096);
    CHILD_CHECK(b.memory().staging_time() == ns(2 * staged(8)));
  });
}

TEST_CASE("driver: what a launch wrote is copied back at its end") {
  in_child([] {
    Bench b(library());
    map_as(b, VmaKind::kStack, 0, 0, 8);
    map_as(b, VmaKind::kFile, 1, 0, 4);
    b.run([&] {
      (void)use(b, 0, 0);
      (void)use(b, 0, 2, true);
      (void)use(b, 0, 3, true);
      (void)use(b, 0, 7, true);
      (void)use(b, 1, 0);
      const std::int64_t before = b.now_ns();
      b.memory().end_launch(DeviceId(0), kThread);
      // One call for the block that was written; three pages in two pieces.
      CHILD_CHECK_EQ(b.now_ns() - before, staged(3) + 100);
      CHILD_CHECK(b.block(0).host == PageMask::range(0, 8));
    });
    CHILD_CHECK_EQ(b.counters().staged_in, 12U);
    CHILD_CHECK_EQ(b.counters().staged_out, 12U);
    CHILD_CHECK_EQ(b.counters().staged_back, 3U);
    CHILD_CHECK_EQ(b.traffic(LinkDirection::kToHost, Cause::kStaging), 3U * 4096);
    CHILD_CHECK_EQ(b.counters().piece_bytes_to_host.count(), 2U);
  });
}

TEST_CASE("driver: pages on their way back from a launch are waited for") {
  in_child([] {
    Bench b(library());
    map_as(b, VmaKind::kHeap, 0, 0, 1);
    std::int64_t end = 0;
    b.engine.spawn("stream", [&] {
      (void)use(b, 0, 0, true);
      b.memory().end_launch(DeviceId(0), 7);
      end = b.now_ns();
      CHILD_CHECK_EQ(end, 2 * staged(1));
    });
    b.run([&] {
      b.engine.sleep_until(ns(2 * staged(1) - 10));
      CHILD_CHECK(b.memory().host_would_wait(b.slot(0), 0));
      touch(b, 0, 0);
      CHILD_CHECK_EQ(b.now_ns(), 2 * staged(1));
    });
  });
}

TEST_CASE("driver: the library's pages stay on the device and CPUs reach them through the BAR") {
  in_child([] {
    Bench b(library());
    b.run([&] {
      (void)b.access(0, 0, true);
      CHILD_CHECK(!b.memory().needs_staging(DeviceId(0), b.slot(0), 1));
      const std::int64_t before = b.now_ns();
      CHILD_CHECK(!b.memory().host_would_wait(b.slot(0), 0));
      CHILD_CHECK(touch(b, 0, 0, true) == HostAccess::Way::kBar);
      CHILD_CHECK(touch(b, 0, 0, false) == HostAccess::Way::kBar);
      CHILD_CHECK_EQ(b.now_ns(), before);
      b.memory().end_launch(DeviceId(0), kThread);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(0));
    });
    CHILD_CHECK_EQ(b.machine().host().counters().migrate_faults, 0U);
  });
}

TEST_CASE("driver: without a BAR a CPU's access to the library's device pages fails") {
  in_child([] {
    BenchSpec spec = library();
    spec.design.library.bar = BarAccess::kNone;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, true);
      CHILD_CHECK(touch(b, 0, 0, true) == HostAccess::Way::kFailed);
      CHILD_CHECK(touch(b, 0, 1, true) == HostAccess::Way::kLocal);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(0));
    });
  });
}

/// A letter for each of private anonymous, heap, stack, file: L the library's, S staged.
std::string owners(double adoption, bool interpose) {
  return engine::testing::output_of_child([=] {
    BenchSpec spec = library(adoption);
    spec.design.library.interpose = interpose;
    Bench b(spec);
    std::string text;
    std::uint64_t block = 0;
    for (const VmaKind kind : {VmaKind::kPrivateAnonymous, VmaKind::kHeap, VmaKind::kStack, VmaKind::kFile}) {
      map_as(b, kind, block, 0, 8);
      text += b.memory().needs_staging(DeviceId(0), b.slot(block), 0) ? 'S' : 'L';
      ++block;
    }
    map_as(b, VmaKind::kSpecial, block, 0, 8);
    CHILD_CHECK(!b.memory().needs_staging(DeviceId(0), b.slot(block), 0));
    return text;
  });
}

TEST_CASE("driver: the library allocates as many mappings as adopt it and all anonymous ones with interposition") {
  CHECK(owners(0.0, false) == "SSSS");
  CHECK(owners(1.0, false) == "LSSS");
  CHECK(owners(0.0, true) == "LSSS");
}

TEST_CASE("driver: half adoption takes half of the mappings and the same ones in every run") {
  const auto run = [] {
    return engine::testing::output_of_child([] {
      Bench b(library(0.5));
      std::string text;
      for (std::uint64_t block = 0; block < 1'000; ++block) {
        map_as(b, VmaKind::kPrivateAnonymous, block, 7, 3);
        text += b.memory().needs_staging(DeviceId(0), b.slot(block), 8) ? 'S' : 'L';
      }
      // What is unmapped of a mapping changes nothing about the rest.
      for (std::uint64_t block = 0; block < 1'000; ++block) {
        b.memory().address_space().unmap(address_of(block, 7), kPageSize);
        CHILD_CHECK_EQ(b.memory().needs_staging(DeviceId(0), b.slot(block), 8), text[block] == 'S');
      }
      return text;
    });
  };
  const std::string first = run();
  const auto mine = std::count(first.begin(), first.end(), 'L');
  CHECK(mine > 450);
  CHECK(mine < 550);
  CHECK(run() == first);
}

TEST_CASE("driver: a launch that needs more than the device has copies page by page and pushes out") {
  in_child([] {
    BenchSpec spec = library();
    spec.capacity = {Bytes::kib(8)};
    Bench b(spec);
    map_as(b, VmaKind::kHeap, 0, 0, 4);
    b.run([&] {
      CHILD_CHECK_EQ(use(b, 0, 0, true), staged(1));
      CHILD_CHECK_EQ(use(b, 0, 1), staged(1));
      // The first one leaves, and goes back since it was written.
      CHILD_CHECK_EQ(use(b, 0, 2), 2 * staged(1));
      CHILD_CHECK(b.on_device(0).copies == PageMask::range(1, 3));
      b.machine().check();
      b.memory().end_launch(DeviceId(0), kThread);
    });
    CHILD_CHECK_EQ(b.counters().staged_in, 3U);
    CHILD_CHECK_EQ(b.counters().staged_back, 1U);
    CHILD_CHECK_EQ(b.counters().evicted_chunks, 1U);
    CHILD_CHECK_EQ(b.counters().eviction_pages, 0U);
  });
}

TEST_CASE("driver: two launches that copy into one page of memory take turns") {
  in_child([] {
    BenchSpec spec = library();
    spec.capacity = {Bytes::kib(4)};
    Bench b(spec);
    map_as(b, VmaKind::kHeap, 0, 0, 1);
    map_as(b, VmaKind::kHeap, 1, 0, 1);
    b.engine.spawn("other", [&] { CHILD_CHECK_EQ(use(b, 1, 0, true, 0, 7), staged(1)); });
    b.run([&] {
      // Found all memory in the other's hands, waited, and pushed out what it had written.
      CHILD_CHECK_EQ(use(b, 0, 0), 3 * staged(1));
      b.memory().end_launch(DeviceId(0), kThread);
    });
  });
}

TEST_CASE("driver: no room for a launch's copies at all is an error of the input") {
  in_child([] {
    BenchSpec spec = library();
    spec.capacity = {Bytes(0)};
    Bench b(spec);
    map_as(b, VmaKind::kHeap, 0, 0, 1);
    b.engine.spawn("test", [&] { (void)use(b, 0, 0); });
    std::string said;
    try {
      b.engine.run();
    } catch (const InputError& error) {
      said = error.what();
    }
    CHILD_CHECK(said.find("no room to copy a page for a kernel launch") != std::string::npos);
  });
}

TEST_CASE("driver: the library's pages push copies out and the other way round") {
  in_child([] {
    BenchSpec spec = library();
    spec.capacity = {Bytes::kib(8)};
    Bench b(spec);
    map_as(b, VmaKind::kHeap, 0, 0, 2);
    b.run([&] {
      CHILD_CHECK_EQ(use(b, 0, 1, true), staged(2));
      (void)b.access(1, 0);
      CHILD_CHECK(b.on_device(0).copies == PageMask::single(1));
      CHILD_CHECK_EQ(b.counters().staged_back, 0U);  // page 0 was clean
      (void)b.access(1, 1);
      CHILD_CHECK_EQ(b.counters().staged_back, 1U);
      CHILD_CHECK(!b.memory().has_staged(DeviceId(0)));
      CHILD_CHECK_EQ(use(b, 0, 0), 2 * kPageTransfer + staged(2));
      CHILD_CHECK(b.on_device(1).resident.none());
      b.memory().end_launch(DeviceId(0), kThread);
    });
    CHILD_CHECK_EQ(b.counters().eviction_pages, 2U);
  });
}

TEST_CASE("driver: munmap takes a launch's copies with it") {
  in_child([] {
    Bench b(library());
    map_as(b, VmaKind::kHeap, 0, 0, 4);
    map_as(b, VmaKind::kHeap, 1, 0, 1);
    b.run([&] {
      (void)use(b, 0, 0, true);
      (void)use(b, 1, 0, true);
      b.memory().free_pages(address_of(0), bytes_of(2));
      CHILD_CHECK(b.on_device(0).copies == PageMask::range(2, 4));
      b.machine().check();
      b.memory().free_pages(address_of(0), bytes_of(512));
      CHILD_CHECK(b.memory().has_staged(DeviceId(0)));
      b.memory().free_pages(address_of(1), bytes_of(512));
      CHILD_CHECK(!b.memory().has_staged(DeviceId(0)));
      const std::int64_t before = b.now_ns();
      b.memory().end_launch(DeviceId(0), kThread);
      CHILD_CHECK_EQ(b.now_ns(), before);
    });
    CHILD_CHECK_EQ(b.counters().staged_out, 5U);
    CHILD_CHECK_EQ(b.counters().staged_back, 0U);
    CHILD_CHECK_EQ(b.machine().host().held(), 0U);
  });
}

TEST_CASE("driver: a launch's copies are written across a fork and copied when they go back") {
  in_child([] {
    BenchSpec spec = library();
    spec.kernel.fork.cow_fault.value = ns(900);
    Bench b(spec);
    map_as(b, VmaKind::kHeap, 0, 0, 4);
    b.run([&] {
      (void)use(b, 0, 0, true);
      b.memory().fork();
      CHILD_CHECK_EQ(b.access(0, 1, true), 0U);  // no fault: the copy is the launch's own
      CHILD_CHECK_EQ(b.machine().host().held(), 4U);
      const std::int64_t before = b.now_ns();
      b.memory().end_launch(DeviceId(0), kThread);
      CHILD_CHECK_EQ(b.now_ns() - before, staged(2) + 2 * 900);
      CHILD_CHECK_EQ(b.machine().host().held(), 6U);
      CHILD_CHECK(b.block(0).shared == PageMask::range(2, 4));
    });
    CHILD_CHECK_EQ(b.counters().staged_back, 2U);
    CHILD_CHECK_EQ(b.counters().cow_pages, 0U);
  });
}

TEST_CASE("driver: a pinned page is copied for a launch and stays") {
  in_child([] {
    BenchSpec spec = library();
    spec.capacity = {Bytes::kib(4)};
    Bench b(spec);
    map_as(b, VmaKind::kHeap, 0, 0, 1);
    b.run([&] {
      touch(b, 0, 0);
      b.memory().gup(pin_of(0, 0, 1, true), kThread);
      CHILD_CHECK_EQ(use(b, 0, 0), staged(1));
      CHILD_CHECK_EQ(b.access(1, 0), 1U);  // its copy may be pushed out
      CHILD_CHECK(b.on_device(0).copies.none());
      CHILD_CHECK(b.block(0).pinned == PageMask::single(0));
      b.memory().unpin(address_of(0), bytes_of(1));
    });
    CHILD_CHECK_EQ(failures(b).out_of_memory, 0U);
  });
}

TEST_CASE("driver: each device has a copy of its own") {
  in_child([] {
    Bench b(library(1.0, 2));
    map_as(b, VmaKind::kHeap, 0, 0, 2);
    b.run([&] {
      CHILD_CHECK_EQ(use(b, 0, 0, true, 0), staged(2));
      CHILD_CHECK_EQ(use(b, 0, 0, false, 1), staged(2));
      b.machine().check();
      b.memory().end_launch(DeviceId(0), kThread);
      CHILD_CHECK(b.on_device(0, 0).copies.none());
      CHILD_CHECK(b.on_device(0, 1).copies == PageMask::range(0, 2));
      b.memory().end_launch(DeviceId(1), kThread);
    });
    CHILD_CHECK_EQ(b.counters(0).staged_back, 1U);
    CHILD_CHECK_EQ(b.counters(1).staged_back, 0U);
  });
}

TEST_CASE("driver: a mapping that changes hands takes its pages along") {
  in_child([] {
    Bench b(library(1.0, 2));
    map_as(b, VmaKind::kPrivateAnonymous, 0, 0, 2);
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      (void)b.access(0, 1, true, 0);
      // Mapped over without an munmap, as some traces do: device 0 still has the library's pages.
      map_as(b, VmaKind::kHeap, 0, 0, 2);
      CHILD_CHECK(!b.memory().needs_staging(DeviceId(0), b.slot(0), 0));
      CHILD_CHECK_EQ(use(b, 0, 0, true, 1), staged(2) + 100 + 2 * 1024);
      CHILD_CHECK(b.on_device(0, 0).resident.none());
      CHILD_CHECK(b.block(0).host == PageMask::range(0, 2));
      b.machine().check();
      // And back: device 0 takes what device 1 has a copy of.
      map_as(b, VmaKind::kPrivateAnonymous, 0, 0, 2);
      (void)b.access(0, 0, true, 0);
      CHILD_CHECK(b.on_device(0, 0).resident == PageMask::single(0));
      CHILD_CHECK(b.on_device(0, 1).copies == PageMask::single(1));
      b.memory().end_launch(DeviceId(1), kThread);
    });
    CHILD_CHECK_EQ(b.counters(0).peer_pages, 2U);
    CHILD_CHECK_EQ(b.counters(1).staged_back, 1U);
  });
}

}  // namespace staging_test
}  // namespace farfault
