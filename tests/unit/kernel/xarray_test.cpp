#include "models/kernel/trees/xarray.h"

#include <doctest/doctest.h>

namespace farfault {
namespace xarray_test {

constexpr std::optional<std::uint64_t> holds(std::uint64_t value) { return value; }

TEST_CASE("kernel: 80 GiB at the top of 46 bits take two multi-index entries in three nodes") {
  NodeCache cache{CacheSpec{}};
  XArray array(cache);
  const std::uint64_t end = std::uint64_t{1} << 34U;  // page frames
  const std::uint64_t first = end - Bytes::gib(80) / kPageSize;
  CHECK(array.store_range(first, end - 1, 3));
  CHECK(array.entries() == 2);  // 16 slots of 1 GiB, and one of 64 GiB
  CHECK(array.nodes() == 3);
  CHECK(array.bytes() == Bytes(1728));
  CHECK(array.height() == 6);

  const TreeCost before = array.cost();
  CHECK(array.load(end - 1) == holds(3));
  CHECK(array.cost().visits - before.visits == 2);
  CHECK(array.load(first) == holds(3));
  CHECK(array.load(first + (std::uint64_t{1} << 22U) - 1) == holds(3));  // by a sibling slot
  CHECK_FALSE(array.load(first - 1));
  CHECK(array.cost().visits - before.visits == 2 + 3 + 3 + 3);
  CHECK(array.cost().lookups - before.lookups == 4);

  CHECK_FALSE(array.erase_range(first, end - 2));
  CHECK(array.erase_range(first, end - 1));
  CHECK_FALSE(array.load(first));
  CHECK(array.entries() == 0);
  CHECK(array.nodes() == 0);
  CHECK(array.height() == 0);
}

struct Layout {
  std::uint64_t first, last, entries, nodes;
  unsigned height;
};

TEST_CASE("kernel: an xarray lays a range out as xas_set_range does") {
  for (const Layout& want : {
           Layout{0, 0, 1, 0, 0},      // in the root pointer
           Layout{1, 1, 1, 1, 1},      //
           Layout{0, 62, 1, 1, 1},     // 63 slots of one index
           Layout{0, 63, 1, 1, 2},     // one slot of 64, in a node above
           Layout{1, 63, 1, 2, 2},     // room is made for the end first, as if it were aligned
           Layout{0, 127, 1, 1, 2},    // two slots of 64
           Layout{0, 130, 2, 2, 2},    // these and three of one
           Layout{60, 70, 2, 3, 2},    // 4 slots in one leaf, 7 in the next
           Layout{63, 4096, 3, 5, 3},  // 63; 64 to 4095 in 63 slots; 4096
       }) {
    CAPTURE(want.first);
    CAPTURE(want.last);
    NodeCache cache{CacheSpec{}};
    XArray array(cache);
    CHECK(array.store_range(want.first, want.last, 7));
    CHECK(array.entries() == want.entries);
    CHECK(array.nodes() == want.nodes);
    CHECK(array.height() == want.height);
    CHECK(array.load(want.first) == holds(7));
    CHECK(array.load(want.last) == holds(7));
    CHECK_FALSE(array.load(want.last + 1));
  }
}

TEST_CASE("kernel: an xarray refuses a range that overlaps another") {
  NodeCache cache{CacheSpec{}};
  XArray array(cache);
  CHECK(array.store_range(100, 199, 1));
  CHECK_FALSE(array.store_range(199, 199, 2));
  CHECK_FALSE(array.store_range(0, 100, 2));
  CHECK_FALSE(array.store_range(120, 130, 2));
  CHECK_FALSE(array.store_range(0, 1000, 2));
  CHECK(array.store_range(200, 299, 2));
  CHECK(array.store_range(0, 99, 3));
  CHECK(array.load(99) == holds(3));
  CHECK(array.load(100) == holds(1));
  CHECK(array.load(200) == holds(2));
  CHECK(array.cost().lookups == 3);
}

TEST_CASE("kernel: a load through a sibling slot reads the slot of its entry, too") {
  NodeCache cache{CacheSpec{}};
  XArray array(cache);
  array.store_range(0, 62, 1);  // one node, header and slots 0 to 2 in its first line
  cache.pass(Bytes::gib(1));
  const SimTime before = array.cost().time;
  array.load(0);
  CHECK(array.cost().time - before == SimTime::nanoseconds(90));
  array.load(62);  // the line of slot 62 is cold, that of slot 0 was just read with the header
  CHECK(array.cost().time - before == SimTime::nanoseconds(180) + SimTime::picoseconds(1'300));
}

}  // namespace xarray_test
}  // namespace farfault
