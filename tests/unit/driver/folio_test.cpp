#include <doctest/doctest.h>

#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace folio_test {

using engine::testing::in_child;
using namespace testing;

constexpr std::int64_t kInFolio = 7'000;
constexpr std::int64_t kInPage = 2;
constexpr std::int64_t kOutFolio = 900;
constexpr std::int64_t kSplit = 20'000;
constexpr std::int64_t kWhole = 512;
constexpr std::int64_t kBlockTransfer = 100 + kWhole * 1024;

/// Brings whatever is left of a block beside page 0, and nothing beside any other page.
class WithPageZero final : public Prefetcher {
 public:
  std::string_view name() const override { return "with_page_zero/1"; }
  PageMask select(const PrefetchRequest& request) override {
    return request.faulted.test(0) ? request.eligible : PageMask();
  }
};

BenchSpec folios(bool thp = true, FolioSize device = FolioSize::k2MiB, std::size_t devices = 1) {
  BenchSpec spec = hmm_spec("memremap_xarray", devices);
  spec.kernel.thp = thp;
  spec.kernel.split_folio.value = ns(kSplit);
  spec.kernel.page_free.value = ns(11);
  spec.design.folio = device;
  spec.design.to_device.install.folio.value = ns(kInFolio);
  spec.design.to_device.install.page.value = ns(kInPage);
  spec.design.to_host.unmap.folio.value = ns(kOutFolio);
  spec.prefetch = [] { return std::make_unique<WithPageZero>(); };
  return spec;
}

std::uint64_t folios_of(Bench& b, Direction direction) { return b.machine().kernel()->counter(direction).folios; }

TEST_CASE("driver: a whole block moves as one folio at the price of one") {
  in_child([] {
    BenchSpec spec = folios();
    spec.driver().cpu_fault_granularity.value = kBlockSize;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + kPageMapped + kInFolio + kWhole * kInPage + kBlockTransfer);
      CHILD_CHECK(b.on_device(0).folio);
      const std::int64_t before = b.now_ns();
      touch(b, 0, 100);
      CHILD_CHECK_EQ(b.now_ns() - before, kTrap + kWalk + kOutFolio + 11 + kBlockTransfer);
      CHILD_CHECK(b.block(0).host.full());
      CHILD_CHECK(!b.block(0).split);
      (void)b.access(0, 0);
      CHILD_CHECK(b.on_device(0).folio);
    });
    CHILD_CHECK_EQ(b.counters().allocated_folios, 2U);
    CHILD_CHECK_EQ(b.counters().freed_folios, 1U);
    CHILD_CHECK_EQ(b.counters().split_folios, 0U);
    CHILD_CHECK_EQ(folios_of(b, Direction::kToDevice), 2U);
    CHILD_CHECK_EQ(folios_of(b, Direction::kToHost), 1U);
    CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 0U);
  });
}

TEST_CASE("driver: a folio splits when a CPU fault wants a part of it") {
  in_child([] {
    Bench b(folios());
    b.run([&] {
      (void)b.access(0, 0);
      std::int64_t before = b.now_ns();
      touch(b, 0, 100);
      CHILD_CHECK_EQ(b.now_ns() - before, kTrap + kWalk + kOutFolio + 11 + kSplit + kPageTransfer);
      CHILD_CHECK(!b.on_device(0).folio);
      CHILD_CHECK(b.block(0).split);
      b.machine().check();
      // The next one finds pages.
      before = b.now_ns();
      touch(b, 0, 101);
      CHILD_CHECK_EQ(b.now_ns() - before, kTrap + 4 * kWalk + kOutFolio + 11 + kPageTransfer);
      // And so does what takes all of it back.
      before = b.now_ns();
      (void)b.access(0, 100);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + kInFolio + kInPage);
    });
    CHILD_CHECK_EQ(b.counters().split_folios, 1U);
    CHILD_CHECK_EQ(b.counters().allocated_folios, 2U);
    CHILD_CHECK_EQ(b.counters().freed_folios, 2U);
    CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 1U);
  });
}

TEST_CASE("driver: a host folio splits when a device wants a part of it") {
  in_child([] {
    Bench b(folios());
    b.run([&] {
      (void)b.access(0, 5);
      CHILD_CHECK_EQ(b.now_ns(), kOneFault + kInFolio + kInPage + kSplit);
      CHILD_CHECK(b.block(0).split);
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 6);
      CHILD_CHECK_EQ(b.now_ns() - before, kOneFault + kInFolio + kInPage);
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 1U);
    CHILD_CHECK_EQ(b.counters().split_folios, 0U);
    CHILD_CHECK_EQ(failures(b).folios, 0U);
  });
}

TEST_CASE("driver: without huge pages on the host a design with folios moves pages") {
  in_child([] {
    BenchSpec spec = folios(false);
    spec.driver().cpu_fault_granularity.value = kBlockSize;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + kWhole * (kPageMapped + kInFolio + kInPage) + kBlockTransfer);
      CHILD_CHECK(!b.on_device(0).folio);
      touch(b, 0, 3);
    });
    CHILD_CHECK_EQ(folios_of(b, Direction::kToDevice), 512U);
    CHILD_CHECK_EQ(folios_of(b, Direction::kToHost), 512U);
    CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 0U);
    CHILD_CHECK_EQ(b.counters().freed_folios, 512U);
    CHILD_CHECK_EQ(failures(b).folios, 0U);
  });
}

