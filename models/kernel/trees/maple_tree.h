/// A B-tree of ranges after the kernel's maple tree (lib/maple_tree.c): 256-byte nodes, 16 slots in a leaf, 10 in a
/// node above that also keeps the largest gap below each slot, so that a free range is found from the top down.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "models/kernel/node_cache.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

class MapleTree {
 public:
  static constexpr unsigned kLeafSlots = 16;   ///< MAPLE_RANGE64_SLOTS; a hole between ranges takes a slot, too
  static constexpr unsigned kInnerSlots = 10;  ///< MAPLE_ARANGE64_SLOTS
  static constexpr Bytes kNodeBytes{256};

  explicit MapleTree(NodeCache& cache);
  ~MapleTree();
  MapleTree(MapleTree&&) noexcept;

  /// False, and nothing stored, if any index of [first, last] is taken.
  bool store_range(std::uint64_t first, std::uint64_t last, std::uint64_t value);
  /// Finds the lowest free range of `length` indices within [low, high] and stores it (mtree_alloc_range); its first
  /// index, or nothing where there is none.
  std::optional<std::uint64_t> allocate(std::uint64_t length, std::uint64_t low, std::uint64_t high,
                                        std::uint64_t value);
  std::optional<std::uint64_t> load(std::uint64_t index);
  /// Takes away the range that holds the index; false if there is none.
  bool erase(std::uint64_t index);

  std::uint64_t entries() const { return entries_; }  ///< ranges
  std::uint64_t nodes() const { return nodes_; }
  unsigned height() const { return height_; }
  Bytes bytes() const { return kNodeBytes * nodes_; }
  const TreeCost& cost() const { return cost_; }

 private:
  struct Node;
  NodeCache* cache_;
  std::uint64_t region_;
  std::unique_ptr<Node> root_;
  unsigned height_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t nodes_ = 0;
  TreeCost cost_;
};

}  // namespace farfault
