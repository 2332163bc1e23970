/// A page-walk cache: pointers to page tables that walks have read, so that the next one starts lower.
#pragma once

#include <cstdint>
#include <vector>

#include "models/cache/lru_sets.h"
#include "models/pagetable/entry_size.h"
#include "models/pagetable/page_table_spec.h"
#include "sim/core/units.h"

namespace farfault {

/// One fully associative array for all levels, LRU. The root is always known.
class WalkCache {
 public:
  WalkCache(std::uint64_t entries, const PageTableSpec& table);

  /// Walks to the entry of that size in a block, as all tables on the way exist. Returns the tables that were read,
  /// the last one with the entry included: at least 1.
  unsigned walk(BlockNumber block, EntrySize size);
  void clear() { pointers_.clear(); }

 private:
  /// The table of a level on the way to a block; the level below the upper ones is that of the pages.
  std::uint64_t tag(BlockNumber block, unsigned level) const;

  std::vector<unsigned> bits_below_;  // of a block's number, by level; the last is 0
  LruSets pointers_;
};

}  // namespace farfault