TEST_CASE("driver: a design of 4 KiB pages splits what it moves once") {
  in_child([] {
    BenchSpec spec = folios(true, FolioSize::k4KiB);
    spec.driver().cpu_fault_granularity.value = kBlockSize;
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns(),
                     kInterrupt + kBatch + kWhole * (kPageMapped + kInFolio + kInPage) + kSplit + kBlockTransfer);
      touch(b, 0, 3);
      (void)b.access(0, 0);
    });
    CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 1U);
    CHILD_CHECK_EQ(failures(b).folios, 0U);
  });
}

TEST_CASE("driver: a folio comes as pages where no chunk of 2 MiB is free") {
  in_child([] {
    BenchSpec spec = folios();
    spec.capacity = {kBlockSize + kPageSize};
    Bench b(spec);
    b.run([&] {
      (void)b.access(1, 1);  // takes the single page of the last, partial chunk
      (void)b.access(1, 2);
      CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 1U);
      // First in, first out: the single page is free, and one of the whole chunk is not.
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 0);
      CHILD_CHECK_EQ(b.now_ns() - before, kInterrupt + kBatch + kOutFolio + 11 + kPageTransfer + kSplit +
                                              kWhole * (kPageMapped + kInFolio + kInPage) + kBlockTransfer);
      CHILD_CHECK(b.on_device(0).resident.full());
      CHILD_CHECK(!b.on_device(0).folio);
      CHILD_CHECK(b.block(0).split);
    });
    CHILD_CHECK_EQ(failures(b).folios, 1U);
  });
}

TEST_CASE("driver: a 2 MiB folio is freed with one callback") {
  in_child([] {
    Bench b(folios());
    b.run([&] {
      (void)b.access(0, 0);
      const std::int64_t before = b.now_ns();
      b.memory().free_pages(address_of(0), kBlockSize);
      CHILD_CHECK_EQ(b.now_ns() - before, 11);
      CHILD_CHECK(!b.block(0).split);
      (void)b.access(0, 0);
      CHILD_CHECK(b.on_device(0).folio);
    });
    CHILD_CHECK_EQ(b.counters().freed_folios, 1U);
    CHILD_CHECK(op(b, KernelOp::kFree).time == ns(11));
    CHILD_CHECK_EQ(op(b, KernelOp::kFree).pages, 512U);
  });
}

TEST_CASE("driver: munmap of a part splits a folio and frees its pages one by one") {
  in_child([] {
    Bench b(folios());
    b.run([&] {
      (void)b.access(0, 0);
      const std::int64_t before = b.now_ns();
      b.memory().free_pages(address_of(0, 100), bytes_of(10));
      CHILD_CHECK_EQ(b.now_ns() - before, kSplit + 10 * 11);
      CHILD_CHECK(!b.on_device(0).folio);
      CHILD_CHECK(b.block(0).split);
      CHILD_CHECK_EQ(b.on_device(0).resident.count(), 502U);
    });
    CHILD_CHECK_EQ(b.counters().split_folios, 1U);
    CHILD_CHECK_EQ(b.counters().freed_folios, 10U);
    CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 1U);
  });
}

TEST_CASE("driver: a folio that a child shares outlives munmap page by page") {
  in_child([] {
    Bench b(folios());
    b.run([&] {
      (void)b.access(0, 0);
      b.memory().fork();
      b.memory().free_pages(address_of(0), kBlockSize);
      CHILD_CHECK_EQ(b.counters().child_pages, 512U);
      CHILD_CHECK_EQ(b.counters().freed_folios, 0U);
      b.machine().check();
      b.memory().child_exits();
      CHILD_CHECK_EQ(b.counters().freed_folios, 512U);
      CHILD_CHECK_EQ(b.device().memory().used_pages(), 0U);
      // One whole chunk again.
      (void)b.access(1, 0);
      CHILD_CHECK(b.on_device(1).folio);
    });
    CHILD_CHECK_EQ(b.counters().split_folios, 1U);
  });
}

TEST_CASE("driver: a device's write to one page of a shared folio splits it") {
  in_child([] {
    BenchSpec spec = folios();
    spec.kernel.fork.cow_fault.value = ns(900);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0);
      b.memory().fork();
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 7, true);
      CHILD_CHECK_EQ(b.now_ns() - before,
                     kOneFault + kSplit + kOutFolio + 11 + kPageTransfer + 900 + kInFolio + kInPage);
      CHILD_CHECK(!b.on_device(0).folio);
      CHILD_CHECK(b.on_device(0).resident.full());
    });
    CHILD_CHECK_EQ(b.counters().split_folios, 1U);
  });
}

TEST_CASE("driver: a folio goes from device to device and out to the host whole") {
  in_child([] {
    BenchSpec spec = folios(true, FolioSize::k2MiB, 2);
    spec.capacity = {kBlockSize, kBlockSize};
    spec.eviction = [] { return make_lru(kBlockSize); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, false, 0);
      (void)b.access(0, 0, false, 1);
      CHILD_CHECK(!b.on_device(0, 0).folio);
      CHILD_CHECK(b.on_device(0, 1).folio);
      (void)b.access(1, 0, false, 1);  // pushes it out
      CHILD_CHECK(b.on_device(1, 1).folio);
      CHILD_CHECK(!b.on_device(0, 1).folio);
      CHILD_CHECK(!b.block(0).split);
      (void)b.access(0, 0, false, 0);
      CHILD_CHECK(b.on_device(0, 0).folio);
    });
    CHILD_CHECK_EQ(b.counters(0).allocated_folios, 2U);
    CHILD_CHECK_EQ(b.counters(0).freed_folios, 1U);
    CHILD_CHECK_EQ(b.counters(1).freed_folios, 1U);
    CHILD_CHECK_EQ(op(b, KernelOp::kSplit).calls, 0U);
  });
}

}  // namespace folio_test
}  // namespace farfault
