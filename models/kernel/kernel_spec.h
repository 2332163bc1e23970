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
  Sourced<Bytes> l1{Bytes::kib(32), "assumption: 32 KiB of data, as most x86-64 cores have"};
  Sourced<Bytes> l2{Bytes::mib(1), "assumption: 1 MiB a core, as servers have"};
  Sourced<Bytes> l3{Bytes::mib(16), "assumption: what one core may hope for of an L3 that all share"};
  Sourced<SimTime> l1_latency{SimTime::picoseconds(1'300), "assumption: 4 to 5 cycles at 3.5 GHz"};
  Sourced<SimTime> l2_latency{SimTime::picoseconds(4'000), "assumption: 14 cycles at 3.5 GHz"};
  Sourced<SimTime> l3_latency{SimTime::nanoseconds(20), "assumption: 70 cycles at 3.5 GHz"};
  Sourced<SimTime> memory_latency{SimTime::nanoseconds(90), "assumption: idle DRAM of the same socket"};
  bool operator==(const CacheSpec&) const = default;
};

/// get_user_pages and pin_user_pages (mm/gup.c), without what brings device pages back.
struct GupSpec {
  /// per call that takes the slow path, mmap_lock aside
  Sourced<SimTime> call{SimTime::nanoseconds(250),
                        "assumption: a walk from the root and the set-up of a call, mmap_lock aside"};
  /// per page taken, slow path
  Sourced<SimTime> page{SimTime::nanoseconds(62),
                        "measured: pin_user_pages, 8 GiB in 4 KiB pages, 130.5 ms, gup_test on Linux 6.15"};
  /// per page taken without mmap_lock (gup_fast)
  Sourced<SimTime> fast_page{
      SimTime::nanoseconds(15),
      "assumption: a quarter of the slow path, which also takes the VMA and the page-table lock"};
  /// per reference dropped
  Sourced<SimTime> put_page{SimTime::nanoseconds(10),
                            "assumption: an atomic operation on a struct page in L2, and the loop around it"};
  /// percpu_ref get and put, where the design takes one
  Sourced<SimTime> pgmap_reference{SimTime::nanoseconds(5),
                                   "assumption: percpu_ref takes no atomic operation: a few instructions each way"};
  bool operator==(const GupSpec&) const = default;
};

struct ForkSpec {
  /// without the pages
  Sourced<SimTime> call{SimTime::microseconds(60), "assumption: a small process: task, page-table roots, VMAs"};
  /// per page-table entry copied
  Sourced<SimTime> page{SimTime::nanoseconds(20),
                        "assumption: reference, reverse map and write protection of one entry"};
  /// write fault on a shared page, with the copy of 4 KiB
  Sourced<SimTime> cow_fault{SimTime::nanoseconds(900),
                             "assumption: a minor fault of some 0.5 us and the copy of 4 KiB"};
  /// the same where nobody shares the page any more
  Sourced<SimTime> reuse_fault{SimTime::nanoseconds(450), "assumption: a minor fault that neither zeroes nor copies"};
  bool operator==(const ForkSpec&) const = default;
};

struct UnmapSpec {
  Sourced<SimTime> call{SimTime::microseconds(1), "assumption: VMA lookup, mmu_gather, a flush of the own TLB"};
  /// per page zapped and freed
  Sourced<SimTime> page{SimTime::nanoseconds(40), "assumption: zap of the entry and release of the page in batches"};
  bool operator==(const UnmapSpec&) const = default;
};

/// mmu_interval_notifier (mm/mmu_notifier.c): a change of the process's page tables tells the devices that mirror it.
struct NotifierSpec {
  /// per device that mirrors the address space: its callback
  Sourced<SimTime> mirror{SimTime::nanoseconds(200), "assumption: walk of the interval tree and one indirect call"};
  /// more, where the device must drop mappings of its own
  Sourced<SimTime> device{SimTime::microseconds(1), "assumption: a write to the device and its answer over PCIe"};
  /// a device that was outrun gets its pages again
  Sourced<SimTime> retry{SimTime::microseconds(9),
                         "measured: a 2 MiB GPU fault takes 9 us to get its pages, Xe SVM (dri-devel, THP for "
                         "drm_pagemap, December 2025)"};
  bool operator==(const NotifierSpec&) const = default;
};

/// Flush of the TLBs of all CPUs that run the address space. That of the CPU at work is part of the steps' prices.
struct ShootdownSpec {
  /// if any other CPU runs the address space
  Sourced<SimTime> call{SimTime::microseconds(1), "assumption: rule of thumb, 1 us + 0.2 us a core"};
  /// per other CPU
  Sourced<SimTime> cpu{SimTime::nanoseconds(200), "assumption: rule of thumb, 1 us + 0.2 us a core"};
  bool operator==(const ShootdownSpec&) const = default;
};

/// Persistent memory that the machine has beside the devices, and the direct I/O of another process on it.
struct PmemSpec {
  std::string name = "pmem";
  Sourced<Bytes> capacity{Bytes::gib(256), "assumption: two modules of 128 GiB"};
  SimTime gup_every;            ///< time between get_user_pages calls on its pages; zero: none
  std::uint64_t gup_pages = 8;  ///< pages a call
  bool operator==(const PmemSpec&) const = default;
};

struct KernelSpec {
  /// of physical addresses that the kernel can use; 36..52
  Sourced<std::uint64_t> physical_bits{
      46, "x86-64 with four page-table levels: MAX_PHYSMEM_BITS, arch/x86/include/asm/sparsemem.h"};
  /// windows right above memory, as virtual machines have them
  Sourced<Bytes> pci_above_memory{Bytes(0), "assumption: none, as on a machine that is not virtual"};
  /// at the end of the physical address space
  Sourced<Bytes> pci_at_top{Bytes(0), "assumption: none"};
  /// physical addresses that a linear map may reach, from 0
  Sourced<Bytes> direct_map{Bytes::gib(std::uint64_t{64} * 1024),
                            "x86-64 with four page-table levels: 64 TiB, Documentation/arch/x86/x86_64/mm.rst"};
  bool thp = false;  ///< anonymous memory of the host comes in 2 MiB folios
  /// per section of 128 MiB: sparse_add_section
  Sourced<SimTime> hotplug_section{SimTime::microseconds(2),
                                   "assumption: the tables of a section are allocated and linked under the lock"};
  /// per entry of the linear map that is written
  Sourced<SimTime> linear_map_entry{SimTime::nanoseconds(4), "assumption: a store and its share of the loop"};
  /// 2 MiB folio into 4 KiB pages
  Sourced<SimTime> split_folio{SimTime::microseconds(20),
                               "assumption: 512 struct pages and entries are visited under locks"};
  /// callback to the driver per folio freed
  Sourced<SimTime> page_free{SimTime::nanoseconds(30), "assumption: an indirect call and the driver's free list"};
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
