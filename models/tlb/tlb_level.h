/// One level of a TLB: which translations it holds.
#pragma once

#include <cstdint>

#include "models/cache/lru_sets.h"
#include "models/pagetable/entry_size.h"
#include "models/tlb/tlb_spec.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// A set is chosen by the number of the page of the entry's own size, modulo the sets. Within a set the entry used
/// least recently is replaced.
class TlbLevel {
 public:
  explicit TlbLevel(const TlbLevelSpec& spec);

  /// Whether the entry that maps a 4 KiB page, of that size, is there. It then counts as used.
  bool look_up(PageNumber page, EntrySize size);
  /// REQUIRES: it is not there.
  void fill(PageNumber page, EntrySize size);
  /// Takes out what maps any of these pages. Returns how many entries that were.
  std::uint64_t drop(BlockNumber block, const PageMask& pages);
  void clear();

  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }
  /// A hit that needs no look-up: the entry was the last one used.
  void count_hits(std::uint64_t hits) { hits_ += hits; }

 private:
  LruSets& array(EntrySize size) { return size == EntrySize::k2MiB && !huge_.empty() ? huge_ : entries_; }

  LruSets entries_;
  LruSets huge_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace farfault
