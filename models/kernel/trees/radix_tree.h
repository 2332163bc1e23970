/// The kernel's radix tree of 64-slot nodes, as lib/radix-tree.c (4.x) grows it: a real structure, so that nodes,
/// height and visits are counted and not derived from a formula.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "models/kernel/node_cache.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

/// Maps an index to a value. Height grows with the largest index; nodes are made on the path to an entry, and go when
/// they are empty.
class RadixTree {
 public:
  static constexpr unsigned kSlotBits = 6;  ///< RADIX_TREE_MAP_SHIFT
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr Bytes kNodeBytes{576};  ///< sizeof(struct radix_tree_node), x86-64

  /// Borrows the cache, which prices the lines that operations read.
  explicit RadixTree(NodeCache& cache);
  ~RadixTree();
  RadixTree(RadixTree&&) noexcept;

  /// False if the index is taken.
  bool insert(std::uint64_t index, std::uint64_t value);
  std::optional<std::uint64_t> lookup(std::uint64_t index);
  /// The value that was there.
  std::optional<std::uint64_t> erase(std::uint64_t index);

  std::uint64_t entries() const { return entries_; }
  std::uint64_t nodes() const { return nodes_; }
  unsigned height() const { return height_; }
  Bytes bytes() const { return kNodeBytes * nodes_; }
  const TreeCost& cost() const { return cost_; }

 private:
  struct Node;
  bool covers(std::uint64_t index) const;
  std::unique_ptr<Node> make_node();

  NodeCache* cache_;
  std::uint64_t region_;
  std::unique_ptr<Node> root_;
  unsigned height_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t nodes_ = 0;
  TreeCost cost_;
};

}  // namespace farfault
