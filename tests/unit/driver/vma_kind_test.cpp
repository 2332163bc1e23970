#include <doctest/doctest.h>

#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace vma_kind_test {

using engine::testing::in_child;
using namespace testing;

constexpr VmaKind kEvery[] = {VmaKind::kUnknown, VmaKind::kPrivateAnonymous, VmaKind::kHeap,       VmaKind::kStack,
                              VmaKind::kFile,    VmaKind::kShared,           VmaKind::kExecutable, VmaKind::kHugeTlb,
                              VmaKind::kDax,     VmaKind::kSpecial};

/// Accesses a page of each kind, in a block of its own, and returns a letter for each: M moved, R remote, F failed.
std::string fates(Bench& b) {
  std::string text;
  for (const VmaKind kind : kEvery) {
    const auto block = static_cast<std::uint64_t>(kind);
    map_as(b, kind, block, 0, 8);
    (void)b.access(block, 3);
    const AccessOutcome outcome = b.memory().device_access(DeviceId(0), b.slot(block), 3, true);
    text += outcome == AccessOutcome::kLocal ? 'M' : outcome == AccessOutcome::kRemote ? 'R' : 'F';
  }
  return text;
}

void check_fates(const std::string& design, const std::string& expected, std::uint64_t kept) {
  in_child([&] {
    Bench b(hmm_spec(design));
    b.run([&] { CHILD_CHECK_EQ(fates(b), expected); });
    CHILD_CHECK_EQ(failures(b).kind, kept);
    CHILD_CHECK_EQ(failures(b).pinned, 0U);
    CHILD_CHECK_EQ(b.counters().remote_pages,
                   static_cast<std::uint64_t>(std::count(expected.begin(), expected.end(), 'R')));
  });
}

TEST_CASE("driver: a private design moves anonymous memory and maps all else but special mappings") {
  for (const char* design : {"devm_memremap_pages", "separate_radix", "memremap_xarray", "off_pfn_maple"}) {
    check_fates(design, "MMMMRRRRRF", 5);
  }
}

TEST_CASE("driver: a coherent design moves files too and leaves huge_tlb and dax") {
  check_fates("device_coherent", "MMMMMMMRRF", 2);
}

TEST_CASE("driver: without device memory everything is mapped and nothing counts as kept") {
  check_fates("none", "RRRRRRRRRF", 0);
}

TEST_CASE("driver: a remote access to a page of a kind that stays takes no copy") {
  in_child([] {
    Bench b(hmm_spec());
    map_as(b, VmaKind::kFile, 0, 0, 8);
    b.run([&] {
      (void)b.access(0, 0, true);
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + kPageMapped);
      CHILD_CHECK_EQ(b.access(0, 0, true), 0U);
      CHILD_CHECK(b.memory().host_access(b.slot(0), 0, true, 99).owed == SimTime::zero());
    });
  });
}

TEST_CASE("driver: a prefetcher brings only neighbours of kinds that move") {
  in_child([] {
    BenchSpec spec = hmm_spec();
    spec.prefetch = [] { return make_tree_prefetcher(0); };
    Bench b(spec);
    map_as(b, VmaKind::kPrivateAnonymous, 0, 0, 4);
    map_as(b, VmaKind::kShared, 0, 4, 4);
    map_as(b, VmaKind::kHeap, 0, 8, 4);
    b.run([&] {
      touch(b, 0, 5);
      (void)b.access(0, 0);
      CHILD_CHECK(b.on_device(0).resident == (PageMask::range(0, 4) | PageMask::range(8, 12)));
    });
    CHILD_CHECK_EQ(failures(b).kind, 0U);
  });
}

TEST_CASE("driver: a batch with pages of several kinds moves some and maps the others") {
  in_child([] {
    Bench b(hmm_spec());
    map_as(b, VmaKind::kPrivateAnonymous, 0, 0, 4);
    map_as(b, VmaKind::kFile, 0, 4, 4);
    b.run([&] {
      b.raise(0, {1, 2, 5});
      (void)b.access(0, 4);
      CHILD_CHECK_EQ(b.now_ns(), kInterrupt + kBatch + 4 * kPageMapped + 100 + 2 * 1024);
      CHILD_CHECK(b.on_device(0).resident == PageMask::range(1, 3));
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::range(4, 6));
    });
    CHILD_CHECK_EQ(failures(b).kind, 2U);
    CHILD_CHECK_EQ(b.counters().serviced, 4U);
  });
}

}  // namespace vma_kind_test
}  // namespace farfault
