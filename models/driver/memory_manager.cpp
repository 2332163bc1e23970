#include "models/driver/memory_manager.h"

#include <algorithm>
#include <bit>
#include <string>

#include "sim/core/error.h"

namespace farfault {
namespace {

/// Pages of a policy's chunk.
unsigned chunk_pages(const EvictionPolicy& policy) { return static_cast<unsigned>(policy.granularity() / kPageSize); }

ChunkId chunk_of(BlockSlot slot, unsigned page, unsigned pages_a_chunk) {
  return ChunkId(slot.value() * (kPagesPerBlock / pages_a_chunk) + page / pages_a_chunk);
}

struct ChunkPlace {
  BlockSlot slot;
  PageMask pages;
};
ChunkPlace place_of(ChunkId chunk, unsigned pages_a_chunk) {
  const unsigned chunks_a_block = kPagesPerBlock / pages_a_chunk;
  const unsigned first = chunk.value() % chunks_a_block * pages_a_chunk;
  return {BlockSlot(chunk.value() / chunks_a_block), PageMask::range(first, first + pages_a_chunk)};
}

std::size_t index(LinkDirection direction) { return static_cast<std::size_t>(direction); }

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
    PageMask leaving = place.pages & residency_.device(device_, place.slot).resident;
    if (place.slot == slot_) leaving &= ~keep_;
    return leaving.any();
  }

 private:
  const ResidencyMap& residency_;
  DeviceId device_;
  std::uint32_t owner_;
  unsigned pages_a_chunk_;
  BlockSlot slot_;
  const PageMask& keep_;
};

MemoryManager::MemoryManager(engine::Engine& engine, Host& host, std::span<const std::unique_ptr<Device>> devices,
                             KernelDesign* design, ThrashingGuard& thrashing, const DriverSpec& driver,
                             const MemoryManagerOptions& options)
    : engine_(engine),
      host_(host),
      devices_(devices),
      design_(design),
      thrashing_(thrashing),
      driver_(driver),
      options_(options),
      residency_(devices.size(), options.block_limit),
      unlocked_(engine) {}

void MemoryManager::touch(BlockState& block, unsigned page) {
  if (block.touched.test(page)) return;
  block.touched.set(page);
  ++touched_pages_;
}

AccessOutcome MemoryManager::device_access(DeviceId id, BlockSlot slot, unsigned page, bool write) {
  BlockState& block = residency_.block(slot);
  DeviceBlock& mine = residency_.device(id, slot);
  AccessMasks& masks = residency_.masks(id.value() + 1, slot);
  if (!usable(block, page)) return AccessOutcome::kFault;
  if (mine.resident.test(page)) {
    touch(block, page);
    if (mine.prefetched.test(page)) {
      mine.prefetched.reset(page);
      ++device(id).counters().prefetch_used;
    }
    masks.readable.set(page);
    if (write) masks.writable.set(page);
    return AccessOutcome::kLocal;
  }
  if (mine.remote_mapped.test(page)) {
    touch(block, page);
    masks.remote.set(page);
    return AccessOutcome::kRemote;
  }
  return AccessOutcome::kFault;
}

bool MemoryManager::host_would_wait(BlockSlot slot, unsigned page) const {
  const BlockState& block = residency_.block(slot);
  if (!usable(block, page)) return true;
  return !block.host.test(page) && residency_.populated(slot).test(page);
}

SimTime MemoryManager::host_access(BlockSlot slot, unsigned page, bool write, std::uint32_t thread) {
  SimTime owed;
  for (;;) {
    BlockState& block = residency_.block(slot);
    if (!usable(block, page)) {
      unlocked_.wait();
      continue;
    }
    if (block.host.test(page)) {
      touch(block, page);
      AccessMasks& masks = residency_.masks(0, slot);
      masks.readable.set(page);
      if (write) masks.writable.set(page);
      return owed;
    }
    if (residency_.populated(slot).test(page)) {
      fetch_from_device(slot, page, thread);
      continue;
    }
    place_on_host(slot, PageMask::single(page));
    ++host_.counters().minor_faults;
    owed += host_.spec().minor_fault.value;
  }
}

