/// Parameters of a kernel design: how device memory gets struct pages, and what a migration's steps cost.
#pragma once

#include <cstdint>
#include <string>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

/// Cost of one kernel step: per call, per folio (a 4 KiB page is a folio, and so is a whole 2 MiB one), and per 4 KiB
/// page whatever folios there are.
struct StepCost {
  Sourced<SimTime> call{SimTime::zero(), "assumption: nothing, unless the design's file gives it"};
  Sourced<SimTime> folio{SimTime::zero(), "assumption: nothing, unless the design's file gives it"};
  Sourced<SimTime> page{SimTime::zero(), "assumption: nothing, unless the design's file gives it"};
  bool operator==(const StepCost&) const = default;
};

/// The steps of migrate_vma (mm/migrate_device.c) in their order; the copy is not among them. Notifiers and TLB flushes
/// are priced by KernelSpec, since they depend on who else uses the address space.
struct MigrateSteps {
  StepCost setup;     ///< VMA checks
  StepCost collect;   ///< walk, lock, install migration entries
  StepCost unmap;     ///< LRU drain, isolate, rmap
  StepCost allocate;  ///< pages at the destination
  StepCost dma_map;
  StepCost install;   ///< migrate_vma_pages
  StepCost finalize;  ///< remove migration entries, free the source
  bool operator==(const MigrateSteps&) const = default;
};

/// Pages of the linear map of device memory.
enum class LinearMapPages : std::uint8_t { kNone, k4KiB, k2MiB, k1GiB };

/// Where the struct pages of device memory lie.
enum class MemmapPlacement : std::uint8_t {
  kMemory,  ///< in system memory
  kAltmap,  ///< in the device's memory itself, which then must be CPU-addressable
  kSlow,    ///< in memory that is slow to touch, such as pmem or CXL
};

/// Largest folio that device memory is handed out in.
enum class FolioSize : std::uint8_t { k4KiB, k2MiB };

/// How a migration flushes the CPUs' TLBs.
enum class TlbFlush : std::uint8_t { kRange, kPage };

/// How CPUs reach device memory that a library maps through a device file.
enum class BarAccess : std::uint8_t { kNone, kMapped };

/// A device file and a helper library instead of struct pages (`driver_vma`).
struct LibrarySpec {
  /// share of allocations that use the library, by mapping; 0..1
  Sourced<double> adoption{1.0, "assumption: every allocation uses the library"};
  bool interpose = false;  ///< malloc is interposed: every anonymous mapping but stacks and brk is the library's
  BarAccess bar = BarAccess::kMapped;
  /// uncached read of the CPU through the BAR, each access
  Sourced<SimTime> bar_read{SimTime::microseconds(1), "assumption: a round trip over PCIe, since nothing is cached"};
  /// posted write, each access
  Sourced<SimTime> bar_write{SimTime::nanoseconds(100), "assumption: a posted write waits for nothing but room"};
  /// per explicit copy of a 2 MiB block, each way
  Sourced<SimTime> staging_call{SimTime::microseconds(10), "assumption: an ioctl and the start of a DMA copy"};
  /// CPU copy to or from the pinned buffer
  Sourced<Bandwidth> staging_copy{Bandwidth::gigabytes_per_second(10),
                                  "assumption: one core copies to or from the pinned buffer"};
  bool operator==(const LibrarySpec&) const = default;
};

struct DesignSpec {
  std::string kind = "separate_radix";  ///< a registered design
  MigrateSteps to_device;
  MigrateSteps to_host;
  /// per 4 KiB page of device memory
  Sourced<Bytes> struct_page{Bytes(64), "x86-64, include/linux/mm_types.h"};
  /// per struct page at set-up
  Sourced<SimTime> memmap_init{SimTime::picoseconds(10'400),
                               "measured: memmap_init_zone_device rebinds 100 GB in 273.5 ms, Ice Lake VM (Li Zhe, "
                               "faster ZONE_DEVICE memmap init, May 2026)"};
  /// per struct page, for designs that visit them twice
  Sourced<SimTime> memmap_second_pass{SimTime::nanoseconds(5),
                                      "assumption: half of the first pass, whose lines were just written"};
  /// per struct page touched where memmap is `slow`
  Sourced<SimTime> slow_page{SimTime::nanoseconds(100), "assumption: one line of slow memory a struct page"};
  MemmapPlacement memmap = MemmapPlacement::kMemory;
  LinearMapPages linear_map = LinearMapPages::kNone;  ///< designs that cannot have one refuse any other value
  FolioSize folio = FolioSize::k4KiB;
  TlbFlush tlb_flush = TlbFlush::kRange;
  LibrarySpec library;
  bool operator==(const DesignSpec&) const = default;
};

}  // namespace farfault
