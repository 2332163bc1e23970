/// The kernel's linear map of physical memory as far as device memory is in it: page tables as a real structure.
///
/// Source: x86-64 page tables, 512 entries of 8 bytes in 4 KiB each; arch/x86/mm/init_64.c (phys_pud_init and below),
/// arch/x86/mm/init.c (split_mem_range). The top table, of 512 GiB entries, is the kernel's own and not counted.
#pragma once

#include <cstdint>
#include <map>

#include "models/kernel/design_spec.h"
#include "models/kernel/physical_map.h"
#include "sim/core/units.h"

namespace farfault {

class LinearMap {
 public:
  struct Added {
    Bytes tables;           ///< of all levels, that were not there before
    Bytes leaf_tables;      ///< of these, of the level whose entries map pages of the size asked for, and below
    std::uint64_t entries;  ///< written, on all levels: a page each, and one for each new table
  };
  /// Maps a range with pages of a size. Ends that are not aligned to the size are mapped with the next smaller one, as
  /// the kernel does; ends inside a 4 KiB page map it whole. The tables are kept as runs, so that the effort does not
  /// grow with the length. REQUIRES: pages is not kNone; the range was not mapped before.
  Added add(PhysicalRange range, LinearMapPages pages);

  Bytes table_bytes() const;

 private:
  /// Table numbers that exist, as runs [first, end): of page tables, page middle directories, page upper directories.
  class Runs {
   public:
    /// Makes the tables [first, end); returns how many are new.
    std::uint64_t make(std::uint64_t first, std::uint64_t end);
    std::uint64_t size() const { return size_; }

   private:
    std::map<std::uint64_t, std::uint64_t> runs_;
    std::uint64_t size_ = 0;
  };
  Runs pte_;  ///< of 2 MiB each
  Runs pmd_;  ///< of 1 GiB each
  Runs pud_;  ///< of 512 GiB each
};

}  // namespace farfault