void MemoryManager::fetch_from_device(BlockSlot slot, unsigned page, std::uint32_t thread) {
  ServiceWork work(thread, devices_.size());
  const SimTime start = engine_.now();
  while (!try_lock(slot, work)) {
    unlocked_.wait();
    // Whoever had the block may have brought the page to the host, or taken it elsewhere.
    if (residency_.block(slot).host.test(page) && usable(residency_.block(slot), page)) return;
  }
  const auto pages = static_cast<unsigned>(driver_.cpu_fault_granularity.value / kPageSize);
  const unsigned first = page & ~(pages - 1);
  for (const auto& owner : devices_) {
    if (!residency_.device(owner->id(), slot).resident.test(page)) continue;
    const unsigned levels = host_.page_table().walk(residency_.block(slot).number, residency_.block(slot).host, page);
    engine_.sleep_for(host_.spec().migrate_fault.value + host_.spec().page_table.walk_level.value * levels);
    ++host_.counters().migrate_faults;
    // Looked up after the sleep, in which new blocks may have moved the tables and the process may have unmapped pages.
    const PageMask leaving = residency_.device(owner->id(), slot).resident & PageMask::range(first, first + pages);
    plan_to_host(work, owner->id(), slot, leaving, Cause::kCpuFault);
    break;
  }
  carry_out(work);
  cpu_fault_latency_.add(static_cast<std::uint64_t>((engine_.now() - start).picoseconds()));
}

bool MemoryManager::try_lock(BlockSlot slot, ServiceWork& work) {
  BlockState& block = residency_.block(slot);
  if (block.owner == work.owner) return true;
  if (block.owner != 0) return false;
  block.owner = work.owner;
  ++locked_blocks_;
  work.locked.push_back(slot);
  return true;
}

void MemoryManager::charge_kernel(ServiceWork& work, Direction direction, std::uint64_t pages, std::uint64_t ranges) {
  if (driver_.memory != MemoryBack::kHmm || pages == 0) return;
  const StepTimes steps = design_->migrate(direction, pages, ranges);
  work.software.add(Stage::kKernel, steps.total());
  kernel_[static_cast<std::size_t>(direction)] += steps;
  ++kernel_calls_[static_cast<std::size_t>(direction)];
}

void MemoryManager::plan_copy(ServiceWork& work, DeviceId id, LinkDirection direction, Cause cause,
                              const PageMask& pages) {
  const Bytes bytes = kPageSize * pages.count();
  work.copies[id.value()][index(direction)].bytes += bytes;
  device(id).link().traffic(direction).add(cause, bytes);
}

bool MemoryManager::make_room(ServiceWork& work, DeviceId id, std::uint64_t pages, BlockSlot slot,
                              const PageMask& keep) {
  Device& dev = device(id);
  const unsigned pages_a_chunk = chunk_pages(dev.eviction());
  const RoomView view(residency_, id, work.owner, pages_a_chunk, slot, keep);
  while (dev.memory().free_pages() < pages) {
    const std::optional<ChunkId> victim = dev.eviction().victim(view);
    if (!victim) return false;
    const ChunkPlace place = place_of(*victim, pages_a_chunk);
    if (!try_lock(place.slot, work)) throw RunError("eviction policy chose a chunk that is not evictable");
    PageMask leaving = residency_.device(id, place.slot).resident & place.pages;
    if (place.slot == slot) leaving &= ~keep;
    if (leaving.none()) throw RunError("eviction policy chose a chunk without resident pages");
    work.software.add(Stage::kEviction, driver_.eviction_time.value);
    ++dev.counters().evicted_chunks;
    plan_to_host(work, id, place.slot, leaving, Cause::kEviction);
  }
  return true;
}

void MemoryManager::plan_to_host(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages, Cause cause) {
  Device& dev = device(id);
  const std::uint64_t count = pages.count();
  remove_from_device(id, slot, pages);
  place_on_host(slot, pages);
  residency_.block(slot).transit |= pages;
  if (cause == Cause::kEviction) {
    dev.counters().eviction_pages += count;
    residency_.device(id, slot).evicted |= pages;
  } else if (cause == Cause::kPeer) {
    dev.counters().peer_pages += count;
  } else {
    dev.counters().cpu_fault_pages += count;
  }
  plan_way_to_host(work, id, slot, pages, cause);
}

void MemoryManager::plan_way_to_host(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages,
                                     Cause cause) {
  Device& dev = device(id);
  charge_kernel(work, Direction::kToHost, pages.count(), pages.runs());
  plan_copy(work, id, LinkDirection::kToHost, cause, pages);
  work.copies[id.value()][index(LinkDirection::kToHost)].pieces += pages.runs();
  pages.for_each_run([&](unsigned first, unsigned end) {
    dev.counters().piece_bytes_to_host.add((kPageSize * (end - first)).count());
  });
  thrashing_.on_left(id, slot, pages, engine_.now());
}

