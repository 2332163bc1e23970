// Room on a device: which chunks leave, when it is needed and ahead of need.
#include <algorithm>
#include <optional>

#include "models/driver/chunks.h"
#include "models/driver/memory_manager.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

/// A copy for a launch may go while its original is pinned.
PageMask may_leave(const BlockState& block, const DeviceBlock& there) {
  return there.resident & ~(block.pinned & ~there.copies);
}

}  // namespace

/// During make_room: chunks of blocks that others move stay, and so do the pages that the request is about.
class MemoryManager::RoomView final : public EvictionView {
 public:
  RoomView(const ResidencyMap& residency, DeviceId device, std::uint32_t owner, unsigned pages_a_chunk, BlockSlot slot,
           const PageMask& keep)
      : residency_(residency),
        device_(device),
        owner_(owner),
        pages_a_chunk_(pages_a_chunk),
        slot_(slot),
        keep_(keep) {}

  bool evictable(ChunkId chunk) const override {
    const ChunkPlace place = place_of(chunk, pages_a_chunk_);
    const BlockState& block = residency_.block(place.slot);
    if (block.owner != 0 && block.owner != owner_) return false;
    PageMask leaving = place.pages & may_leave(block, residency_.device(device_, place.slot));
    if (place.slot == slot_) leaving &= ~keep_;
    return leaving.any();
  }
  std::optional<ChunkId> wanted() const override {
    if (keep_.none()) return std::nullopt;
    const PageMask coming = keep_ & ~residency_.device(device_, slot_).resident;
    const unsigned page = coming.none() ? 0 : coming.next(0);
    return ChunkId(static_cast<std::uint32_t>((slot_.value() * kPagesPerBlock + page) / pages_a_chunk_));
  }
  unsigned pages_to_copy(ChunkId chunk) const override {
    const ChunkPlace place = place_of(chunk, pages_a_chunk_);
    const DeviceBlock& there = residency_.device(device_, place.slot);
    const PageMask clean = there.copies & ~residency_.masks(device_.value() + 1, place.slot).writable;
    return (place.pages & there.resident & ~clean).count();
  }

 private:
  const ResidencyMap& residency_;
  DeviceId device_;
  std::uint32_t owner_;
  unsigned pages_a_chunk_;
  BlockSlot slot_;
  const PageMask& keep_;
};

bool MemoryManager::make_room(ServiceWork& work, DeviceId id, std::uint64_t pages, BlockSlot slot,
                              const PageMask& keep) {
  while (!has_room(id, slot, pages)) {
    if (!evict_next(work, id, slot, keep)) return false;
  }
  return true;
}

bool MemoryManager::evict_next(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& keep) {
  EvictionPolicy& policy = device(id).eviction();
  const RoomView view(residency_, id, work.owner, chunk_pages(policy), slot, keep);
  const std::optional<ChunkId> victim = policy.victim(view);
  if (!victim) return false;
  evict(work, id, *victim, slot, keep);
  while (const std::optional<ChunkId> along = policy.along(view)) evict(work, id, *along, slot, keep);
  return true;
}

void MemoryManager::evict(ServiceWork& work, DeviceId id, ChunkId chunk, BlockSlot slot, const PageMask& keep) {
  Device& dev = device(id);
  const ChunkPlace place = place_of(chunk, chunk_pages(dev.eviction()));
  if (place.slot.value() >= residency_.blocks() || !try_lock(place.slot, work)) {
    throw RunError("eviction policy chose a chunk that is not evictable");
  }
  PageMask leaving = place.pages & may_leave(residency_.block(place.slot), residency_.device(id, place.slot));
  if (place.slot == slot) leaving &= ~keep;
  if (leaving.none()) throw RunError("eviction policy chose a chunk without resident pages");
  work.software.add(Stage::kEviction, driver_.eviction_time.value);
  ++dev.counters().evicted_chunks;
  plan_to_host(work, id, place.slot, leaving, Cause::kEviction);
  if (placement_ != nullptr) placement_->on_evicted(id, place.slot, leaving, engine_.now());
}

void MemoryManager::clip_to_room(DeviceId id, BlockSlot slot, PageMask& demand, PageMask& prefetch) const {
  if (residency_.device(id, slot).root != BlockFrames::kNone) return;
  const std::uint64_t free = devices_[id.value()]->memory().free_pages();
  std::uint64_t room = free - std::min(free, devices_[id.value()]->leaving_pages());
  if (room >= (demand | prefetch).count()) return;
  // Not all fit, whatever leaves: demand first, each in the order of addresses.
  const auto clip = [&room](PageMask& mask) {
    PageMask kept;
    mask.for_each([&](unsigned page) {
      if (room == 0) return;
      kept.set(page);
      --room;
    });
    mask = kept;
  };
  clip(demand);
  clip(prefetch);
}

void MemoryManager::wake_reserve(DeviceId id) {
  const std::optional<FreeReserve>& reserve = device(id).reserve();
  if (reserve && device(id).free_share() < reserve->low) memory_low_.notify_all();
}

void MemoryManager::stop_reserve() {
  reserve_stopped_ = true;
  while (any_locked()) unlocked_.wait();
}

void MemoryManager::keep_reserve(DeviceId id, std::uint32_t owner) {
  Device& dev = device(id);
  const FreeReserve reserve = dev.reserve().value();
  ServiceWork work(owner, devices_.size());
  for (;;) {
    while (reserve_stopped_ || dev.free_share() >= reserve.low) memory_low_.wait();
    while (!reserve_stopped_ && dev.free_share() < reserve.high) {
      const std::uint64_t free = dev.memory().free_pages();
      if (!evict_next(work, id, BlockSlot(0), PageMask())) {
        // What is there is being moved: whoever moves it will say when it is done.
        unlocked_.wait();
        continue;
      }
      dev.set_leaving_pages(dev.memory().free_pages() - free);
      carry_out(work);
      dev.set_leaving_pages(0);
    }
  }
}

}  // namespace farfault
