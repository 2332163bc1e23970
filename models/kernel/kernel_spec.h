/// What the kernel's operations cost whatever the design of device memory, and what shares physical memory with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

/// Caches as far as kernel structures need them: a line costs what the smallest cache costs that still holds it.
/// L3 is the share that one core may hope for.
struct CacheSpec {
  Sourced<Bytes> l1{Bytes::kib(32)};
  Sourced<Bytes> l2{Bytes::mib(1)};
  Sourced<Bytes> l3{Bytes::mib(16)};
  Sourced<SimTime> l1_latency{SimTime::picoseconds(1'300)};
  Sourced<SimTime> l2_latency{SimTime::picoseconds(4'000)};
  Sourced<SimTime> l3_latency{SimTime::nanoseconds(20)};
  Sourced<SimTime> memory_latency{SimTime::nanoseconds(90)};
  bool operator==(const CacheSpec&) const = default;
};

/// get_user_pages and pin_user_pages (mm/gup.c), without what brings device pages back.
struct GupSpec {
  Sourced<SimTime> call{SimTime::nanoseconds(250)};       ///< per call that takes the slow path, mmap_lock aside
  Sourced<SimTime> page{SimTime::nanoseconds(62)};        ///< per page taken, slow path
  Sourced<SimTime> fast_page{SimTime::nanoseconds(15)};   ///< per page taken without mmap_lock (gup_fast)
  Sourced<SimTime> put_page{SimTime::nanoseconds(10)};    ///< per reference dropped
  Sourced<SimTime> pgmap_reference{SimTime::nanoseconds(5)};  ///< percpu_ref get and put, where the design takes one
  bool operator==(const GupSpec&) const = default;
};

struct ForkSpec {
  Sourced<SimTime> call{SimTime::microseconds(60)};    ///< without the pages
  Sourced<SimTime> page{SimTime::nanoseconds(20)};     ///< per page-table entry copied
  Sourced<SimTime> cow_fault{SimTime::nanoseconds(900)};  ///< write fault on a shared page, with the copy of 4 KiB
  Sourced<SimTime> reuse_fault{SimTime::nanoseconds(450)};  ///< the same where nobody shares the page any more
  bool operator==(const ForkSpec&) const = default;
};

struct UnmapSpec {
  Sourced<SimTime> call{SimTime::microseconds(1)};
  Sourced<SimTime> page{SimTime::nanoseconds(40)};  ///< per page zapped and freed
  bool operator==(const UnmapSpec&) const = default;
};

/// mmu_interval_notifier (mm/mmu_notifier.c): each change of the process's page tables tells the devices that mirror it.
struct NotifierSpec {
  Sourced<SimTime> mirror{SimTime::nanoseconds(200)};    ///< per device that mirrors the address space: its callback
  Sourced<SimTime> device{SimTime::microseconds(1)};     ///< more, where the device must drop mappings of its own
  Sourced<SimTime> retry{SimTime::microseconds(9)};      ///< a device that was outrun gets its pages again
  bool operator==(const NotifierSpec&) const = default;
};

/// Flush of the TLBs of all CPUs that run the address space. That of the CPU at work is part of the steps' prices.
struct ShootdownSpec {
  Sourced<SimTime> call{SimTime::microseconds(1)};      ///< if any other CPU runs the address space
  Sourced<SimTime> cpu{SimTime::nanoseconds(200)};      ///< per other CPU
  bool operator==(const ShootdownSpec&) const = default;
};

/// Persistent memory that the machine has beside the devices, and the direct I/O of another process on it.
struct PmemSpec {
  std::string name = "pmem";
  Sourced<Bytes> capacity{Bytes::gib(256)};
  SimTime gup_every;               ///< time between get_user_pages calls on its pages; zero: none
  std::uint64_t gup_pages = 8;     ///< pages a call
  bool operator==(const PmemSpec&) const = default;
};

struct KernelSpec {
  Sourced<std::uint64_t> physical_bits{46};           ///< of physical addresses that the kernel can use; 36..52
  Sourced<Bytes> pci_above_memory{Bytes(0)};          ///< windows right above memory, as virtual machines have them
  Sourced<Bytes> pci_at_top{Bytes(0)};                ///< at the end of the physical address space
  Sourced<Bytes> direct_map{Bytes::gib(64 * 1024)};   ///< physical addresses that a linear map may reach, from 0
  bool thp = false;                                   ///< anonymous memory of the host comes in 2 MiB folios
  Sourced<SimTime> hotplug_section{SimTime::microseconds(2)};    ///< per section of 128 MiB: sparse_add_section
  Sourced<SimTime> linear_map_entry{SimTime::nanoseconds(4)};    ///< per entry of the linear map that is written
  Sourced<SimTime> split_folio{SimTime::microseconds(20)};       ///< 2 MiB folio into 4 KiB pages
  Sourced<SimTime> page_free{SimTime::nanoseconds(30)};          ///< callback to the driver per folio freed
  CacheSpec caches;
  GupSpec gup;
  ForkSpec fork;
  UnmapSpec unmap;
  NotifierSpec notifier;
  ShootdownSpec shootdown;
  std::vector<PmemSpec> pmem;  ///< names unique; at most 16
  bool operator==(const KernelSpec&) const = default;
};

}  // namespace farfault
