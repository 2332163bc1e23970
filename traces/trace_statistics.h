/// What a trace is made of, measured in one pass: for `trace info`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "traces/footprint.h"
#include "traces/reader.h"
#include "traces/reuse_distance.h"
#include "traces/vma_map.h"

namespace farfault::traces {

/// Of the memory that has one kind of backing.
struct BackingStatistics {
  std::uint64_t mappings = 0;  ///< made; the heap counts as one
  Bytes mapped;                ///< at most at one time
  std::uint64_t accesses = 0;  ///< whose first byte lies there
  std::uint64_t pages = 0;     ///< 4 KiB pages that were touched there first

  bool operator==(const BackingStatistics&) const = default;
};

struct TraceStatistics {
  FootprintScan footprint;
  std::uint64_t atomics = 0;                                  ///< of footprint.read_modify_writes
  std::array<std::uint64_t, kEventKindCount> events{};        ///< by EventKind
  std::array<BackingStatistics, kBackingCount> by_backing{};  ///< by Backing
  BackingStatistics unmapped;                                 ///< what lies in no mapping that the trace tells of
  bool mappings_complete = true;                              ///< false: there were more at a time than VmaMap keeps
  std::vector<std::uint64_t> accesses_by_agent;               ///< by index; agents behind its end have none
  std::uint64_t last_time = 0;                                ///< of kTimestamp events, in TraceMeta::time_unit
  std::optional<ReuseDistances::Counts> reuse;  ///< touches of pages; an access that overlaps two touches both
};

struct StatisticsOptions {
  bool reuse = true;
  std::uint64_t block_limit = 4'194'304;        ///< 2 MiB blocks that accesses may touch: 8 TiB
  std::uint64_t reuse_page_limit = 33'554'432;  ///< 4 KiB pages; with more of them, reuse is not measured: 128 GiB
};

/// Reads `reader` to its end. Memory: below 300 bytes a touched block, and with reuse below 100 bytes a touched page up
/// to the limit, besides VmaMap's. Throws InputError, naming `trace`, where there are more blocks than the limit.
TraceStatistics measure(Reader& reader, const std::string& trace, const StatisticsOptions& options = {});

}  // namespace farfault::traces
