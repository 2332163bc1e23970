/// The kernel's radix tree of 64-slot nodes, as lib/radix-tree.c (4.10 to 4.19) grows and shrinks it: a real structure,
/// so that nodes, height and visits are counted and not derived from a formula.
#pragma once

#include <cstdint>
#include <optional>

#include "models/kernel/node_cache.h"
#include "models/kernel/trees/chunk_tree.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

/// Maps an index to a value. Height grows with the largest index; nodes are made on the path to an entry, and go when
/// they are empty. A root whose only slot is the first goes, too (radix_tree_shrink), and an entry of index 0 that is
/// alone lies in no node.
class RadixTree {
 public:
  static constexpr Bytes kNodeBytes = ChunkTree::kNodeBytes;

  /// Borrows the cache, which prices the lines that operations read.
  explicit RadixTree(NodeCache& cache);

  /// False if the index is taken.
  bool insert(std::uint64_t index, std::uint64_t value);
  std::optional<std::uint64_t> lookup(std::uint64_t index);
  /// The value that was there.
  std::optional<std::uint64_t> erase(std::uint64_t index);

  std::uint64_t entries() const { return entries_; }
  std::uint64_t nodes() const { return tree_.nodes(); }
  unsigned height() const { return tree_.height(); }
  Bytes bytes() const { return kNodeBytes * nodes(); }
  const TreeCost& cost() const { return tree_.cost(); }

 private:
  ChunkTree tree_;
  std::uint64_t entries_ = 0;
};

}  // namespace farfault
