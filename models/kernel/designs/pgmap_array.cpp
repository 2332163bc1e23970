#include "models/kernel/designs/pgmap_array.h"

#include <stdexcept>

namespace farfault {
void PgmapArray::add(MemorySetup& setup, PhysicalRange range, std::uint64_t owner, MetadataFigures& figures) {
  if (!array_) array_.emplace(setup.cache());
  const TreeGrowth growth(*array_);
  const std::uint64_t first = range.start / kPageSize.count();
  const std::uint64_t last = first + pages_of(range.length) - 1;
  if (array_->load(first) || array_->load(last) || !array_->store_range(first, last, owner)) {
    throw std::logic_error("page frames are added twice");
  }
  growth.book(figures);
}

MetadataFigures PgmapArray::add_pmem(MemorySetup& setup, const DesignSpec& spec, Bytes capacity) {
  const std::string name = "persistent memory";
  const PhysicalRange range = take_above_memory(setup, PhysicalUse::kPmem, capacity, name);
  MetadataFigures figures = add_zone_device(setup, spec, range, persistent_memory(MemmapInit::kOutsideLock), name);
  add(setup, range, kFirstPmemOwner + regions_++, figures);
  return figures;
}

}  // namespace farfault
