/// The replay of accesses with `replay.detail: tlb` and `cache`: a loop of its own beside run_hits(), which stays as
/// fast as it is.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/cache/sector_cache.h"
#include "models/pagetable/page_table.h"
#include "models/tlb/tlbs.h"
#include "sim/replay/hit_loop.h"

namespace farfault {

/// What served an access, nearest first.
enum class Served : std::uint8_t { kNear, kCache, kMemory };
inline constexpr std::size_t kServedCount = 3;
inline constexpr std::size_t kTlbWayCount = 3;

/// What a stretch of accesses asked of TLBs and of the cache, beside HitCounts.
struct DetailCounts {
  std::uint64_t l2_hits = 0;        ///< translations that the second level had
  std::uint64_t walks = 0;          ///< translations that nobody had
  std::uint64_t walk_reads = 0;     ///< page tables that these read
  std::uint64_t cache_units = 0;    ///< asked of the cache
  std::uint64_t fetched_units = 0;  ///< of these, waited for from memory
  /// Local accesses of the loop by where their translation and their data were found.
  std::array<std::array<std::uint64_t, kServedCount>, kTlbWayCount> accesses{};

  std::uint64_t classified() const {
    std::uint64_t sum = 0;
    for (const auto& way : accesses) {
      for (const std::uint64_t count : way) sum += count;
    }
    return sum;
  }
};

/// Units that a lane touched recently, as Coalescer, and whether it has told the cache that it wrote them: a core's
/// innermost cache, or what a device's threads merge. Hashed in the same way.
class StoreFilter {
 public:
  /// REQUIRES: a power of two.
  explicit StoreFilter(std::uint64_t window) : mask_(window - 1), table_(window, ~std::uint64_t{0}) {}

  /// Whether the access goes no further. If not, it counts as made.
  bool absorbs(std::uint64_t unit, bool write) {
    constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15U;
    std::uint64_t& entry = table_[unit * kGoldenRatio >> 32U & mask_];
    const std::uint64_t dirty = write ? 1 : 0;
    if (entry >> 1U == unit) {
      if (!write || (entry & 1U) != 0) return true;
      entry |= 1U;
      return false;
    }
    entry = unit << 1U | dirty;
    return false;
  }

 private:
  std::uint64_t mask_;
  std::vector<std::uint64_t> table_;
};

/// What a lane translates and caches with.
struct DetailParts {
  const ResidencyMap& residency;
  std::size_t processor;  ///< 0: the host; d + 1: device d
  const PageTable& table;
  Translator& translator;
  SectorCache* cache;  ///< null: the coalescer decides what is traffic, as with `detail: pages`
  Coalescer& coalescer;
  std::uint64_t window;  ///< units of the filter before the cache; a power of two
};

class DetailedReplay {
 public:
  explicit DetailedReplay(const DetailParts& parts);

  /// As run_hits().
  const traces::Access* run(const traces::Access* first, const traces::Access* end, const HitContext& context,
                            HitCounts& counts, DetailCounts& detail);

  /// One page's part of an access that run() stopped at, to the processor's own memory: its units of traffic.
  std::uint64_t local_units(BlockSlot slot, std::uint64_t address, std::uint64_t size, bool write,
                            DetailCounts& detail);
  /// The same to memory over the link, which caches do not hold. `translated`: the processor's page table has the page.
  std::uint64_t remote_units(BlockSlot slot, std::uint64_t address, std::uint64_t size, bool translated,
                             DetailCounts& detail);

  bool has_cache() const { return cache_ != nullptr; }

 private:
  /// Pages of a block that the processor's page table maps.
  PageMask mapped(BlockSlot slot) const;
  TlbWay translate(PageNumber page, EntrySize size, DetailCounts& detail);
  struct Traffic {
    std::uint64_t units = 0;
    Served served = Served::kMemory;
  };
  Traffic local(std::uint64_t address, std::uint64_t size, bool write, DetailCounts& detail);

  const ResidencyMap& residency_;
  std::size_t processor_;
  const PageTable& table_;
  Translator& translator_;
  SectorCache* cache_;
  Coalescer& coalescer_;
  StoreFilter filter_;
};

}  // namespace farfault
