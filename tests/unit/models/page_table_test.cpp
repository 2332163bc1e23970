#include "models/pagetable/page_table.h"

#include <doctest/doctest.h>

namespace farfault {
namespace page_table_test {

const PageMask kNone;

PageTableSpec x86() { return {}; }

PageTableSpec gpu() {
  PageTableSpec spec;
  spec.upper_bits = {2, 9, 9, 8};
  spec.large_leaf_bytes = Bytes(256);
  return spec;
}

TEST_CASE("models: one page of an x86 table takes a node on each of four levels") {
  PageTable table(x86());
  CHECK(table.levels() == 4);
  CHECK(table.nodes() == 0);
  const PageMask one = PageMask::single(7);
  const auto change = table.update(BlockNumber(5), kNone, one);
  CHECK(change.nodes_made == 4);
  CHECK(change.nodes_freed == 0);
  CHECK(change.entries == 4);
  CHECK(table.nodes() == 4);
  CHECK(table.bytes() == Bytes(4 * 4096));

  // A neighbour in the same PTE table costs an entry, one in the same PMD table a node.
  CHECK(table.update(BlockNumber(5), one, one | PageMask::single(8)).nodes_made == 0);
  const auto beside = table.update(BlockNumber(6), kNone, one);
  CHECK(beside.nodes_made == 1);
  CHECK(beside.entries == 2);
  CHECK(table.nodes() == 5);
  // 1 GiB further: a PMD table of its own; 512 GiB further: a PUD table, too.
  CHECK(table.update(BlockNumber(5 + 512), kNone, one).nodes_made == 2);
  CHECK(table.update(BlockNumber(5 + 512 * 512), kNone, one).nodes_made == 3);
  CHECK(table.nodes() == 10);
  CHECK(table.entries_written() == 4 + 1 + 2 + 3 + 4);

  // Everything goes: nothing is left.
  CHECK(table.update(BlockNumber(5 + 512 * 512), one, kNone).nodes_freed == 3);
  CHECK(table.update(BlockNumber(5 + 512), one, kNone).nodes_freed == 2);
  CHECK(table.update(BlockNumber(6), one, kNone).nodes_freed == 1);
  CHECK(table.update(BlockNumber(5), one | PageMask::single(8), kNone).nodes_freed == 4);
  CHECK(table.nodes() == 0);
  CHECK(table.bytes() == Bytes(0));
  CHECK(table.peak_bytes() == Bytes(10 * 4096));
}

TEST_CASE("models: a full block is one entry of the last upper level") {
  PageTable table(x86());
  const PageMask all = PageMask::all();
  const auto made = table.update(BlockNumber(0), kNone, all);
  CHECK(made.nodes_made == 3);
  CHECK(made.entries == 3);
  // One page leaves: the entry splits into a table of 511.
  PageMask most = all;
  most.reset(100);
  const auto split = table.update(BlockNumber(0), all, most);
  CHECK(split.nodes_made == 1);
  CHECK(split.entries == 512);
  CHECK(table.nodes() == 4);
  // It comes back: they merge.
  const auto merged = table.update(BlockNumber(0), most, all);
  CHECK(merged.nodes_freed == 1);
  CHECK(merged.entries == 512);
  CHECK(table.nodes() == 3);
  CHECK(table.update(BlockNumber(0), all, kNone).nodes_freed == 3);
  CHECK(table.nodes() == 0);
}

TEST_CASE("models: without huge pages a full block keeps its table") {
  PageTableSpec spec = x86();
  spec.huge_pages = false;
  PageTable table(spec);
  CHECK(table.update(BlockNumber(0), kNone, PageMask::all()).entries == 3 + 512);
  CHECK(table.nodes() == 4);
}

TEST_CASE("models: a device table has 64 KiB entries beside 4 KiB entries") {
  PageTable table(gpu());
  CHECK(table.levels() == 5);
  // One aligned 64 KiB: four upper tables and one of 64 KiB entries.
  const PageMask big = PageMask::range(16, 32);
  const auto made = table.update(BlockNumber(3), kNone, big);
  CHECK(made.nodes_made == 5);
  CHECK(made.entries == 4 + 1);
  CHECK(table.bytes() == Bytes(4 * 4096 + 256));
  // A lone page beside it: a table of 4 KiB entries as well, still one entry above.
  const auto both = table.update(BlockNumber(3), big, big | PageMask::single(0));
  CHECK(both.nodes_made == 1);
  CHECK(both.entries == 1);
  CHECK(table.bytes() == Bytes(5 * 4096 + 256));
  // A page out of the 64 KiB: one entry becomes fifteen.
  PageMask broken = big | PageMask::single(0);
  broken.reset(20);
  const auto split = table.update(BlockNumber(3), big | PageMask::single(0), broken);
  CHECK(split.nodes_freed == 1);
  CHECK(split.nodes_made == 0);
  CHECK(split.entries == 1 + 15);
  CHECK(table.bytes() == Bytes(5 * 4096));
  // Unaligned 64 KiB are sixteen entries.
  CHECK(table.update(BlockNumber(9), kNone, PageMask::range(8, 24)).entries == 1 + 16);
}

TEST_CASE("models: a walk reads as many levels as it takes to know") {
  PageTable table(x86());
  const PageMask one = PageMask::single(7);
  CHECK(table.walk(BlockNumber(5), kNone, 7) == 1);  // the root is empty
  table.update(BlockNumber(5), kNone, one);
  CHECK(table.walk(BlockNumber(5), one, 7) == 4);
  CHECK(table.walk(BlockNumber(5), one, 8) == 4);    // the table is there, the entry is not
  CHECK(table.walk(BlockNumber(6), kNone, 7) == 3);  // no table below the PMD
  CHECK(table.walk(BlockNumber(5 + 512), kNone, 7) == 2);
  CHECK(table.walk(BlockNumber(5 + 512 * 512), kNone, 7) == 1);
  table.update(BlockNumber(6), kNone, PageMask::all());
  CHECK(table.walk(BlockNumber(6), PageMask::all(), 7) == 3);  // the PMD entry is the translation
  CHECK(table.walks() == 7);
  CHECK(table.walk_levels() == 1 + 4 + 4 + 3 + 2 + 1 + 3);
}

TEST_CASE("models: a walk in a device table reads its 64 KiB table even where that has no entry") {
  PageTable table(gpu());
  const PageMask big = PageMask::range(16, 32);
  table.update(BlockNumber(3), kNone, big);
  CHECK(table.walk(BlockNumber(3), big, 16) == 5);
  CHECK(table.walk(BlockNumber(3), big, 0) == 5);
  CHECK(table.walk(BlockNumber(4), kNone, 0) == 4);
}

TEST_CASE("models: blocks at the top of the address space are kept apart") {
  PageTable table(x86());
  const BlockNumber top((std::uint64_t{1} << 27U) - 1);
  table.update(top, kNone, PageMask::single(511));
  CHECK(table.nodes() == 4);
  table.update(BlockNumber(0), kNone, PageMask::single(0));
  CHECK(table.nodes() == 4 + 3);  // they share the root alone
  CHECK(table.walk(top, PageMask::single(511), 511) == 4);
}

}  // namespace page_table_test
}  // namespace farfault
