/// A last-level cache: set-associative, lines of sectors, LRU, write-back. Which bytes come from memory and go there.
///
/// Addresses are virtual: which physical pages there are is not simulated. The set of a line is its number modulo the
/// number of sets, turned by a hash of what is left, as the caches of CPUs and of devices hash their slices: strides of
/// a power of two spread, and as many neighbouring lines as there are in the cache still fill it exactly.
#pragma once

#include <cstdint>

#include "models/cache/llc_spec.h"
#include "models/cache/lru_sets.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// In sectors.
struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t fetched = 0;       ///< read from memory
  std::uint64_t written_back = 0;  ///< written to it
  std::uint64_t dropped = 0;       ///< gone since their page left this memory, or the address space
};

class SectorCache {
 public:
  /// `sector` is the unit of traffic. REQUIRES: spec's line is 1 to 32 sectors, its capacity a multiple of line x ways.
  SectorCache(const LlcSpec& spec, Bytes sector);

  /// What one access moved between cache and memory, in sectors.
  struct Outcome {
    bool hit = false;
    std::uint64_t fetched = 0;
    std::uint64_t written_back = 0;
  };
  /// `sector` is the address over the sector's size.
  Outcome access(std::uint64_t sector, bool write);

  /// These pages of a block have left: their lines go, and whoever copied them read them from here.
  void drop(BlockNumber block, const PageMask& pages);

  const LlcSpec& spec() const { return spec_; }
  Bytes sector() const { return Bytes(std::uint64_t{1} << sector_shift_); }
  unsigned sector_shift() const { return sector_shift_; }
  const CacheCounters& counters() const { return counters_; }

 private:
  std::uint64_t set_of(std::uint64_t line) const;

  LlcSpec spec_;
  unsigned sector_shift_;
  unsigned line_shift_;  // of a sector's number
  LruSets lines_;        // state: valid sectors in the lower half, dirty ones in the upper
  CacheCounters counters_;
};

}  // namespace farfault
