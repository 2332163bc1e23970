#include "models/kernel/trees/maple_tree.h"

#include <doctest/doctest.h>

namespace farfault {
namespace maple_tree_test {

constexpr std::optional<std::uint64_t> holds(std::uint64_t value) { return value; }

TEST_CASE("kernel: a maple tree of the one range that is index 0 has no node") {
  NodeCache cache{CacheSpec{}};
  MapleTree tree(cache);
  CHECK(tree.nodes() == 0);
  CHECK(tree.store_range(0, 0, 4));
  CHECK_FALSE(tree.store_range(0, 9, 5));
  CHECK(tree.nodes() == 0);
  CHECK(tree.height() == 0);
  CHECK(tree.load(0) == holds(4));
  CHECK_FALSE(tree.load(1));
  CHECK(tree.store_range(1, 1, 5));
  CHECK(tree.nodes() == 1);
  CHECK(tree.load(0) == holds(4));
  CHECK(tree.erase(0));
  CHECK(tree.erase(1));
  CHECK_FALSE(tree.erase(1));
  CHECK(tree.nodes() == 0);
  CHECK(tree.entries() == 0);
}

TEST_CASE("kernel: a maple tree of devices is one node") {
  NodeCache cache{CacheSpec{}};
  MapleTree tree(cache);
  const std::uint64_t pages = Bytes::gib(80) / kPageSize;
  for (std::uint64_t device = 0; device < 15; ++device) {
    CHECK(tree.allocate(pages, 0, (std::uint64_t{1} << 40U) - 1, device) == holds(device * pages));
  }
  CHECK(tree.nodes() == 1);
  CHECK(tree.height() == 1);
  CHECK(tree.bytes() == Bytes(256));
  CHECK(tree.entries() == 15);
  // 16 ranges and the hole after them need a second leaf, and a root.
  tree.allocate(pages, 0, (std::uint64_t{1} << 40U) - 1, 15);
  CHECK(tree.nodes() == 3);
  CHECK(tree.height() == 2);
  CHECK(tree.load(15 * pages - 1) == holds(14));
  CHECK(tree.load(15 * pages) == holds(15));
  CHECK_FALSE(tree.load(16 * pages));
  CHECK(tree.problem().empty());
}

TEST_CASE("kernel: holes take slots of a maple tree") {
  NodeCache cache{CacheSpec{}};
  MapleTree tree(cache);
  for (std::uint64_t i = 0; i < 7; ++i) CHECK(tree.store_range(10 + 10 * i, 14 + 10 * i, i));
  CHECK(tree.nodes() == 1);             // 7 ranges and 8 holes
  CHECK(tree.store_range(15, 19, 99));  // closes a hole
  CHECK(tree.nodes() == 1);
  CHECK(tree.store_range(80, 84, 7));  // splits one: 17 slots
  CHECK(tree.nodes() == 3);
  CHECK(tree.problem().empty());
  CHECK(tree.erase(17));
  CHECK_FALSE(tree.load(17));
  CHECK(tree.load(14) == holds(0));
  CHECK(tree.problem().empty());
}

TEST_CASE("kernel: a maple tree allocates the lowest hole that fits") {
  NodeCache cache{CacheSpec{}};
  MapleTree tree(cache);
  CHECK(tree.store_range(10, 19, 1));
  CHECK(tree.store_range(25, 29, 2));
  CHECK(tree.allocate(11, 0, 99, 3) == holds(30));
  CHECK(tree.allocate(5, 1, 99, 4) == holds(1));
  CHECK(tree.allocate(5, 1, 99, 5) == holds(20));
  CHECK(tree.allocate(4, 1, 99, 6) == holds(6));
  CHECK_FALSE(tree.allocate(60, 0, 99, 7));
  CHECK(tree.allocate(59, 0, 99, 7) == holds(41));
  CHECK_FALSE(tree.allocate(2, 0, 99, 8));
  CHECK(tree.allocate(1, 0, 99, 8) == holds(0));
  CHECK_FALSE(tree.allocate(1, 0, 99, 8));
  CHECK(tree.entries() == 8);
}

TEST_CASE("kernel: a maple tree shrinks to nothing") {
  NodeCache cache{CacheSpec{}};
  MapleTree tree(cache);
  for (std::uint64_t i = 0; i < 1000; ++i) CHECK(tree.store_range(4 * i, 4 * i + 1, i));
  CHECK(tree.height() == 4);  // upwards, leaves stay at 8 slots and nodes above at 5: about 250, 50, 10, 1
  CHECK(tree.problem().empty());
  for (std::uint64_t i = 0; i < 999; ++i) CHECK(tree.erase(4 * (i * 7 % 1000)));
  CHECK(tree.problem().empty());
  CHECK(tree.entries() == 1);
  CHECK(tree.nodes() == 1);
  CHECK(tree.height() == 1);
  CHECK(tree.load(4 * 993) == holds(993));
  CHECK(tree.erase(4 * 993 + 1));
  CHECK(tree.nodes() == 0);
  CHECK(tree.height() == 0);
}

TEST_CASE("kernel: a load reads the lines of a maple node up to its pivot and slot") {
  NodeCache cache{CacheSpec{}};
  MapleTree tree(cache);
  for (std::uint64_t i = 0; i < 12; ++i) tree.store_range(i, i, i);
  const SimTime memory = SimTime::nanoseconds(90);
  const auto cold_load = [&](std::uint64_t index) {
    cache.pass(Bytes::gib(1));
    const SimTime before = tree.cost().time;
    tree.load(index);
    return tree.cost().time - before;
  };
  CHECK(cold_load(0) == memory * 2);   // pivots 0 to 6 lie in the first line, slots 0 to 7 in the third
  CHECK(cold_load(7) == memory * 3);   // pivot 7 in the second
  CHECK(cold_load(8) == memory * 3);   // slot 8 in the fourth
  CHECK(cold_load(50) == memory * 3);  // the hole after the ranges
}

}  // namespace maple_tree_test
}  // namespace farfault
