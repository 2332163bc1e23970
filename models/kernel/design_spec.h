/// Parameters of a kernel design: how device memory gets struct pages, and what a migration's steps cost.
#pragma once

#include <string>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

/// Cost of one kernel step: per call and per 4 KiB page.
struct StepCost {
  Sourced<SimTime> call{SimTime::zero()};
  Sourced<SimTime> page{SimTime::zero()};
  bool operator==(const StepCost&) const = default;
};

/// The steps of migrate_vma (mm/migrate_device.c) in their order; the copy is not among them.
struct MigrateSteps {
  StepCost setup;     ///< VMA checks, notifier
  StepCost collect;   ///< walk, lock, install migration entries, flush
  StepCost unmap;     ///< LRU drain, isolate, rmap
  StepCost allocate;  ///< pages at the destination
  StepCost dma_map;
  StepCost install;   ///< migrate_vma_pages
  StepCost finalize;  ///< remove migration entries, free the source
  bool operator==(const MigrateSteps&) const = default;
};

struct DesignSpec {
  std::string kind = "separate_radix";  ///< a registered design
  MigrateSteps to_device;
  MigrateSteps to_host;
  Sourced<Bytes> struct_page{Bytes(64)};                       ///< per 4 KiB page of device memory
  Sourced<SimTime> memmap_init{SimTime::picoseconds(10'400)};  ///< per struct page at set-up
  bool operator==(const DesignSpec&) const = default;
};

}  // namespace farfault
