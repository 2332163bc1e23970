/// A B-tree of ranges after the kernel's maple tree (lib/maple_tree.c, MT_FLAGS_ALLOC_RANGE): 256-byte nodes, 16 slots
/// in a leaf, 10 in a node above that also keeps the largest gap below each slot, so that a free range is found from
/// the top down.
///
/// As in the kernel: the leaves cover all of 0 to 2^64 - 1, holes included; no leaf but the last one ends on a hole
/// (mas_is_span_wr), so that no hole lies in two leaves; a tree whose only range is index 0 is that entry in the root
/// pointer without a node (mas_store_root), and the last range that goes takes the last node along (mas_new_root).
/// Simpler than the kernel: a full node is cut in halves without a try to push to its neighbours first, so there may be
/// a few nodes more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/kernel/node_cache.h"
#include "models/kernel/trees/node_lines.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

class MapleTree {
 public:
  static constexpr unsigned kLeafSlots = 16;   ///< MAPLE_RANGE64_SLOTS; a hole between ranges takes a slot, too
  static constexpr unsigned kInnerSlots = 10;  ///< MAPLE_ARANGE64_SLOTS
  static constexpr Bytes kNodeBytes{256};

  static constexpr unsigned kLeafLeast = 6;  ///< mt_min_slots; fewer are merged with a neighbour's, or shared out anew
  static constexpr unsigned kInnerLeast = 4;

  /// Borrows the cache. A node that is read costs the lines up to the pivot of the slot and that of the slot; one that
  /// is made or rewritten costs its four lines.
  explicit MapleTree(NodeCache& cache);
  ~MapleTree();
  MapleTree(MapleTree&&) noexcept;

  /// False, and nothing stored, if any index of [first, last] is taken. REQUIRES: first <= last.
  bool store_range(std::uint64_t first, std::uint64_t last, std::uint64_t value);
  /// Finds the lowest free range of `length` indices within [low, high] and stores it (mtree_alloc_range); its first
  /// index, or nothing where there is none. REQUIRES: length is not zero, low <= high.
  std::optional<std::uint64_t> allocate(std::uint64_t length, std::uint64_t low, std::uint64_t high,
                                        std::uint64_t value);
  std::optional<std::uint64_t> load(std::uint64_t index);
  /// Takes away the range that holds the index; false if there is none.
  bool erase(std::uint64_t index);

  std::uint64_t entries() const { return entries_; }  ///< ranges
  std::uint64_t nodes() const { return lines_.live(); }
  unsigned height() const { return height_; }
  Bytes bytes() const { return kNodeBytes * nodes(); }
  const TreeCost& cost() const { return cost_; }
  /// What is wrong with the structure, for tests; empty if nothing is. Walks all nodes.
  std::string problem() const;

 private:
  struct Node;
  /// A node on the way from the root to a leaf: its first index, and the slot that leads on.
  struct Step {
    Node* node = nullptr;
    std::uint64_t min = 0;
    std::size_t slot = 0;
  };
  using Path = std::vector<Step>;

  std::unique_ptr<Node> make_node(bool leaf);
  void free_node(std::unique_ptr<Node> node);
  void make_root();
  Path walk(std::uint64_t index) const;
  void charge(const Node& node, std::size_t slot, bool gaps);
  void charge(const Path& path);
  void rewrite(const Node& node);
  void refresh(const Path& path);
  void repair(const Path& path);
  void split(const Step& parent);
  void merge(const Step& parent);
  void erase_last_of_leaf(const Path& path);
  std::optional<std::uint64_t> find_gap(const Node& node, std::uint64_t min, std::uint64_t length, std::uint64_t low,
                                        std::uint64_t high);

  struct Census;
  void inspect(const Node& node, std::uint64_t min, unsigned level, Census& census) const;

  NodeLines lines_;
  std::unique_ptr<Node> root_;
  std::optional<std::uint64_t> alone_;  ///< the value of index 0 in the root pointer; no node then
  unsigned height_ = 0;
  std::uint64_t entries_ = 0;
  TreeCost cost_;
};

}  // namespace farfault
