// What is advised of ranges, as pages and devices see it.
#include "models/driver/advice_map.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "tests/property/dice.h"

namespace farfault {
namespace advice_map_test {

constexpr DeviceId kFirst(0);
constexpr DeviceId kSecond(1);

void advise(AdviceMap& map, std::uint64_t page, std::uint64_t pages, AdviceKind kind, std::size_t processor = 0) {
  map.advise(VirtualAddress(page * 4096), kPageSize * pages, kind, processor);
}
PageAdvice of(const AdviceMap& map, std::uint64_t page, DeviceId device = kFirst) {
  return map.of(BlockNumber(page / kPagesPerBlock), static_cast<unsigned>(page % kPagesPerBlock), device);
}

TEST_CASE("advice: what nobody advised of is as any other") {
  AdviceMap map;
  CHECK(map.empty());
  CHECK(of(map, 5) == PageAdvice());
  CHECK(map.accessed_by(BlockNumber(0), kFirst).none());
  CHECK(map.read_mostly(BlockNumber(0)).none());
}

TEST_CASE("advice: each kind, across blocks, and nothing beyond the ends") {
  AdviceMap map;
  advise(map, 510, 4, AdviceKind::kReadMostly);
  advise(map, 600, 1, AdviceKind::kPreferredLocation, 2);
  advise(map, 601, 2, AdviceKind::kAccessedBy, 2);
  CHECK_FALSE(map.empty());
  CHECK_FALSE(of(map, 509).read_mostly);
  for (const std::uint64_t page : {510U, 511U, 512U, 513U}) CHECK(of(map, page).read_mostly);
  CHECK_FALSE(of(map, 514).read_mostly);
  CHECK(map.read_mostly(BlockNumber(0)) == PageMask::range(510, 512));
  CHECK(map.read_mostly(BlockNumber(1)) == PageMask::range(0, 2));
  CHECK(of(map, 600).preferred == std::optional<std::size_t>(2));
  CHECK_FALSE(of(map, 599).preferred);
  CHECK_FALSE(of(map, 601).preferred);
  CHECK(of(map, 601, kSecond).accessed_by);
  CHECK_FALSE(of(map, 601, kFirst).accessed_by);
  CHECK(map.accessed_by(BlockNumber(1), kSecond) == PageMask::range(601 - 512, 603 - 512));
  CHECK(map.accessed_by(BlockNumber(1), kFirst).none());
  CHECK(map.ignored() == 0);
}

TEST_CASE("advice: ranges that overlap have both, a preferred location replaces the one before, accessors add up") {
  AdviceMap map;
  advise(map, 10, 20, AdviceKind::kPreferredLocation, 1);
  advise(map, 20, 20, AdviceKind::kReadMostly);
  advise(map, 25, 100, AdviceKind::kPreferredLocation, 0);
  advise(map, 0, 26, AdviceKind::kAccessedBy, 1);
  advise(map, 12, 50, AdviceKind::kAccessedBy, 2);
  CHECK(of(map, 24) == PageAdvice{1, true, true});
  CHECK(of(map, 25) == PageAdvice{0, true, true});
  CHECK(of(map, 26) == PageAdvice{0, false, true});
  CHECK(of(map, 26, kSecond) == PageAdvice{0, true, true});
  CHECK(of(map, 40, kSecond) == PageAdvice{0, true, false});
  CHECK(of(map, 11, kSecond) == PageAdvice{1, false, false});
  CHECK(of(map, 9) == PageAdvice{std::nullopt, true, false});
  CHECK(of(map, 124) == PageAdvice{0, false, false});
  CHECK(of(map, 125) == PageAdvice());
}

TEST_CASE("advice: all is taken back of a range, and the rest stays on both sides") {
  AdviceMap map;
  advise(map, 10, 20, AdviceKind::kReadMostly);
  advise(map, 10, 20, AdviceKind::kAccessedBy, 1);
  advise(map, 40, 5, AdviceKind::kReadMostly);
  advise(map, 15, 5, AdviceKind::kNone);
  CHECK(map.read_mostly(BlockNumber(0)) ==
        (PageMask::range(10, 15) | PageMask::range(20, 30) | PageMask::range(40, 45)));
  CHECK(map.accessed_by(BlockNumber(0), kFirst) == (PageMask::range(10, 15) | PageMask::range(20, 30)));
  CHECK(of(map, 17) == PageAdvice());
  advise(map, 28, 14, AdviceKind::kNone);
  CHECK(map.read_mostly(BlockNumber(0)) ==
        (PageMask::range(10, 15) | PageMask::range(20, 28) | PageMask::range(42, 45)));
  advise(map, 0, 600, AdviceKind::kNone);
  CHECK(map.empty());
}

TEST_CASE("advice: partial pages count whole, empty and wrapping ranges not at all") {
  AdviceMap map;
  map.advise(VirtualAddress(4096 * 3 + 4095), Bytes(2), AdviceKind::kReadMostly, 0);
  CHECK(map.read_mostly(BlockNumber(0)) == PageMask::range(3, 5));
  map.advise(VirtualAddress(4096 * 9), Bytes(0), AdviceKind::kReadMostly, 0);
  map.advise(VirtualAddress(~std::uint64_t{0} - 10), Bytes(100), AdviceKind::kReadMostly, 0);
  map.advise(VirtualAddress(4096 * 9), Bytes(~std::uint64_t{0}), AdviceKind::kReadMostly, 0);
  CHECK(map.read_mostly(BlockNumber(0)) == PageMask::range(3, 5));
  CHECK(map.ignored() == 0);
}

TEST_CASE("advice: processors beyond those that can be told of are ignored, and counted") {
  AdviceMap map;
  advise(map, 0, 1, AdviceKind::kAccessedBy, 64);
  advise(map, 0, 1, AdviceKind::kPreferredLocation, 64);
  CHECK(map.empty());
  CHECK(map.ignored() == 2);
  advise(map, 0, 1, AdviceKind::kAccessedBy, 63);
  advise(map, 0, 1, AdviceKind::kPreferredLocation, 63);
  CHECK(of(map, 0, DeviceId(62)) == PageAdvice{63, true, false});
  CHECK(map.accessed_by(BlockNumber(0), DeviceId(62)) == PageMask::single(0));
  for (const std::uint32_t device : {61U, 63U, 64U, 126U}) {
    CHECK_FALSE(of(map, 0, DeviceId(device)).accessed_by);
    CHECK(map.accessed_by(BlockNumber(0), DeviceId(device)).none());
  }
}

TEST_CASE("advice: more ranges than it holds are ignored, and counted") {
  AdviceMap map;
  std::uint64_t pages = 0;
  for (; map.ignored() == 0; ++pages) {
    REQUIRE(pages <= AdviceMap::kMaxRanges);
    advise(map, pages * 2, 1, AdviceKind::kReadMostly);
  }
  CHECK(pages > AdviceMap::kMaxRanges / 4);
  for (std::uint64_t i = 0; i < 10; ++i) advise(map, (pages + i) * 2, 1, AdviceKind::kReadMostly);
  CHECK(map.ignored() == 11);
  CHECK(of(map, (pages - 2) * 2).read_mostly);
  CHECK_FALSE(of(map, (pages - 1) * 2).read_mostly);
  CHECK_FALSE(of(map, pages * 2).read_mostly);
}

TEST_CASE("advice: a map agrees with a list of its pages") {
  CHECK(rc::check([] {
    constexpr std::uint64_t kPages = 3 * kPagesPerBlock;
    struct Page {
      std::optional<std::size_t> preferred;
      std::set<std::size_t> accessed_by;
      bool read_mostly = false;
    };
    testing::Dice dice;
    AdviceMap map;
    std::vector<Page> pages(kPages);
    const std::uint64_t reach = dice.once_in(2) ? 40 : kPages;
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t first = dice.below(reach) + (dice.once_in(4) ? kPages - reach : 0);
      const std::uint64_t count = dice.below(std::min(reach, kPages - first)) + 1;
      const auto kind = static_cast<AdviceKind>(dice.below(4));
      const std::size_t processor = dice.below(3);
      map.advise(VirtualAddress(first * 4096 + dice.below(4096)), kPageSize * (count - 1) + Bytes(1), kind, processor);
      for (std::uint64_t at = first; at < first + count; ++at) {
        if (kind == AdviceKind::kNone) pages[at] = Page();
        if (kind == AdviceKind::kPreferredLocation) pages[at].preferred = processor;
        if (kind == AdviceKind::kAccessedBy) pages[at].accessed_by.insert(processor);
        if (kind == AdviceKind::kReadMostly) pages[at].read_mostly = true;
      }
    }
    for (std::uint64_t at = 0; at < kPages; ++at) {
      const BlockNumber block(at / kPagesPerBlock);
      const auto index = static_cast<unsigned>(at % kPagesPerBlock);
      RC_ASSERT(map.read_mostly(block).test(index) == pages[at].read_mostly);
      for (std::uint32_t device = 0; device < 3; ++device) {
        const bool accesses = pages[at].accessed_by.contains(device + std::size_t{1});
        const PageAdvice expected{pages[at].preferred, accesses, pages[at].read_mostly};
        RC_ASSERT(map.of(block, index, DeviceId(device)) == expected);
        RC_ASSERT(map.accessed_by(block, DeviceId(device)).test(index) == accesses);
      }
    }
  }));
}

}  // namespace advice_map_test
}  // namespace farfault
