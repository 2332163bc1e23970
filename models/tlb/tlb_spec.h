/// Parameters of a processor's TLBs, used with `replay.detail: tlb` and `cache`.
#pragma once

#include <cstdint>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

struct TlbLevelSpec {
  Sourced<std::uint64_t> entries{64};      ///< for 4 KiB and 64 KiB pages, and 2 MiB ones without an array of their own
  Sourced<std::uint64_t> ways{4};          ///< a divisor of entries
  Sourced<std::uint64_t> huge_entries{0};  ///< an array for 2 MiB pages; 0: they share the other
  Sourced<std::uint64_t> huge_ways{1};     ///< a divisor of huge_entries
  Sourced<SimTime> latency{SimTime::zero()};  ///< of a hit, more than an access has anyway
  bool operator==(const TlbLevelSpec&) const = default;
};

struct TlbSpec {
  TlbLevelSpec l1;                           ///< of each thread or stream
  TlbLevelSpec l2;                           ///< of each thread; of a device as a whole
  Sourced<std::uint64_t> walk_cache{32};     ///< upper page-table entries that walks remember; 0: none
  Sourced<std::uint64_t> walkers{2};         ///< walks at a time, of a thread or of a device; >= 1
  Sourced<std::uint64_t> flush_ceiling{33};  ///< an invalidation of more entries empties the TLBs
  bool operator==(const TlbSpec&) const = default;
};

inline TlbSpec host_tlb() {
  TlbSpec spec;
  spec.l1.entries = {64,
                     "assumption: as Intel Skylake: 64 entries, 4 ways for 4 KiB pages (Intel optimisation manual)"};
  spec.l1.ways = {4, "assumption: as Intel Skylake (Intel optimisation manual)"};
  spec.l1.huge_entries = {
      32, "assumption: as Intel Skylake: 32 entries, 4 ways for 2 MiB pages (Intel optimisation manual)"};
  spec.l1.huge_ways = {4, "assumption: as Intel Skylake (Intel optimisation manual)"};
  spec.l1.latency = {SimTime::zero(), "assumption: part of access_time"};
  spec.l2.entries = {
      1536, "assumption: as Intel Skylake: 1536 entries, 12 ways, 4 KiB and 2 MiB pages (Intel optimisation manual)"};
  spec.l2.ways = {12, "assumption: as Intel Skylake (Intel optimisation manual)"};
  spec.l2.huge_entries = {0, "assumption: as Intel Skylake: shared with 4 KiB pages (Intel optimisation manual)"};
  spec.l2.huge_ways = {1, "assumption: not used"};
  spec.l2.latency = {SimTime::picoseconds(2'500), "assumption: 9 cycles at 3.5 GHz"};
  spec.walk_cache = {32, "assumption: entries of the paging-structure caches are not published"};
  spec.walkers = {2, "assumption: as Intel Skylake: two page walks at a time (Intel optimisation manual)"};
  spec.flush_ceiling = {33, "driver default: Linux, tlb_single_page_flush_ceiling, arch/x86/mm/tlb.c"};
  return spec;
}

/// V100, after Jia et al., Dissecting the NVIDIA Volta GPU Architecture via Microbenchmarking (2018): coverage of
/// 32 MiB and about 8 GiB, in 2 MiB pages. Not verified against the paper.
inline TlbSpec device_tlb() {
  TlbSpec spec;
  spec.l1.entries = {16, "assumption: as V100: reach of 32 MiB with 2 MiB pages (Jia et al. 2018, unverified)"};
  spec.l1.ways = {16, "assumption: fully associative"};
  spec.l1.huge_entries = {0, "assumption: one array for all sizes"};
  spec.l1.huge_ways = {1, "assumption: not used"};
  spec.l1.latency = {SimTime::zero(), "assumption: part of access_time"};
  spec.l2.entries = {4096, "assumption: as V100: reach of about 8 GiB with 2 MiB pages (Jia et al. 2018, unverified)"};
  spec.l2.ways = {16, "assumption: ways are not published"};
  spec.l2.huge_entries = {0, "assumption: one array for all sizes"};
  spec.l2.huge_ways = {1, "assumption: not used"};
  spec.l2.latency = {SimTime::nanoseconds(80), "assumption: some 110 cycles at 1.38 GHz"};
  spec.walk_cache = {64, "assumption: entries are not published"};
  spec.walkers = {64,
                  "assumption: 64 walks at a time, as studies of GPU translation simulate (Power et al., HPCA 2014)"};
  spec.flush_ceiling = {32, "assumption: uvm_volta.c, tlb_batch.max_pages (unverified)"};
  return spec;
}

}  // namespace farfault
