// munmap: pages go, wherever they are.
#include "models/driver/blocks_in_range.h"
#include "models/driver/memory_manager.h"

namespace farfault {

std::uint64_t MemoryManager::unmap_in_block(BlockSlot slot, const PageMask& pages, SimTime& software) {
  const auto charge = [&](KernelOp op, std::uint64_t count, SimTime time) {
    software += time;
    kernel_->count(op, count, time);
  };

  BlockState& block = residency_.block(slot);
  std::uint64_t gone = 0;
  for (const auto& dev : devices_) {
    const DeviceId id = dev->id();
    DeviceBlock& mine = residency_.device(id, slot);
    drop_staged(id, slot, mine.copies & pages);
    const PageMask leaving = mine.resident & pages;
    gone += leaving.count();
    mine.evicted &= ~pages;
    if (leaving.none()) continue;
    const bool whole = mine.folio && leaving.full();
    if (mine.folio && !whole) {
      ++dev->counters().split_folios;
      charge(KernelOp::kSplit, kPagesPerBlock, kernel_->spec().split_folio.value);
    }
    mine.folio = false;
    // What a child shares stays allocated for it.
    const PageMask inherited = children_ != 0 ? leaving & block.shared : PageMask();
    if (inherited.any()) {
      inherited.for_each([&](unsigned page) { children_frames_.emplace_back(id, mine.frames.frame(page)); });
      dev->counters().child_pages += inherited.count();
      if (whole) ++dev->counters().split_folios;
      mine.frames.take(inherited, mine.resident & ~inherited, frame_pool_, [](std::uint32_t, unsigned) {});
      forget_on_device(id, slot, inherited);
    }
    const PageMask freed = leaving & ~inherited;
    const std::uint64_t folios = whole && inherited.none() ? 1 : freed.count();
    dev->counters().unmapped_pages += freed.count();
    if (kernel_moves() && freed.any()) {
      charge(KernelOp::kFree, freed.count(), kernel_->spec().page_free.value * folios);
    }
    remove_from_device(id, slot, freed, folios);
  }
  const PageMask on_host = block.host & pages;
  gone += on_host.count();
  const PageMask inherited = children_ != 0 ? on_host & block.shared : PageMask();
  remove_from_host(slot, on_host);
  children_host_pages_ += inherited.count();
  host_.hold(inherited.count());
  (block.pinned & pages).for_each([&](unsigned page) { pins_.erase(block.number.value() * kPagesPerBlock + page); });
  block.pinned &= ~pages;
  block.shared &= ~pages;
  // A fresh mapping of the whole block may come in one folio again; what is left of this one does not.
  block.split = !pages.full();
  ++block.invalidations;
  return gone;
}

void MemoryManager::wait_for_transit(VirtualAddress address, Bytes length) {
  for (bool again = true; again;) {
    again = false;
    for_each_block_in(residency_, address, length, [&](BlockSlot slot, const PageMask& pages) {
      again = again || residency_.block(slot).transit.intersects(pages);
    });
    if (again) unlocked_.wait();
  }
}

void MemoryManager::free_pages(VirtualAddress address, Bytes length) {
  if (!host_.spec().unmap_frees) return;
  RwLock* const lock = mmap_lock();
  const SimTime start = engine_.now();
  for (;;) {
    wait_for_transit(address, length);
    if (lock == nullptr) break;
    lock->lock();
    bool moving = false;
    for_each_block_in(residency_, address, length, [&](BlockSlot slot, const PageMask& pages) {
      moving = moving || residency_.block(slot).transit.intersects(pages);
    });
    if (!moving) break;
    lock->unlock();  // whoever moves them may need the lock
  }
  std::uint64_t pages_gone = 0;
  std::uint64_t mirrors = 0;
  SimTime software;
  for_each_block_in(residency_, address, length, [&](BlockSlot slot, const PageMask& pages) {
    mirrors = std::max(mirrors, mirrors_of(slot, pages, std::nullopt));
    if (kernel_ != nullptr) {
      for (const auto& dev : devices_) {
        const PageMask there = residency_.device(dev->id(), slot).resident & pages;
        const std::uint64_t entries = residency_.device(dev->id(), slot).folio ? 1 : there.count();
        if (there.any()) {
          software += kernel_->look_up(LookupReason::kZap, dev->id(), first_frame(dev->id(), slot, there), entries);
        }
      }
    }
    pages_gone += unmap_in_block(slot, pages, software);
  });
  if (lock == nullptr) return;
  software += kernel_->spec().unmap.call.value + kernel_->spec().unmap.page.value * pages_gone;
  if (pages_gone != 0) software += kernel_->invalidate(mirrors);
  engine_.sleep_for(software);
  lock->unlock();
  kernel_->count(KernelOp::kUnmap, pages_gone, software, engine_.now() - start);
}

}  // namespace farfault