PageMask MemoryManager::plan_to_device(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& demand,
                                       const PageMask& prefetch) {
  Device& dev = device(id);
  PageMask coming_demand = demand & ~residency_.device(id, slot).resident;
  PageMask coming_prefetch = prefetch & ~residency_.device(id, slot).resident & ~coming_demand;
  PageMask coming = coming_demand | coming_prefetch;
  // What was resident and asked for must not be pushed out to make room for the rest.
  make_room(work, id, coming.count(), slot, demand | prefetch);
  if (dev.memory().free_pages() < coming.count()) {
    // Not all fit, whatever leaves: demand first, each in the order of addresses.
    std::uint64_t room = dev.memory().free_pages();
    const auto clip = [&room](PageMask& mask) {
      PageMask kept;
      mask.for_each([&](unsigned page) {
        if (room == 0) return;
        kept.set(page);
        --room;
      });
      mask = kept;
    };
    clip(coming_demand);
    clip(coming_prefetch);
    coming = coming_demand | coming_prefetch;
  }

  DeviceCounters& counters = dev.counters();
  PageMask copied = coming & residency_.block(slot).host;
  for (const auto& other : devices_) {
    if (other->id() == id) continue;
    // From device to device over the host: there is no peer link in this model.
    const PageMask there = residency_.device(other->id(), slot).resident & coming;
    if (there.none()) continue;
    remove_from_device(other->id(), slot, there);
    other->counters().peer_pages += there.count();
    plan_way_to_host(work, other->id(), slot, there, Cause::kPeer);
    copied |= there;
  }
  remove_from_host(slot, coming & residency_.block(slot).host);
  const PageMask fresh = coming & ~copied;
  if (options_.initial == InitialContents::kHostMemory) {
    copied |= fresh;  // the host wrote these before the trace began
  } else {
    counters.zero_filled += fresh.count();
  }

  DeviceBlock& mine = residency_.device(id, slot);
  if (mine.evicted.any()) {
    counters.refaults += (coming_demand & mine.evicted).count();
    mine.evicted &= ~coming;
  }
  place_on_device(id, slot, coming);
  mine.prefetched |= coming_prefetch;
  residency_.block(slot).transit |= coming;
  const std::uint64_t demand_pages = coming_demand.count();
  const std::uint64_t prefetch_pages = coming_prefetch.count();
  counters.demand_pages += demand_pages;
  counters.prefetch_pages += prefetch_pages;

  const bool hmm = driver_.memory == MemoryBack::kHmm;
  const std::uint64_t pages = demand_pages + prefetch_pages;
  work.software.add(Stage::kPage, (hmm ? driver_.page_time_hmm : driver_.page_time).value * pages);
  charge_kernel(work, Direction::kToDevice, pages, coming.runs());
  plan_copy(work, id, LinkDirection::kToDevice, Cause::kDemand, copied & coming_demand);
  if (prefetch_pages != 0) plan_copy(work, id, LinkDirection::kToDevice, Cause::kPrefetch, copied & coming_prefetch);
  copied.for_each_run([&](unsigned first, unsigned end) {
    ++work.copies[id.value()][index(LinkDirection::kToDevice)].pieces;
    counters.piece_bytes_to_device.add((kPageSize * (end - first)).count());
  });
  return coming | (demand & mine.resident);
}

void MemoryManager::plan_remote_map(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages) {
  // Pages in another device's memory come to the host first: there is no peer mapping in this model.
  for (const auto& other : devices_) {
    const PageMask there = residency_.device(other->id(), slot).resident & pages;
    if (other->id() != id && there.any()) plan_to_host(work, other->id(), slot, there, Cause::kPeer);
  }
  place_on_host(slot, pages & ~residency_.populated(slot));
  DeviceBlock& mine = residency_.device(id, slot);
  const PageMask fresh = pages & residency_.block(slot).host & ~mine.remote_mapped;
  const PageMask before = mine.resident | mine.remote_mapped;
  mine.remote_mapped |= fresh;
  Device& dev = device(id);
  dev.page_table().update(residency_.block(slot).number, before, before | fresh);
  dev.counters().remote_pages += fresh.count();
  const bool hmm = driver_.memory == MemoryBack::kHmm;
  work.software.add(Stage::kPage, (hmm ? driver_.page_time_hmm : driver_.page_time).value * fresh.count());
}

