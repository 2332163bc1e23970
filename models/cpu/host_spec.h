/// Parameters of the host: CPU threads, DRAM, page table, kernel's CPU-side fault costs.
#pragma once

#include <cstdint>

#include "models/cache/llc_spec.h"
#include "models/memory/memory_spec.h"
#include "models/pagetable/page_table_spec.h"
#include "models/tlb/tlb_spec.h"

namespace farfault {

struct HostSpec {
  MemorySpec memory;
  Sourced<std::uint64_t> cpus{16};  ///< hardware threads; more threads of a trace take turns; 1..65536
  Sourced<SimTime> instruction_time{SimTime::picoseconds(100)};  ///< per instruction of a compute gap
  Sourced<SimTime> access_time{SimTime::picoseconds(500)};       ///< per access that hits mapped memory, issue-bound
  Sourced<Bytes> line_size{Bytes(64)};                           ///< accesses in one line count once toward bandwidth
  Sourced<std::uint64_t> memory_parallelism{10};                 ///< cache lines in flight per thread (MLP); >= 1
  Sourced<SimTime> minor_fault{SimTime::nanoseconds(700)};       ///< first touch of an anonymous 4 KiB page
  Sourced<SimTime> migrate_fault{SimTime::microseconds(2)};      ///< trap and handler of a CPU fault on a device page
  /// first touch of a 2 MiB page, with kernel.thp
  Sourced<SimTime> huge_minor_fault{SimTime::microseconds(150),
                                    "assumption: 2 MiB zeroed at some 14 GB/s; 100 to 200 us are common"};
  /// a flush of other CPUs' TLBs, if any runs the address space
  Sourced<SimTime> ipi_time{SimTime::microseconds(1), "assumption: rule of thumb, 1 us + 0.2 us a CPU"};
  /// more, per CPU that is interrupted
  Sourced<SimTime> ipi_time_per_cpu{SimTime::nanoseconds(200), "assumption: rule of thumb, 1 us + 0.2 us a CPU"};
  bool unmap_frees = true;  ///< munmap gives pages back; false: they stay, as a cache simulator knows no unmapping
  PageTableSpec page_table;
  TlbSpec tlb = host_tlb();    ///< of each thread; replay.detail tlb and cache
  LlcSpec cache = host_llc();  ///< shared by all threads; replay.detail cache
  bool operator==(const HostSpec&) const = default;
};

}  // namespace farfault
