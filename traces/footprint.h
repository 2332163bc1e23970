/// A pass over a trace that measures it before it is replayed: how much memory it touches, and how.
#pragma once

#include <cstdint>
#include <string>

#include "sim/core/units.h"
#include "traces/reader.h"

namespace farfault::traces {

struct FootprintScan {
  std::uint64_t pages = 0;     ///< distinct 4 KiB pages that accesses touch
  std::uint64_t blocks = 0;    ///< distinct 2 MiB blocks that they lie in
  std::uint64_t accesses = 0;  ///< the sum of the three below
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t read_modify_writes = 0;  ///< atomics, too
  std::uint64_t bytes = 0;               ///< the sum of the sizes of all accesses
  std::uint64_t instructions = 0;        ///< of gaps and kCompute events

  Bytes footprint() const { return pages * kPageSize; }
  bool operator==(const FootprintScan&) const = default;
};

/// Reads `reader` to its end. An access touches every page that it overlaps. Memory: below 300 bytes a distinct block,
/// whatever the trace's length. Throws InputError, naming `trace`, if there are more than `block_limit` blocks.
FootprintScan scan_footprint(Reader& reader, const std::string& trace, std::uint64_t block_limit);

}  // namespace farfault::traces