void MemoryManager::pass_time(ServiceWork& work) {
  engine_.sleep_for(work.software.total());
  for (const LinkDirection direction : {LinkDirection::kToHost, LinkDirection::kToDevice}) {
    for (std::size_t d = 0; d < work.copies.size(); ++d) {
      const ServiceWork::Copies& copies = work.copies[d][index(direction)];
      devices_[d]->dma(direction).copy(copies.pieces, copies.bytes);
    }
  }
  for (const BlockSlot slot : work.locked) residency_.block(slot).transit = PageMask();
  software_ += work.software;
  work.software = StageTimes();
  work.copies.assign(devices_.size(), {});
}

void MemoryManager::unlock(ServiceWork& work) {
  if (work.locked.empty()) return;
  for (const BlockSlot slot : work.locked) residency_.block(slot).owner = 0;
  locked_blocks_ -= work.locked.size();
  work.locked.clear();
  unlocked_.notify_all();
}

void MemoryManager::carry_out(ServiceWork& work) {
  pass_time(work);
  unlock(work);
}

void MemoryManager::notify_chunks(DeviceId id, BlockSlot slot, const PageMask& before, const PageMask& after) {
  EvictionPolicy& policy = device(id).eviction();
  const unsigned pages = chunk_pages(policy);
  const PageMask changed = (before & ~after) | (after & ~before);
  if (pages == 1) {
    changed.for_each([&](unsigned page) {
      const ChunkId chunk = chunk_of(slot, page, 1);
      after.test(page) ? policy.on_resident(chunk, engine_.now()) : policy.on_removed(chunk);
    });
    return;
  }
  for (unsigned page = changed.next(0); page < kPagesPerBlock;) {
    const unsigned first = page & ~(pages - 1);
    const bool had = before.next(first) < first + pages;
    const bool has = after.next(first) < first + pages;
    if (!had && has) policy.on_resident(chunk_of(slot, first, pages), engine_.now());
    if (had && !has) policy.on_removed(chunk_of(slot, first, pages));
    page = changed.next(first + pages);
  }
}

void MemoryManager::place_on_device(DeviceId id, BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  Device& dev = device(id);
  DeviceBlock& mine = residency_.device(id, slot);
  const auto take = [&](ChunkSize size, unsigned first) {
    const auto frame = dev.memory().allocate(size);
    if (!frame) return false;
    mine.frames.set(first, pages_of(size), *frame, frame_pool_);
    return true;
  };
  if (!(pages.full() && take(ChunkSize::k2MiB, 0))) {
    constexpr unsigned kBigPage = pages_of(ChunkSize::k64KiB);
    for (unsigned page = pages.next(0); page < kPagesPerBlock;) {
      if (page % kBigPage == 0 && pages.count(page, page + kBigPage) == kBigPage && take(ChunkSize::k64KiB, page)) {
        page = pages.next(page + kBigPage);
        continue;
      }
      if (!take(ChunkSize::k4KiB, page)) throw RunError("device memory: no page free after room was made");
      page = pages.next(page + 1);
    }
  }
  const PageMask before = mine.resident;
  const PageMask mapped = before | mine.remote_mapped;
  mine.resident |= pages;
  dev.page_table().update(residency_.block(slot).number, mapped, mapped | pages);
  notify_chunks(id, slot, before, mine.resident);
}

void MemoryManager::remove_from_device(DeviceId id, BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  Device& dev = device(id);
  DeviceBlock& mine = residency_.device(id, slot);
  mine.frames.take(pages, mine.resident & ~pages, frame_pool_,
                   [&dev](std::uint32_t frame, unsigned count) { dev.memory().free(frame, count); });
  const PageMask before = mine.resident;
  const PageMask mapped = before | mine.remote_mapped;
  mine.resident &= ~pages;
  mine.prefetched &= ~pages;
  AccessMasks& masks = residency_.masks(id.value() + 1, slot);
  masks.readable &= ~pages;
  masks.writable &= ~pages;
  dev.page_table().update(residency_.block(slot).number, mapped, mapped & ~pages);
  notify_chunks(id, slot, before, mine.resident);
}

void MemoryManager::place_on_host(BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  BlockState& block = residency_.block(slot);
  host_.hold(pages.count());
  host_.page_table().update(block.number, block.host, block.host | pages);
  block.host |= pages;
}

