// The identities of the books, as --check and the tests ask for them.
#include <algorithm>
#include <string>

#include "models/driver/memory_manager.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

void hold_true(bool holds, const char* what) {
  if (!holds) throw RunError(std::string("identity does not hold: ") + what);
}

PageMask backed_pages(const BlockFrames& frames) {
  PageMask backed;
  for (unsigned page = 0; page < kPagesPerBlock; ++page) {
    if (frames.frame(page) != BlockFrames::kNone) backed.set(page);
  }
  return backed;
}

}  // namespace

PageMask MemoryManager::check_places(BlockSlot slot) const {
  const BlockState& block = residency_.block(slot);
  PageMask seen = block.host;
  const AccessMasks& host = residency_.masks(0, slot);
  hold_true(block.host.contains(host.readable | host.writable), "host access to a page not in host memory");
  for (const auto& dev : devices_) {
    const DeviceBlock& theirs = residency_.device(dev->id(), slot);
    const PageMask owned = theirs.resident & ~theirs.copies;
    hold_true(!seen.intersects(owned), "a page is in two places");
    hold_true(block.host.contains(theirs.copies), "a copy without its original");
    seen |= owned;
    const AccessMasks& masks = residency_.masks(dev->id().value() + 1, slot);
    hold_true(theirs.resident.contains(masks.readable | masks.writable), "device access to a page that it lacks");
    hold_true(theirs.remote_mapped.contains(masks.remote), "remote access to a page that is not mapped");
    hold_true(theirs.resident.contains(theirs.copies), "a copy that is not there");
    hold_true(kernel_ != nullptr || !theirs.copies.intersects(masks.writable | host.writable),
              "a write to a page that has duplicates went unseen");
    const auto& staged = staged_blocks_[dev->id().value()];
    const bool listed = kernel_ != nullptr && theirs.copies.any();
    hold_true(std::count(staged.begin(), staged.end(), slot) == (listed ? 1 : 0), "list of copies for a launch");
    hold_true(!theirs.folio || (theirs.resident.full() && theirs.copies.none()), "a 2 MiB folio with holes");
    hold_true(!theirs.remote_mapped.intersects(theirs.resident), "a remote mapping of a page in the own memory");
    hold_true(backed_pages(theirs.frames) == theirs.resident, "device pages without memory behind them");
  }
  for (const auto& dev : devices_) {
    hold_true(seen.contains(residency_.device(dev->id(), slot).remote_mapped),
              "a remote mapping of a page that is nowhere");
  }
  return seen;
}

void MemoryManager::check_references(BlockSlot slot, const PageMask& populated) const {
  const BlockState& block = residency_.block(slot);
  hold_true(populated.contains(block.pinned | block.shared), "a pinned or shared page without contents");
  hold_true(!block.pinned.intersects(block.shared), "a page both pinned and shared");
  block.pinned.for_each([&](unsigned page) {
    const auto it = pins_.find(block.number.value() * kPagesPerBlock + page);
    hold_true(it != pins_.end() && it->second != 0, "a pinned page without a reference");
  });
}

void MemoryManager::check_device(const Device& dev) const {
  const DeviceCounters& c = dev.counters();
  std::uint64_t pages = c.child_pages;
  std::uint64_t held = c.child_pages;  // with what is free in chunks that blocks hold as a whole
  std::uint64_t folios = c.child_pages;
  for (std::uint32_t i = 0; i < residency_.blocks(); ++i) {
    const DeviceBlock& block = residency_.device(dev.id(), BlockSlot(i));
    pages += block.resident.count();
    const bool rooted = block.root != BlockFrames::kNone;
    hold_true(!rooted || block.resident.any(), "a chunk that is held for no page");
    held += rooted ? kPagesPerBlock : block.resident.count();
    folios += block.folio ? 1 : block.resident.count();
  }
  const auto of_children = std::count_if(children_frames_.begin(), children_frames_.end(),
                                         [&dev](const auto& frame) { return frame.first == dev.id(); });
  hold_true(c.child_pages == static_cast<std::uint64_t>(of_children), "device pages that children keep");
  hold_true(c.allocated_folios + c.split_folios * (kPagesPerBlock - 1) == c.freed_folios + folios,
            "device pages given out, and callbacks for those whose last user has gone");
  hold_true(held == dev.memory().used_pages(), "device memory's books");
  hold_true(pages <= dev.memory().capacity_pages(), "a device holds more than its capacity");
}

void MemoryManager::check() const {
  std::uint64_t on_host = children_host_pages_;
  std::uint64_t touched = 0;
  std::uint64_t pinned = 0;
  for (std::uint32_t i = 0; i < residency_.blocks(); ++i) {
    const BlockSlot slot(i);
    check_references(slot, check_places(slot));
    const BlockState& block = residency_.block(slot);
    on_host += block.host.count();
    touched += block.touched.count();
    pinned += block.pinned.count();
  }
  hold_true(on_host == host_.held(), "host memory's books");
  hold_true(pinned == pins_.size(), "references to pages that are not pinned");
  hold_true(children_ != 0 || (children_host_pages_ == 0 && children_frames_.empty()), "pages of children that left");
  hold_true(touched == touched_pages_, "count of pages accessed");
  for (const auto& dev : devices_) check_device(*dev);
}

}  // namespace farfault
