/// The TLBs of one processor: what its threads or streams translate addresses with.
///
/// A look-up asks the level of the lane, then the second level, then walks the page table from where the walk cache
/// knows it. What was found is put into all levels above; levels do not know of each other's replacements. The size of
/// an entry is what the page table has there now: entries of another size that were made before age out.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/pagetable/page_table_spec.h"
#include "models/tlb/tlb_level.h"
#include "models/tlb/tlb_spec.h"
#include "models/tlb/walk_cache.h"

namespace farfault {

enum class TlbSharing : std::uint8_t {
  kPrivate,  ///< each lane has all levels and a walk cache: threads of CPUs
  kShared,   ///< lanes share the second level and the walk cache: streams of a device
};

/// Sums over lanes and levels.
struct TlbCounters {
  std::uint64_t l1_hits = 0;
  std::uint64_t l1_misses = 0;
  std::uint64_t l2_hits = 0;
  std::uint64_t l2_misses = 0;      ///< each is a walk
  std::uint64_t walk_reads = 0;     ///< page tables read by walks
  std::uint64_t invalidations = 0;  ///< changes of the page table that took mappings away
  std::uint64_t flushes = 0;        ///< of these, so large that the TLBs were emptied
  std::uint64_t dropped = 0;        ///< entries that the others took out
};

/// Where a translation was found.
enum class TlbWay : std::uint8_t { kL1, kL2, kWalk };

/// What one lane translates with. Owned by Tlbs.
class Translator {
 public:
  /// Borrows what it does not own alone.
  Translator(const TlbLevelSpec& l1, TlbLevel& l2, WalkCache& walks) : l1_(l1), l2_(l2), walks_(walks) {}

  struct Result {
    TlbWay way = TlbWay::kL1;
    unsigned reads = 0;  ///< page tables read by the walk
  };
  Result translate(PageNumber page, EntrySize size) {
    if (l1_.look_up(page, size)) return {};
    return beyond_l1(page, size);
  }
  /// Translations again of what was translated last, with none in between.
  void count_repeats(std::uint64_t repeats) { l1_.count_hits(repeats); }

 private:
  friend class Tlbs;
  Result beyond_l1(PageNumber page, EntrySize size);

  TlbLevel l1_;
  TlbLevel& l2_;
  WalkCache& walks_;
  std::uint64_t walk_reads_ = 0;
};

class Tlbs {
 public:
  Tlbs(const TlbSpec& spec, const PageTableSpec& table, TlbSharing sharing);

  /// For one more thread or stream; lives as long as this does.
  Translator& add_lane();
  /// These pages of a block are no longer mapped as they were, in so many entries. Walk caches are emptied, as INVLPG
  /// does.
  void invalidate(BlockNumber block, const PageMask& pages, std::uint64_t entries);

  const TlbSpec& spec() const { return spec_; }
  TlbCounters counters() const;

 private:
  TlbSpec spec_;
  PageTableSpec table_;
  TlbSharing sharing_;
  std::vector<std::unique_ptr<TlbLevel>> l2_;      // one, or one a lane
  std::vector<std::unique_ptr<WalkCache>> walks_;  // as l2_
  std::vector<std::unique_ptr<Translator>> lanes_;
  TlbCounters invalidated_;  // what is not of one level
};

}  // namespace farfault