void MemoryManager::remove_from_host(BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  BlockState& block = residency_.block(slot);
  host_.release(pages.count());
  host_.page_table().update(block.number, block.host, block.host & ~pages);
  block.host &= ~pages;
  AccessMasks& masks = residency_.masks(0, slot);
  masks.readable &= ~pages;
  masks.writable &= ~pages;
  for (const auto& dev : devices_) {
    // A page that leaves the host takes the devices' mappings of it along.
    DeviceBlock& theirs = residency_.device(dev->id(), slot);
    const PageMask gone = theirs.remote_mapped & pages;
    if (gone.none()) continue;
    const PageMask before = theirs.resident | theirs.remote_mapped;
    theirs.remote_mapped &= ~gone;
    residency_.masks(dev->id().value() + 1, slot).remote &= ~gone;
    dev->page_table().update(block.number, before, before & ~gone);
  }
}

void MemoryManager::unmap_in_block(BlockSlot slot, const PageMask& pages) {
  while ((residency_.block(slot).transit & pages).any()) unlocked_.wait();
  for (const auto& dev : devices_) {
    const PageMask gone = residency_.device(dev->id(), slot).resident & pages;
    dev->counters().unmapped_pages += gone.count();
    remove_from_device(dev->id(), slot, gone);
    residency_.device(dev->id(), slot).evicted &= ~pages;
  }
  remove_from_host(slot, residency_.block(slot).host & pages);
}

void MemoryManager::free_pages(VirtualAddress address, Bytes length) {
  if (!host_.spec().unmap_frees) return;
  const std::uint64_t last_byte = address.value() + length.count() - 1;
  if (length == Bytes(0) || last_byte < address.value()) return;
  const std::uint64_t first = address.page().value();
  const std::uint64_t end = (last_byte >> kPageShift) + 1;
  const auto in_block = [&](BlockSlot slot) {
    const std::uint64_t base = residency_.block(slot).number.value() * kPagesPerBlock;
    const std::uint64_t from = std::max(first, base);
    const std::uint64_t to = std::min(end, base + kPagesPerBlock);
    if (from < to) {
      unmap_in_block(slot, PageMask::range(static_cast<unsigned>(from - base), static_cast<unsigned>(to - base)));
    }
  };
  const std::uint64_t first_block = first / kPagesPerBlock;
  const std::uint64_t end_block = (end + kPagesPerBlock - 1) / kPagesPerBlock;
  if (end_block - first_block > residency_.blocks()) {
    for (std::uint32_t slot = 0; slot < residency_.blocks(); ++slot) in_block(BlockSlot(slot));
    return;
  }
  for (std::uint64_t block = first_block; block < end_block; ++block) {
    if (const auto slot = residency_.find(BlockNumber(block))) in_block(*slot);
  }
}

void MemoryManager::check() const {
  const auto fail = [](const std::string& what) { throw RunError("identity does not hold: " + what); };
  std::uint64_t on_host = 0;
  std::uint64_t touched = 0;
  std::vector<std::uint64_t> on_device(devices_.size());
  for (std::uint32_t i = 0; i < residency_.blocks(); ++i) {
    const BlockSlot slot(i);
    const BlockState& block = residency_.block(slot);
    PageMask seen = block.host;
    on_host += block.host.count();
    touched += block.touched.count();
    const AccessMasks& host_masks = residency_.masks(0, slot);
    if (!block.host.contains(host_masks.readable | host_masks.writable))
      fail("host access to a page not in host memory");
    for (const auto& dev : devices_) {
      const DeviceBlock& theirs = residency_.device(dev->id(), slot);
      if (seen.intersects(theirs.resident)) fail("a page is in two places");
      seen |= theirs.resident;
      on_device[dev->id().value()] += theirs.resident.count();
      const AccessMasks& masks = residency_.masks(dev->id().value() + 1, slot);
      if (!theirs.resident.contains(masks.readable | masks.writable)) fail("device access to a page that it lacks");
      if (!theirs.remote_mapped.contains(masks.remote)) fail("remote access to a page that is not mapped");
      if (!block.host.contains(theirs.remote_mapped)) fail("a remote mapping of a page not in host memory");
      PageMask backed;
      for (unsigned page = 0; page < kPagesPerBlock; ++page) {
        if (theirs.frames.frame(page) != BlockFrames::kNone) backed.set(page);
      }
      if (!(backed == theirs.resident)) fail("device pages without memory behind them");
    }
  }
  if (on_host != host_.held()) fail("host memory's books");
  if (touched != touched_pages_) fail("count of pages accessed");
  for (const auto& dev : devices_) {
    const std::uint64_t pages = on_device[dev->id().value()];
    if (pages != dev->memory().used_pages()) fail("device memory's books");
    if (pages > dev->memory().capacity_pages()) fail("a device holds more than its capacity");
  }
}

}  // namespace farfault
