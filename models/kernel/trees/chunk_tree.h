/// What the kernel's radix tree and xarray have in common: 64-slot nodes, a height that follows the largest index, and
/// entries that may lie above the lowest level. `struct radix_tree_node` and `struct xa_node` have the same layout.
///
/// Source: lib/radix-tree.c (4.10 to 4.19), lib/xarray.c (5.x), include/linux/xarray.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "models/kernel/node_cache.h"
#include "models/kernel/trees/node_lines.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

/// A node that an operation visits costs the line of its header and the line of the slot, one if they are the same.
/// What the operation reads of the root pointer is free: it lies with the caller's data.
class ChunkTree {
 public:
  static constexpr unsigned kSlotBits = 6;  ///< RADIX_TREE_MAP_SHIFT, XA_CHUNK_SHIFT
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr Bytes kNodeBytes{576};       ///< x86-64
  static constexpr unsigned kHeaderBytes = 40;  ///< before the slots

  explicit ChunkTree(NodeCache& cache);
  ~ChunkTree();
  ChunkTree(ChunkTree&&) noexcept;

  /// Makes the tree high enough for `max` (radix_tree_extend, xas_expand). A tree without nodes grows at once, and its
  /// nodes come with make_path(). Call before make_path() or store() of an index up to `max`.
  void grow(std::uint64_t max);
  /// Makes the nodes on the path to the slot of `index` at `shift`; a multiple of kSlotBits.
  void make_path(std::uint64_t index, unsigned shift);
  /// Stores into the slot of `index` at `shift` and `siblings` more, with all nodes on the path. False, and no slot
  /// changed, if the first slot is taken. REQUIRES: the siblings are free and in the same node.
  bool store(std::uint64_t index, unsigned shift, unsigned siblings, std::uint64_t value);
  /// The value of the entry that covers the index.
  std::optional<std::uint64_t> load(std::uint64_t index);
  /// Takes away the entry that covers the index, all its slots, nodes that are empty then, and roots that only have the
  /// first slot; the value that was there.
  std::optional<std::uint64_t> erase(std::uint64_t index);

  std::uint64_t nodes() const { return lines_.live(); }
  /// Levels of nodes.
  unsigned height() const { return height_; }
  const TreeCost& cost() const { return cost_; }

 private:
  struct Node;
  struct Place {
    Node* node = nullptr;  ///< null: the root pointer itself
    unsigned slot = 0;
  };
  bool covers(std::uint64_t index) const;
  std::unique_ptr<Node> make_node(unsigned shift, Node* parent, unsigned slot);
  Place descend(std::uint64_t index, unsigned shift);
  Place find(std::uint64_t index);
  void visit(const Node& node, unsigned slot);
  void drop_empty(Node* node);
  void shrink();

  NodeLines lines_;
  std::unique_ptr<Node> root_;
  std::optional<std::uint64_t> alone_;  ///< the value of index 0 where it is the only one; no node then
  unsigned height_ = 0;
  TreeCost cost_;
};

}  // namespace farfault
