/// The kernel's xarray with multi-index entries, as lib/xarray.c (5.x) stores ranges: a range becomes a few entries,
/// each a run of sibling slots of one node.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "models/kernel/node_cache.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

class XArray {
 public:
  static constexpr unsigned kSlotBits = 6;  ///< XA_CHUNK_SHIFT
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr Bytes kNodeBytes{576};  ///< sizeof(struct xa_node), x86-64

  explicit XArray(NodeCache& cache);
  ~XArray();
  XArray(XArray&&) noexcept;

  /// xa_store_range() without what was there before: false, and nothing stored, if any index of [first, last] is taken.
  bool store_range(std::uint64_t first, std::uint64_t last, std::uint64_t value);
  std::optional<std::uint64_t> load(std::uint64_t index);
  /// Takes away a range as store_range() stored it; false if it is not there as a whole.
  bool erase_range(std::uint64_t first, std::uint64_t last);

  /// Multi-index entries: xas_store() calls that a range takes.
  std::uint64_t entries() const { return entries_; }
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
