/// Memory by range of page frame numbers in an xarray: `pgmap_array` of mm/memremap.c, Linux 5.3 and later.
#pragma once

#include <cstdint>
#include <optional>

#include "models/kernel/designs/zone_device.h"
#include "models/kernel/trees/xarray.h"

namespace farfault {

class PgmapArray {
 public:
  /// Two loads, of the first and the last frame, and one store of the range; booked on the figures.
  void add(MemorySetup& setup, PhysicalRange range, std::uint64_t owner, MetadataFigures& figures);
  /// Persistent memory in the lowest room above memory, struct pages once. Throws InputError where there is none.
  MetadataFigures add_pmem(MemorySetup& setup, const DesignSpec& spec, Bytes capacity);

 private:
  std::optional<XArray> array_;  // made by the first add(): a design has no cache before
  std::uint64_t regions_ = 0;    // of persistent memory
};

}  // namespace farfault
