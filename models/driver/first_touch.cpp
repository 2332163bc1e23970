// The first touch of anonymous memory by the host: 4 KiB, or 2 MiB with transparent huge pages.
#include "models/driver/memory_manager.h"

namespace farfault {

bool MemoryManager::takes_huge_page(BlockSlot slot) const {
  if (kernel_ == nullptr || !kernel_->spec().thp) return false;
  const BlockState& block = residency_.block(slot);
  // do_huge_pmd_anonymous_page: nothing of the 2 MiB is there yet, and all of it is one anonymous mapping's. Where the
  // trace tells of no mappings, all of it is taken as mapped.
  if (block.split || block.transit.any() || residency_.populated(slot).any()) return false;
  const PageMask anonymous =
      address_space_.of_kinds(block.number, kAnonymousKinds) & address_space_.mapped(block.number);
  if (library_only() && library_pages(slot).any()) return false;  // mappings of the device file
  return anonymous.full() && host_.held() + kPagesPerBlock <= host_.spec().memory.capacity.value / kPageSize;
}

SimTime MemoryManager::first_touch_on_host(BlockSlot slot, unsigned page) {
  ++host_.counters().minor_faults;
  if (!takes_huge_page(slot)) {
    place_on_host(slot, PageMask::single(page));
    return host_.spec().minor_fault.value;
  }
  place_on_host(slot, PageMask::all());
  ++host_.counters().huge_faults;
  return host_.spec().huge_minor_fault.value;
}

}  // namespace farfault
