// What the program asks of memory: prefetches, and mappings by advice.
#include <algorithm>

#include "models/driver/first_pages.h"
#include "models/driver/memory_manager.h"

namespace farfault {

bool MemoryManager::map_advised(DeviceId id, BlockSlot slot, unsigned page) {
  const BlockState& block = residency_.block(slot);
  if (advice_.empty() || !advice_.accessed_by(block.number, id).test(page)) return false;
  const bool unseen = options_.initial == InitialContents::kHostMemory && !residency_.populated(slot).test(page);
  if ((!unseen && !block.host.test(page)) || has_duplicates(slot, page)) return false;
  if (kernel_ != nullptr && !address_space_.of_kinds(block.number, kernel_->rules().reachable).test(page)) return false;
  // Its time passed when it was made, which is when the advice was given, or when the page came back to the host.
  const PageMask one = PageMask::single(page);
  if (unseen) place_on_host(slot, one);
  DeviceBlock& mine = residency_.device(id, slot);
  const PageMask before = mine.resident | mine.remote_mapped;
  mine.remote_mapped |= one;
  device(id).page_table().update(block.number, before, before | one);
  ++device(id).counters().remote_pages;
  return true;
}

void MemoryManager::prefetch(std::size_t processor, VirtualAddress address, Bytes length, std::uint32_t owner) {
  const std::uint64_t last = address.value() + length.count() - 1;
  if (length == Bytes(0) || last < address.value() || processor > devices_.size()) return;
  const std::uint64_t first_page = address.page().value();
  // Beyond 2^48 there is no user memory.
  const std::uint64_t end_page = std::min((last >> kPageShift) + 1, BlockTable::kBlocks * kPagesPerBlock);
  ServiceWork work(owner, devices_.size());
  const SimTime start = engine_.now();
  // More than fits would only push out what has come before it.
  std::uint64_t room = processor == 0 ? 0 : devices_[processor - 1]->memory().capacity_pages();
  for (std::uint64_t at = first_page; at < end_page && (processor == 0 || room != 0);) {
    const BlockNumber number(at / kPagesPerBlock);
    const std::uint64_t base = number.value() * kPagesPerBlock;
    const std::uint64_t end = std::min(end_page, base + kPagesPerBlock);
    const PageMask asked = PageMask::range(static_cast<unsigned>(at - base), static_cast<unsigned>(end - base));
    at = end;
    const std::optional<BlockSlot> known = residency_.find(number);
    if (!known && (processor == 0 || residency_.full() || !address_space_.mapped(number).intersects(asked))) continue;
    const BlockSlot slot = known ? *known : residency_.slot(number);
    const SharedHold hold(mmap_lock());
    while (!try_lock(slot, work)) unlocked_.wait();
    const PageMask pages = asked & (address_space_.mapped(number) | residency_.populated(slot)) & movable(slot);
    if (processor == 0) {
      for (const auto& each : devices_) {
        const DeviceBlock& theirs = residency_.device(each->id(), slot);
        plan_to_host(work, each->id(), slot, theirs.resident & ~theirs.copies & pages, Cause::kPrefetch);
      }
    } else {
      const DeviceId id(static_cast<std::uint32_t>(processor - 1));
      const PageMask fitting = first_of(pages, room);
      const PageMask missing = fitting & ~residency_.device(id, slot).resident;
      const PageMask duplicated =
          kernel_ == nullptr && options_.heed_advice ? missing & advice_.read_mostly(number) : PageMask();
      room -= fitting.count();
      if (missing.any()) work.software.add(Stage::kBlock, driver_.block_time.value);
      if (duplicated.any()) plan_duplicate(work, id, slot, PageMask(), duplicated);
      plan_to_device(work, id, slot, PageMask(), missing & ~duplicated, Cause::kPrefetch);
    }
    carry_out(work);
  }
  tell_call(owner, "prefetch", start);
}

}  // namespace farfault
