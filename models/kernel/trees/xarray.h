/// The kernel's xarray with multi-index entries, as lib/xarray.c (5.x) stores ranges: a range becomes a few entries,
/// each a run of sibling slots of one node.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "models/kernel/node_cache.h"
#include "models/kernel/trees/chunk_tree.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

class XArray {
 public:
  static constexpr Bytes kNodeBytes = ChunkTree::kNodeBytes;

  explicit XArray(NodeCache& cache);

  /// xa_store_range() without what was there before: false, and nothing stored, if any index of [first, last] is taken.
  /// Finding that out costs nothing; whoever asks the tree first, as memremap_pages() does, pays with load().
  /// REQUIRES: first <= last < 2^60.
  bool store_range(std::uint64_t first, std::uint64_t last, std::uint64_t value);
  std::optional<std::uint64_t> load(std::uint64_t index);
  /// Takes away a range as store_range() stored it; false if it is not there as a whole.
  bool erase_range(std::uint64_t first, std::uint64_t last);

  /// Multi-index entries: xas_store() calls that a range takes.
  std::uint64_t entries() const { return entries_; }
  std::uint64_t nodes() const { return tree_.nodes(); }
  unsigned height() const { return tree_.height(); }
  Bytes bytes() const { return kNodeBytes * nodes(); }
  const TreeCost& cost() const { return tree_.cost(); }

 private:
  ChunkTree tree_;
  std::uint64_t entries_ = 0;
  std::map<std::uint64_t, std::uint64_t> ranges_;  ///< first to last, as stored: the kernel leaves these to its callers
};

}  // namespace farfault
