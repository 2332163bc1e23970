// get_user_pages and pins (mm/gup.c): what they find on a device comes back first, or not, as the design says.
#include <algorithm>

#include "models/driver/blocks_in_range.h"
#include "models/driver/memory_manager.h"

namespace farfault {
namespace {

/// First page and number of pages of a request, at most MemoryManager::kMaxGupPages.
struct GupPages {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t left_out = 0;
};
GupPages pages_of(const GupRequest& request) {
  const std::uint64_t begin = request.address.value();
  const std::uint64_t last = begin + request.length.count() - 1;
  if (request.length == Bytes(0) || last < begin) return {};
  const std::uint64_t first = request.address.page().value();
  // Beyond 2^48 there is no user memory.
  const std::uint64_t limit = BlockTable::kBlocks * kPagesPerBlock;
  const std::uint64_t asked = (last >> kPageShift) + 1 - first;
  const std::uint64_t count = std::min({asked, MemoryManager::kMaxGupPages, limit - std::min(first, limit)});
  return {first, count, asked - count};
}

}  // namespace

PageMask MemoryManager::with_struct_pages(BlockSlot slot) const {
  PageMask pages = address_space_.of_kinds(residency_.block(slot).number, kAllKinds & ~kinds_of({VmaKind::kSpecial}));
  if (kernel_->rules().gup == GupRule::kFail && library_only()) pages &= ~library_pages(slot);
  return pages;
}

bool MemoryManager::gup_is_fast(const GupRequest& request) {
  const GupPages range = pages_of(request);
  const std::uint64_t end = range.first + range.count;
  for (std::uint64_t page = range.first; page < end;) {
    const BlockNumber number(page / kPagesPerBlock);
    const std::uint64_t base = number.value() * kPagesPerBlock;
    const auto slot = residency_.find(number);
    if (!slot) return false;
    const BlockState& block = residency_.block(*slot);
    PageMask there = block.host & ~block.transit & with_struct_pages(*slot);
    if (request.write || request.pin) there &= ~block.shared;
    const std::uint64_t next = std::min(end, base + kPagesPerBlock);
    if (!there.contains(PageMask::range(static_cast<unsigned>(page - base), static_cast<unsigned>(next - base)))) {
      return false;
    }
    page = next;
  }
  return range.count != 0;
}

/// Makes one page of the request present and takes the reference. False if the call fails on it.
bool MemoryManager::gup_page(BlockSlot slot, unsigned page, const GupRequest& request, std::uint32_t owner,
                             SimTime& software) {
  const DesignRules& rules = kernel_->rules();
  if (!with_struct_pages(slot).test(page)) return false;
  for (;;) {
    BlockState& block = residency_.block(slot);
    if (!usable(block, page)) {
      ++kernel_->failures().in_migration;
      unlocked_.wait();
      continue;
    }
    const bool unshare = (request.write || request.pin) && block.shared.test(page);
    if (block.host.test(page)) {
      if (unshare) software += break_sharing(slot, page);
      return true;
    }
    const auto device = device_of(slot, page);
    if (!device) {
      software += first_touch_on_host(slot, page);
      continue;
    }
    const bool may_stay = rules.gup == GupRule::kShortOnly && !request.long_term && !unshare;
    if (may_stay) return true;
    if (rules.gup == GupRule::kFail) return false;
    // A page that somebody holds on the device cannot come back until it is dropped.
    if (block.pinned.test(page)) return false;
    engine_.sleep_for(software);
    software = SimTime();
    fetch_from_device(slot, page, owner, Cause::kGup);
  }
}

void MemoryManager::gup(const GupRequest& request, std::uint32_t owner) {
  if (kernel_ == nullptr) return;
  const GupPages range = pages_of(request);
  kernel_->failures().gup += range.left_out;
  if (range.count == 0) return;
  const GupSpec& prices = kernel_->spec().gup;
  const SimTime start = engine_.now();
  std::uint64_t taken = 0;
  const auto take = [&](BlockSlot slot, unsigned page) {
    ++taken;
    if (!request.pin) return;
    BlockState& block = residency_.block(slot);
    block.pinned.set(page);
    ++pins_[block.number.value() * kPagesPerBlock + page];
  };
  const auto block_and_page = [&](std::uint64_t i) {
    const std::uint64_t number = range.first + i;
    return std::pair(residency_.slot(BlockNumber(number / kPagesPerBlock)),
                     static_cast<unsigned>(number % kPagesPerBlock));
  };
  const bool fast = gup_is_fast(request);
  SimTime software;
  SimTime spent;
  if (fast) {
    software = prices.fast_page.value * range.count;
    for (std::uint64_t i = 0; i < range.count; ++i) {
      const auto [slot, page] = block_and_page(i);
      take(slot, page);
    }
  } else {
    const SharedHold hold(mmap_lock());
    software = prices.call.value + prices.page.value * range.count;
    spent = software;
    for (std::uint64_t i = 0; i < range.count; ++i) {
      const auto [slot, page] = block_and_page(i);
      if (gup_page(slot, page, request, owner, software)) {
        take(slot, page);
      } else {
        ++kernel_->failures().gup;
      }
    }
    engine_.sleep_for(software);
    software = SimTime();
  }
  if (!request.pin) software += prices.put_page.value * taken;
  engine_.sleep_for(software);
  spent += software;
  const KernelOp op = request.pin ? KernelOp::kPin : fast ? KernelOp::kGupFast : KernelOp::kGup;
  kernel_->count(op, taken, spent, engine_.now() - start);
  tell_call(owner, op_name(op), start);
}

void MemoryManager::unpin(VirtualAddress address, Bytes length) {
  if (kernel_ == nullptr) return;
  std::uint64_t dropped = 0;
  for_each_block_in(residency_, address, length, [&](BlockSlot slot, const PageMask& pages) {
    BlockState& block = residency_.block(slot);
    (block.pinned & pages).for_each([&](unsigned page) {
      const auto it = pins_.find(block.number.value() * kPagesPerBlock + page);
      ++dropped;
      if (--it->second != 0) return;
      pins_.erase(it);
      block.pinned.reset(page);
    });
  });
  kernel_->count(KernelOp::kUnpin, dropped, kernel_->spec().gup.put_page.value * dropped);
}

}  // namespace farfault
