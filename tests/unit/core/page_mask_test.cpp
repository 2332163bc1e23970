#include "sim/core/page_mask.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <bitset>
#include <utility>
#include <vector>

namespace farfault {
namespace page_mask_test {

using Bits = std::bitset<kPagesPerBlock>;
using Runs = std::vector<std::pair<unsigned, unsigned>>;

/// The same set, page by page.
struct Pair {
  PageMask mask;
  Bits bits;
};

/// Sets of every density and texture: unions of runs, some of which are taken away again.
Pair any_set() {
  const auto runs = *rc::gen::container<std::vector<std::pair<unsigned, unsigned>>>(
      rc::gen::pair(rc::gen::inRange(0U, kPagesPerBlock + 1), rc::gen::inRange(0U, kPagesPerBlock + 1)));
  Pair p;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const unsigned first = std::min(runs[i].first, runs[i].second);
    const unsigned end = std::max(runs[i].first, runs[i].second);
    for (unsigned page = first; page < end; ++page) {
      if (i % 3 == 2) {
        p.mask.reset(page);
        p.bits.reset(page);
      } else if (i % 3 == 1 || page % 2 == 0) {
        p.mask.set(page);
        p.bits.set(page);
      }
    }
  }
  return p;
}

Runs runs_of(const Bits& bits) {
  Runs runs;
  for (unsigned page = 0; page < kPagesPerBlock; ++page) {
    if (!bits[page]) continue;
    if (runs.empty() || runs.back().second != page) runs.emplace_back(page, page);
    runs.back().second = page + 1;
  }
  return runs;
}

bool same(const PageMask& mask, const Bits& bits) {
  for (unsigned page = 0; page < kPagesPerBlock; ++page) {
    if (mask.test(page) != bits[page]) return false;
  }
  return true;
}

TEST_CASE("page mask: empty and full sets") {
  constexpr PageMask kNone;
  constexpr PageMask kAll = PageMask::all();
  CHECK(kNone.none());
  CHECK_FALSE(kNone.any());
  CHECK(kNone.count() == 0);
  CHECK(kNone.runs() == 0);
  CHECK(kNone.next(0) == 512);
  CHECK(kNone.next_absent(0) == 0);
  CHECK(kAll.full());
  CHECK(kAll.count() == 512);
  CHECK(kAll.runs() == 1);
  CHECK(kAll.next_absent(0) == 512);
  CHECK(kAll.next(511) == 511);
  CHECK(kAll.next(512) == 512);
  CHECK(kAll.next(10'000) == 512);
  CHECK(~kAll == kNone);
  CHECK(kAll.contains(kNone));
  CHECK(kNone.contains(kNone));
  CHECK_FALSE(kNone.contains(PageMask::single(511)));
  CHECK_FALSE(kAll.intersects(kNone));
}

TEST_CASE("page mask: ranges at the borders of words") {
  CHECK(PageMask::range(0, 512) == PageMask::all());
  CHECK(PageMask::range(0, 0).none());
  CHECK(PageMask::range(512, 512).none());
  CHECK(PageMask::range(64, 64).none());
  CHECK(PageMask::range(63, 65).words()[0] == std::uint64_t{1} << 63U);
  CHECK(PageMask::range(63, 65).words()[1] == 1);
  CHECK(PageMask::range(64, 128).words()[1] == ~std::uint64_t{0});
  CHECK(PageMask::range(511, 512) == PageMask::single(511));
}

TEST_CASE("page mask: every range is the loop over its pages") {
  for (unsigned first = 0; first <= kPagesPerBlock; first += 7) {
    for (unsigned end = first; end <= kPagesPerBlock; ++end) {
      const PageMask mask = PageMask::range(first, end);
      REQUIRE(mask.count() == end - first);
      REQUIRE(mask.runs() == (end > first ? 1U : 0U));
      if (end == first) continue;
      REQUIRE(mask.next(0) == first);
      REQUIRE(mask.next_absent(first) == end);
    }
  }
}

TEST_CASE("page mask: agrees with bitset on every query") {
  CHECK(rc::check([] {
    const Pair p = any_set();
    RC_ASSERT(same(p.mask, p.bits));
    RC_ASSERT(p.mask.count() == p.bits.count());
    RC_ASSERT(p.mask.none() == p.bits.none());
    RC_ASSERT(p.mask.any() == p.bits.any());
    RC_ASSERT(p.mask.full() == p.bits.all());
    RC_ASSERT(same(~p.mask, ~p.bits));
    RC_ASSERT(p.mask.runs() == runs_of(p.bits).size());

    Runs runs;
    p.mask.for_each_run([&](unsigned first, unsigned end) { runs.emplace_back(first, end); });
    RC_ASSERT(runs == runs_of(p.bits));

    std::vector<unsigned> pages;
    p.mask.for_each([&](unsigned page) { pages.push_back(page); });
    std::vector<unsigned> expected;
    for (unsigned page = 0; page < kPagesPerBlock; ++page) {
      if (p.bits[page]) expected.push_back(page);
    }
    RC_ASSERT(pages == expected);
  }));
}

TEST_CASE("page mask: next and counts of a range agree with bitset") {
  CHECK(rc::check([] {
    const Pair p = any_set();
    const unsigned a = *rc::gen::inRange(0U, kPagesPerBlock + 1);
    const unsigned b = *rc::gen::inRange(0U, kPagesPerBlock + 1);
    const unsigned first = std::min(a, b);
    const unsigned end = std::max(a, b);
    unsigned count = 0;
    for (unsigned page = first; page < end; ++page) count += p.bits[page] ? 1 : 0;
    RC_ASSERT(p.mask.count(first, end) == count);
    unsigned next = first;
    while (next < kPagesPerBlock && !p.bits[next]) ++next;
    RC_ASSERT(p.mask.next(first) == next);
    unsigned absent = first;
    while (absent < kPagesPerBlock && p.bits[absent]) ++absent;
    RC_ASSERT(p.mask.next_absent(first) == absent);
  }));
}

TEST_CASE("page mask: operators agree with bitset") {
  CHECK(rc::check([] {
    const Pair a = any_set();
    const Pair b = any_set();
    RC_ASSERT(same(a.mask | b.mask, a.bits | b.bits));
    RC_ASSERT(same(a.mask & b.mask, a.bits & b.bits));
    RC_ASSERT(a.mask.intersects(b.mask) == (a.bits & b.bits).any());
    RC_ASSERT(a.mask.contains(b.mask) == (b.bits & ~a.bits).none());
    RC_ASSERT((a.mask == b.mask) == (a.bits == b.bits));
  }));
}

}  // namespace page_mask_test
}  // namespace farfault
