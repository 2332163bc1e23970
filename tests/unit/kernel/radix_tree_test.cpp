#include "models/kernel/trees/radix_tree.h"

#include <doctest/doctest.h>

#include "models/kernel/physical_map.h"

namespace farfault {
namespace radix_tree_test {

constexpr std::optional<std::uint64_t> holds(std::uint64_t value) { return value; }

/// Inserts all sections of a range.
void insert_sections(RadixTree& tree, std::uint64_t start, Bytes length) {
  const PhysicalRange range{start, length};
  for (std::uint64_t i = 0; i < range.sections(); ++i) CHECK(tree.insert(range.first_section() + i, 1));
}

TEST_CASE("kernel: a radix tree grows in height with its largest index") {
  NodeCache cache{CacheSpec{}};
  RadixTree tree(cache);
  CHECK(tree.height() == 0);
  CHECK_FALSE(tree.lookup(0));
  CHECK(tree.cost().visits == 0);
  CHECK(tree.insert(1, 10));
  CHECK(tree.height() == 1);
  CHECK(tree.nodes() == 1);
  CHECK(tree.insert(63, 11));
  CHECK(tree.nodes() == 1);
  CHECK(tree.insert(64, 12));  // a root above, and a second leaf
  CHECK(tree.height() == 2);
  CHECK(tree.nodes() == 3);
  CHECK(tree.insert(64 * 64, 13));  // a root above, and a path of two
  CHECK(tree.height() == 3);
  CHECK(tree.nodes() == 6);
  CHECK_FALSE(tree.insert(64, 99));
  CHECK(tree.entries() == 4);
  CHECK(tree.bytes() == Bytes(6 * 576));

  const TreeCost before = tree.cost();
  CHECK(tree.lookup(64) == holds(12));
  CHECK(tree.cost().visits - before.visits == 3);
  CHECK_FALSE(tree.lookup(64 * 64 * 64));  // beyond the height: known without a visit
  CHECK(tree.cost().visits - before.visits == 3);
  CHECK_FALSE(tree.lookup(2 * 64 * 64));  // nothing below the root there
  CHECK(tree.cost().visits - before.visits == 4);
  CHECK(tree.cost().lookups - before.lookups == 3);
}

TEST_CASE("kernel: an empty radix tree takes the height of its first index at once") {
  NodeCache cache{CacheSpec{}};
  RadixTree tree(cache);
  CHECK(tree.insert(~std::uint64_t{0}, 1));
  CHECK(tree.height() == 11);
  CHECK(tree.nodes() == 11);
  CHECK(tree.lookup(~std::uint64_t{0}) == holds(1));
  CHECK_FALSE(tree.lookup(0));
}

TEST_CASE("kernel: an entry of index 0 lies in the root pointer of a radix tree while it is alone") {
  NodeCache cache{CacheSpec{}};
  RadixTree tree(cache);
  CHECK(tree.insert(0, 5));
  CHECK_FALSE(tree.insert(0, 6));
  CHECK(tree.nodes() == 0);
  CHECK(tree.lookup(0) == holds(5));
  CHECK(tree.insert(64, 6));
  CHECK(tree.nodes() == 3);
  CHECK(tree.lookup(0) == holds(5));
  CHECK(tree.erase(64) == holds(6));
  CHECK(tree.nodes() == 0);
  CHECK(tree.height() == 0);
  CHECK(tree.lookup(0) == holds(5));
  CHECK(tree.erase(0) == holds(5));
  CHECK_FALSE(tree.erase(0));
  CHECK(tree.entries() == 0);
}

TEST_CASE("kernel: a radix tree gives empty nodes and roots back") {
  NodeCache cache{CacheSpec{}};
  RadixTree tree(cache);
  tree.insert(1, 10);
  tree.insert(64 * 64, 11);
  CHECK(tree.nodes() == 5);
  CHECK_FALSE(tree.erase(2));
  CHECK(tree.erase(64 * 64) == holds(11));
  CHECK(tree.height() == 1);
  CHECK(tree.nodes() == 1);
  // A root keeps its height as long as a slot but the first is used.
  tree.insert(64, 12);
  CHECK(tree.erase(1) == holds(10));
  CHECK(tree.height() == 2);
  CHECK(tree.nodes() == 2);
  CHECK(tree.erase(64) == holds(12));
  CHECK(tree.nodes() == 0);
  CHECK(tree.height() == 0);
}

TEST_CASE("kernel: the sections of 80 GiB at the top of 46 bits take 640 entries in 13 nodes") {
  NodeCache cache{CacheSpec{}};
  RadixTree tree(cache);
  const std::uint64_t start = (std::uint64_t{1} << 46U) - Bytes::gib(80).count();
  insert_sections(tree, start, Bytes::gib(80));
  CHECK(tree.entries() == 640);
  CHECK(tree.nodes() == 13);  // 10 leaves and one node on each level above
  CHECK(tree.bytes() == Bytes(7488));
  CHECK(tree.height() == 4);
}

TEST_CASE("kernel: the height of a tree of sections follows the physical address space") {
  NodeCache cache{CacheSpec{}};
  RadixTree tree(cache);
  insert_sections(tree, Bytes::gib(256).count(), Bytes::gib(256));  // pmem alone, below 512 GiB
  CHECK(tree.height() == 2);
  CHECK(tree.nodes() == 33);
  insert_sections(tree, Bytes::gib(32 * 1024 - 8).count(), Bytes::gib(8));
  CHECK(tree.height() == 3);
  CHECK(tree.nodes() == 36);
  insert_sections(tree, (std::uint64_t{1} << 46U) - Bytes::gib(8).count(), Bytes::gib(8));
  CHECK(tree.height() == 4);
  CHECK(tree.nodes() == 40);
  insert_sections(tree, (std::uint64_t{1} << 52U) - Bytes::gib(8).count(), Bytes::gib(8));
  CHECK(tree.height() == 5);
  CHECK(tree.nodes() == 45);
}

TEST_CASE("kernel: a visit of a radix tree node reads the lines of its header and of the slot") {
  NodeCache cache{CacheSpec{}};
  RadixTree tree(cache);
  const SimTime memory = SimTime::nanoseconds(90);
  const SimTime l1 = SimTime::picoseconds(1'300);
  tree.insert(2, 1);  // the slot lies at byte 56, in the header's line
  CHECK(tree.cost().time == memory);
  tree.insert(3, 1);  // at byte 64
  CHECK(tree.cost().time == memory * 2 + l1);
  tree.lookup(63);  // at byte 544
  CHECK(tree.cost().time == memory * 3 + l1 * 2);
  CHECK(tree.cost().visits == 3);
  cache.pass(Bytes::gib(1));
  tree.lookup(63);
  CHECK(tree.cost().time == memory * 5 + l1 * 2);
}

}  // namespace radix_tree_test
}  // namespace farfault
