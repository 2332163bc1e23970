// fork and copy-on-write. Children are not replayed: they hold what they share until they exit.
#include "models/driver/memory_manager.h"

namespace farfault {

void MemoryManager::fork() {
  if (kernel_ == nullptr) return;
  const SimTime start = engine_.now();
  kernel_->mmap_lock().lock();
  ++children_;
  std::uint64_t pages = 0;
  std::uint64_t mirrors = 0;
  SimTime software;
  for (std::uint32_t i = 0; i < residency_.blocks(); ++i) {
    const BlockSlot slot(i);
    BlockState& block = residency_.block(slot);
    PageMask here = residency_.populated(slot) & address_space_.of_kinds(block.number, kAnonymousKinds);
    if (library_only()) here &= ~library_pages(slot);  // mappings of the device file: not copied on a write
    if (here.none()) continue;
    mirrors = std::max(mirrors, mirrors_of(slot, here, std::nullopt));
    for (const auto& dev : devices_) {
      const DeviceBlock& theirs = residency_.device(dev->id(), slot);
      const PageMask there = theirs.resident & ~theirs.copies & here;
      if (there.none()) continue;
      software += kernel_->look_up(LookupReason::kFork, dev->id(), first_frame(dev->id(), slot, there),
                                   theirs.folio ? 1 : there.count());
    }
    // Pinned pages are copied at once (copy_present_page): the pin stays with the parent's page.
    const PageMask copied = here & block.pinned;
    children_host_pages_ += copied.count();
    host_.hold(copied.count());
    software += kernel_->spec().fork.cow_fault.value * copied.count();
    block.shared |= here & ~copied;
    residency_.masks(0, slot).writable &= ~block.shared;
    for (const auto& dev : devices_) {
      AccessMasks& masks = residency_.masks(dev->id().value() + 1, slot);
      masks.writable &= ~(block.shared & ~residency_.device(dev->id(), slot).copies);
      masks.remote &= ~block.shared;  // one bit stands for loads and stores
    }
    ++block.invalidations;
    pages += here.count();
  }
  software += kernel_->spec().fork.call.value + kernel_->spec().fork.page.value * pages + kernel_->invalidate(mirrors);
  engine_.sleep_for(software);
  kernel_->mmap_lock().unlock();
  kernel_->count(KernelOp::kFork, pages, software, engine_.now() - start);
}

void MemoryManager::child_exits() {
  if (children_ == 0 || --children_ != 0) return;
  host_.release(children_host_pages_);
  children_host_pages_ = 0;
  for (const auto& [id, frame] : children_frames_) {
    Device& dev = device(id);
    dev.memory().free(frame, 1);
    ++dev.counters().freed_folios;
    ++dev.counters().unmapped_pages;
    --dev.counters().child_pages;
    kernel_->count(KernelOp::kFree, 1, kernel_->spec().page_free.value);
  }
  children_frames_.clear();
}

SimTime MemoryManager::break_sharing(BlockSlot slot, unsigned page) {
  BlockState& block = residency_.block(slot);
  block.shared.reset(page);
  ++block.invalidations;
  const bool copies = children_ != 0;
  SimTime time = (copies ? kernel_->spec().fork.cow_fault : kernel_->spec().fork.reuse_fault).value;
  if (copies) {
    // The child keeps the old page, the process gets a new one: devices must look again.
    host_.hold(1);
    ++children_host_pages_;
    const PageMask one = PageMask::single(page);
    time += kernel_->invalidate(mirrors_of(slot, one, std::nullopt));
    drop_remote_mappings(slot, one);
    block.split = true;
  }
  kernel_->count(KernelOp::kCow, 1, time);
  return time;
}

void MemoryManager::plan_break_sharing(ServiceWork& work, BlockSlot slot, const PageMask& pages) {
  const PageMask shared = pages & residency_.block(slot).shared;
  for (const auto& dev : devices_) {
    const DeviceBlock& theirs = residency_.device(dev->id(), slot);
    const PageMask there = theirs.resident & ~theirs.copies & shared;
    if (there.any()) plan_to_host(work, dev->id(), slot, there, Cause::kCow);
  }
  (shared & residency_.block(slot).host).for_each([&](unsigned page) {
    work.software.add(Stage::kKernel, break_sharing(slot, page));
  });
  residency_.block(slot).shared &= ~shared;
}

}  // namespace farfault
