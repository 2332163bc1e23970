/// Shape of a page table.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

/// A radix tree of tables above 2 MiB blocks, and one table below. x86-64 with four levels: upper_bits {9, 9, 9} (PGD,
/// PUD, PMD) over a PTE table of 512 entries. NVIDIA Pascal and later: {2, 9, 9, 8} (PDE3, PDE2, PDE1, PDE0).
struct PageTableSpec {
  std::vector<std::uint64_t> upper_bits{9, 9, 9};  ///< index bits per level, root first; the last indexes 2 MiB blocks
  Bytes node_bytes = Bytes(4096);                  ///< memory of an upper table
  Bytes leaf_bytes = Bytes(4096);                  ///< memory of a table of 512 4 KiB entries
  Bytes large_leaf_bytes = Bytes(0);               ///< of a table of 32 64 KiB entries; 0: the size is not supported
  bool huge_pages = true;                          ///< a full 2 MiB block may be one entry of the last upper level
  Sourced<SimTime> walk_level{SimTime::nanoseconds(20)};  ///< time to read one level in a walk after a fault
  bool operator==(const PageTableSpec&) const = default;
};

}  // namespace farfault
