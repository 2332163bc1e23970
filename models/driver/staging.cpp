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

void MemoryManager::stage(DeviceId id, BlockSlot slot, unsigned page, std::uint32_t owner) {
  ServiceWork work(owner, devices_.size());
  const SimTime start = engine_.now();
  while (!try_lock(slot, work)) unlocked_.wait();
  const BlockState& block = residency_.block(slot);
  DeviceBlock& mine = residency_.device(id, slot);
  Device& dev = device(id);
  PageMask coming = (address_space_.mapped(block.number) | residency_.populated(slot) | PageMask::single(page)) &
                    address_space_.of_kinds(block.number, kernel_->rules().reachable) & ~library_pages(slot) &
                    ~mine.resident;
  make_room(work, id, coming.count(), slot, coming | mine.resident);
  if (dev.memory().free_pages() < coming.count()) coming &= PageMask::single(page);
  if (coming.none() || dev.memory().free_pages() == 0) {
    unlock(work);
    if (mine.resident.test(page)) return;
    throw InputError(Diagnostic{
        .pointer = "/memory/device_capacity",
        .problem = dev.spec().name + ": no room to copy a page for a kernel launch: all of it is in use by the launch",
        .remedy = "give the device more memory"});
  }
  place_on_host(slot, coming & ~residency_.populated(slot));
  place_on_device(id, slot, coming);
  if (mine.staged.none()) staged_blocks_[id.value()].push_back(slot);
  mine.staged |= coming;
  residency_.block(slot).transit |= coming;
  dev.counters().staged_in += coming.count();
  dev.counters().allocated_folios += coming.count();
  const LibrarySpec& library = kernel_->design_spec().library;
  work.software.add(Stage::kService,
                    library.staging_call.value + library.staging_copy.value.time_for(kPageSize * coming.count()));
  plan_copy(work, id, LinkDirection::kToDevice, Cause::kStaging, coming);
  work.copies[id.value()][0].pieces += coming.runs();
  carry_out(work);
  staging_time_ += engine_.now() - start;
}

void MemoryManager::plan_unstage(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  DeviceBlock& mine = residency_.device(id, slot);
  Device& dev = device(id);
  const PageMask written = pages & residency_.masks(id.value() + 1, slot).writable;
  if (written.any()) {
    const LibrarySpec& library = kernel_->design_spec().library;
    work.software.add(Stage::kService,
                      library.staging_call.value + library.staging_copy.value.time_for(kPageSize * written.count()));
    plan_copy(work, id, LinkDirection::kToHost, Cause::kStaging, written);
    work.copies[id.value()][1].pieces += written.runs();
    dev.counters().staged_back += written.count();
  }
  dev.counters().staged_out += pages.count();
  remove_from_device(id, slot, pages, pages.count());
  if (mine.staged.none()) std::erase(staged_blocks_[id.value()], slot);
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
    plan_unstage(work, id, slot, residency_.device(id, slot).staged);
  }
  carry_out(work);
  staging_time_ += engine_.now() - start;
}

}  // namespace farfault
