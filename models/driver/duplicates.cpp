// Copies of read-mostly pages (managed memory): the page stays in host memory, devices read copies, a write ends them.
// After cudaMemAdviseSetReadMostly and uvm_va_block.c's read duplication (open-gpu-kernel-modules 595.45.04).
#include "models/driver/memory_manager.h"

namespace farfault {

bool MemoryManager::has_duplicates(BlockSlot slot, unsigned page) const {
  if (kernel_ != nullptr) return false;
  for (const auto& each : devices_) {
    if (residency_.device(each->id(), slot).copies.test(page)) return true;
  }
  return false;
}

void MemoryManager::plan_drop_duplicates(ServiceWork& work, BlockSlot slot, const PageMask& pages,
                                         std::optional<DeviceId> except) {
  for (const auto& each : devices_) {
    if (each->id() == except) continue;
    const PageMask gone = residency_.device(each->id(), slot).copies & pages;
    drop_staged(each->id(), slot, gone);
    work.software.add(Stage::kPage, page_time() * gone.count());
  }
}

PageMask MemoryManager::plan_duplicate(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& demand,
                                       const PageMask& prefetch) {
  Device& dev = device(id);
  // Nobody has read what nobody has written: there is nothing to share, as long as there are no contents.
  const bool has_contents = options_.initial == InitialContents::kHostMemory;
  const PageMask populated = has_contents ? PageMask::all() : residency_.populated(slot);
  PageMask there = plan_to_device(work, id, slot, demand & ~populated, PageMask());
  const PageMask resident = residency_.device(id, slot).resident;
  there |= demand & resident;
  PageMask coming_demand = demand & populated & ~resident;
  PageMask coming_prefetch = prefetch & populated & ~resident & ~coming_demand;
  make_room(work, id, (coming_demand | coming_prefetch).count(), slot, demand | prefetch);
  clip_to_room(id, slot, coming_demand, coming_prefetch);
  const PageMask coming = coming_demand | coming_prefetch;
  if (coming.none()) return there;

  // CPUs lose the right to write, of which each is told; where others have copies, they have lost it already.
  PageMask writable = mapped_by_cpus(slot, coming);
  for (const auto& other : devices_) writable &= ~residency_.device(other->id(), slot).copies;
  for (const auto& other : devices_) {
    if (other->id() == id) continue;
    const DeviceBlock& theirs = residency_.device(other->id(), slot);
    plan_to_host(work, other->id(), slot, theirs.resident & ~theirs.copies & coming, Cause::kPeer);
  }
  place_on_host(slot, coming & ~residency_.block(slot).host);
  drop_remote_mappings(slot, coming);  // they would let writes through
  residency_.masks(0, slot).writable &= ~coming;
  DeviceBlock& mine = residency_.device(id, slot);
  DeviceCounters& counters = dev.counters();
  tell_comes(id, slot, coming_demand, Cause::kDemand);
  tell_comes(id, slot, coming_prefetch, Cause::kPrefetch);
  counters.refaults += (coming_demand & mine.evicted).count();
  mine.evicted &= ~coming;
  place_on_device(id, slot, coming);
  mine.copies |= coming;
  mine.prefetched |= coming_prefetch;
  residency_.block(slot).transit |= coming;
  work.arrivals.push_back({id, slot, coming});
  counters.demand_pages += coming_demand.count();
  counters.prefetch_pages += coming_prefetch.count();
  counters.duplicated_pages += coming.count();
  counters.allocated_folios += coming.count();
  work.software.add(Stage::kPage, page_time() * coming.count());
  work.software.add(Stage::kPage, (driver_.unmap_time.value + host_.shootdown(host_.busy_cpus())) * writable.runs());
  plan_copy(work, id, LinkDirection::kToDevice, Cause::kDemand, coming_demand);
  if (coming_prefetch.any()) plan_copy(work, id, LinkDirection::kToDevice, Cause::kPrefetch, coming_prefetch);
  plan_job(work, id, LinkDirection::kToDevice, coming, coming_demand);
  return there | coming_demand;
}

void MemoryManager::plan_collapse(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages) {
  DeviceBlock& mine = residency_.device(id, slot);
  const PageMask becoming = mine.copies & pages;
  if (becoming.none()) return;
  plan_drop_duplicates(work, slot, becoming, id);
  const std::uint64_t runs = mapped_by_cpus(slot, becoming).runs();
  work.software.add(Stage::kPage, page_time() * becoming.count() +
                                      (driver_.unmap_time.value + host_.shootdown(host_.busy_cpus())) * runs);
  mine.copies &= ~becoming;
  remove_from_host(slot, becoming);
  device(id).counters().collapsed_pages += becoming.count();
}

void MemoryManager::drop_duplicates_for_host(BlockSlot slot, unsigned page, std::uint32_t thread) {
  ServiceWork work(thread, devices_.size());
  while (!try_lock(slot, work)) {
    unlocked_.wait();
    if (!has_duplicates(slot, page)) return;
  }
  work.software.add(Stage::kPage, host_.spec().migrate_fault.value);
  ++host_.counters().migrate_faults;
  plan_drop_duplicates(work, slot, PageMask::single(page), std::nullopt);
  carry_out(work);
}

}  // namespace farfault
