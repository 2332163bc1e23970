// A device file and a helper library (`driver_vma`): which mappings are the library's, and explicit copies of the rest.
#include "models/driver/memory_manager.h"
#include "models/kernel/library.h"
#include "sim/core/error.h"

namespace farfault {
PageMask MemoryManager::library_pages(BlockSlot slot) const {
  const LibrarySpec& library = kernel_->design_spec().library;
  PageMask mine;
  address_space_.for_each_in(residency_.block(slot).number,
                             [&](const PageMask& pages, std::uint64_t mapping, VmaKind kind) {
                               if (library_allocated(library, options_.seed, kind, mapping)) mine |= pages;
                             });
  return mine;
}

bool MemoryManager::is_foreign(BlockSlot slot, unsigned page) const {
  return !library_pages(slot).test(page) &&
         address_space_.of_kinds(residency_.block(slot).number, kernel_->rules().reachable).test(page);
}

PageMask MemoryManager::foreign_in(DeviceId id, BlockSlot slot) const {
  const BlockNumber number = residency_.block(slot).number;
  const DeviceBlock& there = residency_.device(id, slot);
  return (address_space_.mapped(number) | residency_.populated(slot)) &
         address_space_.of_kinds(number, kernel_->rules().reachable) & ~library_pages(slot) & ~there.resident &
         ~there.remote_mapped;
}

void MemoryManager::stage(DeviceId id, BlockSlot slot, unsigned page, std::uint32_t owner) {
  ServiceWork work(owner, devices_.size());
  const SimTime start = engine_.now();
  for (;;) {
    while (!try_lock(slot, work)) unlocked_.wait();
    // Whoever had the block may have brought the page, or its mapping may be another by now.
    if (!needs_staging(id, slot, page) || plan_stage(work, id, slot, page)) break;
    // Nothing was planned, and no time has passed in which anyone could have missed the lock: to wake those who wait
    // for room like this one would only make them do the same.
    release(work);
    if (!any_locked()) {
      throw InputError(Diagnostic{
          .pointer = "/memory/device_capacity",
          .problem = device(id).spec().name + ": no room to copy a page for a kernel launch, whatever leaves",
          .remedy = "give the device more memory"});
    }
    unlocked_.wait();
  }
  carry_out(work);
  staging_time_ += engine_.now() - start;
  tell_call(owner, "stage", start);
}

bool MemoryManager::plan_stage(ServiceWork& work, DeviceId id, BlockSlot slot, unsigned page) {
  DeviceBlock& mine = residency_.device(id, slot);
  Device& dev = device(id);
  const PageMask one = PageMask::single(page);
  PageMask coming = foreign_in(id, slot) | one;
  if (!make_room(work, id, coming.count(), slot, coming | mine.resident)) {
    coming = one;
    if (!make_room(work, id, 1, slot, one)) return false;
  }
  for (const auto& other : devices_) {
    // The library's as long as their mapping was.
    const DeviceBlock& theirs = residency_.device(other->id(), slot);
    plan_to_host(work, other->id(), slot, theirs.resident & ~theirs.copies & coming, Cause::kPeer);
  }
  place_on_host(slot, coming & ~residency_.block(slot).host);
  place_on_device(id, slot, coming);
  if (mine.copies.none()) staged_blocks_[id.value()].push_back(slot);
  mine.copies |= coming;
  mine.evicted &= ~coming;
  residency_.block(slot).transit |= coming;
  dev.counters().staged_in += coming.count();
  tell_comes(id, slot, coming, Cause::kStaging);
  dev.counters().allocated_folios += coming.count();
  plan_staging_copy(work, id, LinkDirection::kToDevice, coming);
  return true;
}

void MemoryManager::plan_staging_copy(ServiceWork& work, DeviceId id, LinkDirection direction, const PageMask& pages) {
  const LibrarySpec& library = kernel_->design_spec().library;
  const Bytes bytes = kPageSize * pages.count();
  work.software.add(Stage::kStaging, library.staging_call.value + library.staging_copy.value.time_for(bytes));
  plan_copy(work, id, direction, Cause::kStaging, pages);
  plan_job(work, id, direction, pages, PageMask());
}

void MemoryManager::plan_unstage(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  const PageMask written = pages & residency_.masks(id.value() + 1, slot).writable;
  drop_staged(id, slot, pages);
  if (written.none()) return;
  // What comes back is a write to the process's page, which copies what a child shares.
  (written & residency_.block(slot).shared).for_each([&](unsigned page) {
    work.software.add(Stage::kKernel, break_sharing(slot, page));
  });
  residency_.block(slot).transit |= written;
  device(id).counters().staged_back += written.count();
  plan_staging_copy(work, id, LinkDirection::kToHost, written);
}

void MemoryManager::drop_staged(DeviceId id, BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  DeviceCounters& counters = device(id).counters();
  (kernel_ == nullptr ? counters.dropped_copies : counters.staged_out) += pages.count();
  remove_from_device(id, slot, pages, pages.count());
  if (kernel_ == nullptr) return;
  if (residency_.device(id, slot).copies.none()) std::erase(staged_blocks_[id.value()], slot);
}

void MemoryManager::end_launch(DeviceId id, std::uint32_t owner) {
  ServiceWork work(owner, devices_.size());
  const SimTime start = engine_.now();
  std::vector<BlockSlot>& blocks = staged_blocks_[id.value()];
  while (!blocks.empty()) {
    const BlockSlot slot = blocks.back();
    if (!try_lock(slot, work)) {
      carry_out(work);
      if (!try_lock(slot, work)) unlocked_.wait();
      continue;
    }
    plan_unstage(work, id, slot, residency_.device(id, slot).copies);
  }
  carry_out(work);
  staging_time_ += engine_.now() - start;
  tell_call(owner, "unstage", start);
}

}  // namespace farfault
