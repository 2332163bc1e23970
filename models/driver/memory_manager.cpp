#include "models/driver/memory_manager.h"

#include <algorithm>
#include <bit>
#include <string>

#include "models/driver/chunks.h"
#include "models/observer.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

std::size_t index(LinkDirection direction) { return static_cast<std::size_t>(direction); }

}  // namespace

MemoryManager::MemoryManager(engine::Engine& engine, Host& host, std::span<const std::unique_ptr<Device>> devices,
                             const PeerLinks& peers, Kernel* kernel, ThrashingGuard& thrashing,
                             const DriverSpec& driver, const MemoryManagerOptions& options)
    : engine_(engine),
      host_(host),
      devices_(devices),
      peers_(peers),
      kernel_(kernel),
      thrashing_(thrashing),
      driver_(driver),
      options_(options),
      residency_(devices.size(), options.block_limit),
      unlocked_(engine),
      memory_low_(engine),
      staged_blocks_(devices.size()) {}

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
  // A copy for a launch is the device's own; what a child shares is copied when it goes back.
  if (write && block.shared.test(page) && !mine.copies.test(page)) return AccessOutcome::kFault;
  if (write && is_duplicate(id, slot, page)) return AccessOutcome::kFault;
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
    if (mine.once.test(page)) {
      unmap_remote(id, slot, PageMask::single(page));
      return AccessOutcome::kRemote;
    }
    // One bit stands for loads and stores; a store to a shared page must be seen.
    // The replay loop takes what the bit stands for as host memory.
    if (!block.shared.test(page) && peer_of(id, slot, page) == nullptr) masks.remote.set(page);
    return AccessOutcome::kRemote;
  }
  if (options_.heed_advice && map_advised(id, slot, page)) return device_access(id, slot, page, write);
  if (kernel_ == nullptr) return AccessOutcome::kFault;
  const DesignRules& rules = kernel_->rules();
  if (rules.reachable != kAllKinds && !address_space_.of_kinds(block.number, rules.reachable).test(page)) {
    return AccessOutcome::kFailed;
  }
  return AccessOutcome::kFault;
}

bool MemoryManager::host_would_wait(BlockSlot slot, unsigned page) const {
  const BlockState& block = residency_.block(slot);
  if (!usable(block, page) || block.shared.test(page) || has_duplicates(slot, page)) return true;
  if (block.host.test(page)) return false;
  if (!residency_.populated(slot).test(page)) return kernel_ != nullptr && kernel_->mmap_lock().readers_wait();
  return kernel_ == nullptr || kernel_->rules().cpu_access == CpuAccess::kMigrateBack;
}

HostAccess MemoryManager::host_access(BlockSlot slot, unsigned page, bool write, std::uint32_t thread) {
  HostAccess access;
  SimTime slept;
  for (;;) {
    BlockState& block = residency_.block(slot);
    if (!usable(block, page)) {
      if (kernel_ != nullptr) ++kernel_->failures().in_migration;
      unlocked_.wait();
      continue;
    }
    if (block.host.test(page)) {
      touch(block, page);
      if (write && has_duplicates(slot, page)) {
        drop_duplicates_for_host(slot, page, thread);
        continue;
      }
      if (write && block.shared.test(page)) {
        const SharedHold hold(mmap_lock());
        // While the lock was waited for, another may have been here, and new blocks may have moved the tables.
        const BlockState& now = residency_.block(slot);
        if (!now.host.test(page) || !usable(now, page)) continue;
        if (now.shared.test(page)) access.owed += break_sharing(slot, page);
      }
      AccessMasks& masks = residency_.masks(0, slot);
      masks.readable.set(page);
      if (write) masks.writable.set(page);
      return access;
    }
    if (residency_.populated(slot).test(page)) {
      if (const auto there = access_on_device(slot, page, write)) {
        touch(residency_.block(slot), page);
        HostAccess out = *there;
        out.owed += access.owed;
        return out;
      }
      if (const SimTime time = time_until_return(slot, page); time > SimTime::zero()) {
        // Without mmap_lock, and looked at anew: much can have happened.
        engine_.sleep_for(time);
        slept += time;
        continue;
      }
      const SharedHold hold(mmap_lock());
      if (device_of(slot, page)) fetch_from_device(slot, page, thread, Cause::kCpuFault, slept);
      continue;
    }
    if (RwLock* const lock = mmap_lock()) {
      // Held for the fault's own time, which the thread owes and does not wait for: only a writer is waited for.
      lock->lock_shared();
      lock->unlock_shared();
      if (!usable(residency_.block(slot), page) || residency_.populated(slot).test(page)) continue;
    }
    access.owed += first_touch_on_host(slot, page);
  }
}

std::optional<DeviceId> MemoryManager::device_of(BlockSlot slot, unsigned page) const {
  for (const auto& each : devices_) {
    if (residency_.device(each->id(), slot).resident.test(page)) return each->id();
  }
  return std::nullopt;
}

std::optional<HostAccess> MemoryManager::access_on_device(BlockSlot slot, unsigned page, bool write) {
  if (kernel_ == nullptr) return std::nullopt;
  const std::optional<DeviceId> there = device_of(slot, page);
  if (!there) return std::nullopt;
  // A write to a page shared with a child brings it back, to copy it.
  if (write && residency_.block(slot).shared.test(page)) return std::nullopt;
  HostAccess access;
  access.device = *there;
  switch (kernel_->rules().cpu_access) {
    case CpuAccess::kMigrateBack:
      return std::nullopt;
    case CpuAccess::kDirect:
      access.way = HostAccess::Way::kDirect;
      break;
    case CpuAccess::kBar:
      access.way = HostAccess::Way::kBar;
      break;
    case CpuAccess::kFail:
      access.way = HostAccess::Way::kFailed;
      break;
  }
  return access;
}

SimTime MemoryManager::time_until_return(BlockSlot slot, unsigned page) const {
  const std::optional<DeviceId> there = device_of(slot, page);
  if (!there) return SimTime::zero();
  return thrashing_.earliest_return(*there, slot, page, engine_.now()) - engine_.now();
}

void MemoryManager::unmap_remote(DeviceId id, BlockSlot slot, const PageMask& pages) {
  DeviceBlock& mine = residency_.device(id, slot);
  const PageMask gone = mine.remote_mapped & pages;
  if (gone.none()) return;
  const PageMask before = mine.resident | mine.remote_mapped;
  mine.remote_mapped &= ~gone;
  mine.once &= ~gone;
  residency_.masks(id.value() + 1, slot).remote &= ~gone;
  device(id).page_table().update(residency_.block(slot).number, before, before & ~gone);
}

void MemoryManager::fetch_from_device(BlockSlot slot, unsigned page, std::uint32_t thread, Cause cause, SimTime slept) {
  ServiceWork work(thread, devices_.size());
  const SimTime start = engine_.now() - slept;
  while (!try_lock(slot, work)) {
    if (kernel_ != nullptr) ++kernel_->failures().locked;
    unlocked_.wait();
    // Whoever had the block may have brought the page to the host, or taken it elsewhere.
    if (residency_.block(slot).host.test(page) && usable(residency_.block(slot), page)) return;
  }
  if (const std::optional<DeviceId> owner = device_of(slot, page)) {
    const unsigned levels = host_.page_table().walk(residency_.block(slot).number, residency_.block(slot).host, page);
    SimTime trap = host_.spec().page_table.walk_level.value * levels;
    if (cause == Cause::kCpuFault) {
      trap += host_.spec().migrate_fault.value;
      ++host_.counters().migrate_faults;
    }
    if (kernel_ != nullptr) {
      const auto reason = cause == Cause::kCpuFault ? LookupReason::kCpuFault : LookupReason::kGup;
      trap += kernel_->look_up(reason, *owner, first_frame(*owner, slot, PageMask::single(page)), 1);
    }
    engine_.sleep_for(trap);
    // Looked up after the sleep, in which new blocks may have moved the tables and the process may have unmapped pages.
    const PageMask faulted = kernel_ == nullptr ? PageMask::single(page) : PageMask();
    plan_to_host(work, *owner, slot, returning(*owner, slot, page), cause, faulted);
  }
  carry_out(work);
  if (cause == Cause::kCpuFault) {
    cpu_fault_latency_.add(static_cast<std::uint64_t>((engine_.now() - start).picoseconds()));
    if (options_.observer != nullptr) {
      options_.observer->on_cpu_fault(thread, residency_.block(slot).number, page, start, engine_.now());
    }
  }
}

PageMask MemoryManager::returning(DeviceId id, BlockSlot slot, unsigned page) const {
  const BlockState& block = residency_.block(slot);
  const PageMask thrashing = thrashing_.thrashing(slot, engine_.now());
  const PageMask stays = block.pinned | (thrashing & ~PageMask::single(page));
  const PageMask there = residency_.device(id, slot).resident & ~stays;
  if (driver_.cpu_prefetch && cpu_prefetcher_ != nullptr) {
    const PageMask one = PageMask::single(page) & there;
    return one | (cpu_prefetcher_->select({slot, one, block.host, there & ~one, thrashing, 0}) & there);
  }
  const auto pages = static_cast<unsigned>(driver_.cpu_fault_granularity.value / kPageSize);
  const unsigned first = page & ~(pages - 1);
  return there & PageMask::range(first, first + pages);
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

void MemoryManager::charge_op(ServiceWork& work, KernelOp op, std::uint64_t pages, SimTime time) {
  work.software.add(Stage::kKernel, time);
  kernel_->count(op, pages, time);
}

PageMask MemoryManager::movable(BlockSlot slot) const {
  if (kernel_ == nullptr) return PageMask::all();
  const BlockState& block = residency_.block(slot);
  switch (kernel_->rules().migration) {
    case DeviceMigration::kKernel:
      return address_space_.of_kinds(block.number, kernel_->rules().movable) & ~block.pinned;
    case DeviceMigration::kDriver:
      return library_pages(slot) & ~block.pinned;
    case DeviceMigration::kNone:
      break;
  }
  return {};
}

std::uint64_t MemoryManager::mirrors_of(BlockSlot slot, const PageMask& pages, std::optional<DeviceId> except) const {
  std::uint64_t count = 0;
  for (const auto& each : devices_) {
    if (except && each->id() == *except) continue;
    const DeviceBlock& theirs = residency_.device(each->id(), slot);
    if (((theirs.resident | theirs.remote_mapped) & pages).any()) ++count;
  }
  return count;
}

std::uint32_t MemoryManager::first_frame(DeviceId id, BlockSlot slot, const PageMask& pages) const {
  const unsigned page = pages.next(0);
  return page < kPagesPerBlock ? residency_.device(id, slot).frames.frame(page) : BlockFrames::kNone;
}

std::uint64_t MemoryManager::take_device_folios(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages) {
  DeviceBlock& mine = residency_.device(id, slot);
  if (!mine.folio) return pages.count();
  mine.folio = false;
  if (pages.full()) return 1;
  device(id).counters().split_folios += 1;
  residency_.block(slot).split = true;
  charge_op(work, KernelOp::kSplit, kPagesPerBlock, kernel_->spec().split_folio.value);
  return pages.count();
}

std::uint64_t MemoryManager::take_host_folios(ServiceWork& work, BlockSlot slot, const PageMask& pages,
                                              bool whole_chunk) {
  BlockState& block = residency_.block(slot);
  if (!kernel_->spec().thp || block.split) return pages.count();
  const bool may_stay = pages.full() && kernel_->design_spec().folio == FolioSize::k2MiB;
  if (may_stay && whole_chunk) return 1;
  if (may_stay) ++kernel_->failures().folios;
  block.split = true;
  charge_op(work, KernelOp::kSplit, kPagesPerBlock, kernel_->spec().split_folio.value);
  return pages.count();
}

void MemoryManager::plan_copy(ServiceWork& work, DeviceId id, LinkDirection direction, Cause cause,
                              const PageMask& pages) {
  const Bytes bytes = kPageSize * pages.count();
  work.copies[id.value()][index(direction)].bytes.add(cause, bytes);
  device(id).link().traffic(direction).add(cause, bytes);
}

bool MemoryManager::wants_root(DeviceId id, BlockSlot slot) const {
  if (!driver_.root_chunks || kernel_ != nullptr) return false;
  const DeviceBlock& mine = residency_.device(id, slot);
  if (mine.root != BlockFrames::kNone || mine.resident.any()) return false;
  // Also of a small allocation: its range has a whole 2 MiB.
  return devices_[id.value()]->memory().capacity_pages() >= kPagesPerBlock;
}

bool MemoryManager::has_room(DeviceId id, BlockSlot slot, std::uint64_t pages) const {
  if (pages == 0 || residency_.device(id, slot).root != BlockFrames::kNone) return true;
  const ChunkAllocator& memory = devices_[id.value()]->memory();
  const std::uint64_t leaving = devices_[id.value()]->leaving_pages();
  if (!wants_root(id, slot)) return memory.free_pages() >= pages + leaving;
  return memory.whole_chunks() > (leaving + kPagesPerBlock - 1) / kPagesPerBlock;
}

std::uint64_t MemoryManager::room(DeviceId id, BlockSlot slot) const {
  if (has_room(id, slot, kPagesPerBlock)) return kPagesPerBlock;
  if (wants_root(id, slot)) return 0;
  const std::uint64_t free = devices_[id.value()]->memory().free_pages();
  return free - std::min(free, devices_[id.value()]->leaving_pages());
}

std::uint64_t MemoryManager::resident_pages(DeviceId id) const {
  std::uint64_t pages = 0;
  for (std::uint32_t i = 0; i < residency_.blocks(); ++i) pages += residency_.device(id, BlockSlot(i)).resident.count();
  return pages;
}

PageMask MemoryManager::mapped_by_cpus(BlockSlot slot, const PageMask& pages) const {
  const AccessMasks& host = residency_.masks(0, slot);
  PageMask mapped = host.readable | host.writable;
  // What the host wrote before the trace began, it has mapped.
  if (options_.initial == InitialContents::kHostMemory) mapped |= ~residency_.populated(slot);
  return mapped & pages;
}

void MemoryManager::plan_to_host(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& asked, Cause cause,
                                 const PageMask& faulted) {
  Device& dev = device(id);
  plan_unstage(work, id, slot, asked & residency_.device(id, slot).copies);
  if (cause == Cause::kEviction) residency_.device(id, slot).evicted |= asked;
  const PageMask pages = asked & residency_.device(id, slot).resident;
  if (pages.none()) return;
  const std::uint64_t count = pages.count();
  const std::uint64_t folios = take_device_folios(work, id, slot, pages);
  const std::uint32_t frame = first_frame(id, slot, pages);
  if (folios == 1 && pages.full()) residency_.block(slot).split = false;
  remove_from_device(id, slot, pages, folios);
  place_on_host(slot, pages);
  residency_.block(slot).transit |= pages;
  tell_left(id, slot, pages, cause);
  if (cause == Cause::kEviction) {
    dev.counters().eviction_pages += count;
  } else if (cause == Cause::kPeer) {
    dev.counters().peer_pages += count;
  } else if (cause == Cause::kGup) {
    dev.counters().gup_pages += count;
  } else if (cause == Cause::kCow) {
    dev.counters().cow_pages += count;
  } else if (cause == Cause::kPrefetch) {
    dev.counters().called_back_pages += count;
  } else {
    dev.counters().cpu_fault_pages += count;
  }
  plan_way_to_host(work, id, slot, pages, cause, folios, frame, faulted);
  if (cause == Cause::kEviction && options_.map_remote_on_eviction) plan_remote_map(work, id, slot, pages);
}

void MemoryManager::plan_way_to_host(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages, Cause cause,
                                     std::uint64_t folios, std::uint32_t frame, const PageMask& faulted) {
  if (kernel_moves()) {
    MigrateRequest request;
    request.pages = pages.count();
    request.folios = folios;
    request.invalidated = 1 + mirrors_of(slot, pages, id);
    work.software.add(Stage::kKernel, kernel_->migrate(Direction::kToHost, request, folios, id, frame));
    charge_op(work, KernelOp::kFree, request.pages, kernel_->spec().page_free.value * folios);
  }
  plan_copy(work, id, LinkDirection::kToHost, cause, pages);
  plan_job(work, id, LinkDirection::kToHost, pages, faulted);
  const Departure why = cause == Cause::kCpuFault ? Departure::kCpuFault : Departure::kOther;
  thrashing_.on_left(id, slot, pages, why, engine_.now());
}

PageMask MemoryManager::plan_to_device(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& demand,
                                       const PageMask& prefetch, Cause cause) {
  Device& dev = device(id);
  const PageMask stays = residency_.device(id, slot).resident | residency_.block(slot).pinned;
  PageMask coming_demand = demand & ~stays;
  PageMask coming_prefetch = prefetch & ~stays & ~coming_demand;
  PageMask coming = coming_demand | coming_prefetch;
  // What was resident and asked for must not be pushed out to make room for the rest.
  make_room(work, id, coming.count(), slot, demand | prefetch);
  clip_to_room(id, slot, coming_demand, coming_prefetch);
  coming = coming_demand | coming_prefetch;
  if (coming.none()) return demand & residency_.device(id, slot).resident;

  DeviceCounters& counters = dev.counters();
  PageMask copied = coming & residency_.block(slot).host;
  PageMask direct;
  for (const auto& other : devices_) {
    if (other->id() == id) continue;
    plan_unstage(work, other->id(), slot, residency_.device(other->id(), slot).copies & coming);
    const PageMask there = residency_.device(other->id(), slot).resident & coming;
    if (there.none()) continue;
    if (peers_.between(id, other->id()) != nullptr) {
      direct |= there;
      continue;
    }
    // From device to device over the host, where no link joins both.
    const std::uint64_t folios = take_device_folios(work, other->id(), slot, there);
    const std::uint32_t frame = first_frame(other->id(), slot, there);
    remove_from_device(other->id(), slot, there, folios);
    other->counters().peer_pages += there.count();
    tell_left(other->id(), slot, there, Cause::kPeer);
    plan_way_to_host(work, other->id(), slot, there, Cause::kPeer, folios, frame);
    copied |= there;
  }
  // Those whose pages come over a link between devices still have them: they are told with all others, once.
  const std::uint64_t invalidated = mirrors_of(slot, coming, id);
  const std::uint64_t unmapped_runs = kernel_ == nullptr ? mapped_by_cpus(slot, coming & ~direct).runs() : 0;
  SimTime lookups;
  for (const auto& other : devices_) {
    const PageMask there = residency_.device(other->id(), slot).resident & direct;
    if (there.none()) continue;
    lookups += plan_from_peer(work, *peers_.between(id, other->id()), id, slot, there,
                              kernel_ == nullptr ? coming_demand : PageMask());
  }
  remove_from_host(slot, coming & residency_.block(slot).host);
  const PageMask fresh = coming & ~copied & ~direct;
  if (options_.initial == InitialContents::kHostMemory) {
    copied |= fresh;  // the host wrote these before the trace began
  } else {
    counters.zero_filled += fresh.count();
  }

  DeviceBlock& mine = residency_.device(id, slot);
  tell_comes(id, slot, coming_demand, cause);
  tell_comes(id, slot, coming_prefetch, Cause::kPrefetch);
  if (mine.evicted.any()) {
    if (cause == Cause::kDemand) counters.refaults += (coming_demand & mine.evicted).count();
    mine.evicted &= ~coming;
  }
  const bool whole_chunk = place_on_device(id, slot, coming);
  mine.prefetched |= coming_prefetch;
  residency_.block(slot).transit |= coming;
  work.arrivals.push_back({id, slot, coming});
  const std::uint64_t demand_pages = coming_demand.count();
  const std::uint64_t prefetch_pages = coming_prefetch.count();
  (cause == Cause::kDemand ? counters.demand_pages : counters.counter_pages) += demand_pages;
  counters.prefetch_pages += prefetch_pages;

  const std::uint64_t pages = demand_pages + prefetch_pages;
  std::uint64_t mappings = pages;
  if (kernel_moves()) {
    MigrateRequest request;
    request.pages = pages;
    request.folios = take_host_folios(work, slot, coming, whole_chunk);
    request.invalidated = invalidated;
    request.lookups = lookups;
    mine.folio = request.folios == 1 && coming.full();
    mappings = request.folios;
    work.software.add(Stage::kKernel, kernel_->migrate(Direction::kToDevice, request, 0, id, 0));
  }
  counters.allocated_folios += mine.folio ? 1 : pages;
  work.software.add(Stage::kPage, page_time() * mappings + driver_.unmap_time.value * unmapped_runs);
  for (std::uint64_t run = 0; run < unmapped_runs; ++run) {
    work.software.add(Stage::kPage, host_.shootdown(host_.busy_cpus()));
  }
  plan_copy(work, id, LinkDirection::kToDevice, cause, copied & coming_demand);
  if (prefetch_pages != 0) plan_copy(work, id, LinkDirection::kToDevice, Cause::kPrefetch, copied & coming_prefetch);
  // The production driver copies what faulted first, then what was prefetched beside it (uvm_va_block_make_resident).
  plan_job(work, id, LinkDirection::kToDevice, copied, kernel_ == nullptr ? coming_demand : PageMask());
  return coming | (demand & mine.resident);
}

void MemoryManager::plan_job(ServiceWork& work, DeviceId id, LinkDirection direction, const PageMask& pages,
                             const PageMask& first) {
  DeviceCounters& counters = device(id).counters();
  add_job(work.copies[id.value()][index(direction)], device(id).dma(direction).time(), pages, first,
          direction == LinkDirection::kToDevice ? &counters.piece_bytes_to_device : &counters.piece_bytes_to_host);
}

SimTime MemoryManager::plan_from_peer(ServiceWork& work, PeerLink& peer, DeviceId id, BlockSlot slot,
                                      const PageMask& pages, const PageMask& first) {
  const DeviceId from = peer.other(id);
  const LinkDirection direction = peer.towards(id);
  const std::uint64_t folios = take_device_folios(work, from, slot, pages);
  SimTime lookups;
  if (kernel_moves()) {
    lookups = kernel_->look_up(LookupReason::kCollect, from, first_frame(from, slot, pages), folios);
    charge_op(work, KernelOp::kFree, pages.count(), kernel_->spec().page_free.value * folios);
  }
  remove_from_device(from, slot, pages, folios);
  device(from).counters().direct_pages += pages.count();
  tell_left(from, slot, pages, Cause::kPeer);

  work.peer_copies.resize(peers_.size());
  CopyJob& job = work.peer_copies[peer.index()][index(direction)];
  const Bytes bytes = kPageSize * pages.count();
  job.bytes.add(Cause::kPeer, bytes);
  peer.link().traffic(direction).add(Cause::kPeer, bytes);
  add_job(job, peer.dma(direction).time(), pages, first, &device(id).counters().piece_bytes_to_device);
  thrashing_.on_left(from, slot, pages, Departure::kOther, engine_.now());
  return lookups;
}

PeerLink* MemoryManager::peer_of(DeviceId id, BlockSlot slot, unsigned page) const {
  if (peers_.size() == 0 || residency_.block(slot).host.test(page)) return nullptr;
  const std::optional<DeviceId> there = device_of(slot, page);
  return there ? peers_.between(id, *there) : nullptr;
}

PageMask MemoryManager::peer_pages(DeviceId id, BlockSlot slot) const {
  PageMask pages;
  if (peers_.size() == 0) return pages;
  for (const auto& other : devices_) {
    if (peers_.between(id, other->id()) == nullptr) continue;
    const DeviceBlock& theirs = residency_.device(other->id(), slot);
    pages |= theirs.resident & ~theirs.copies;
  }
  return pages;
}

void MemoryManager::plan_remote_map(ServiceWork& work, DeviceId id, BlockSlot slot, const PageMask& pages) {
  // Pages in another device's memory come to the host first, but those that a link between both leads to, and those
  // that somebody holds there (coherent memory).
  const PageMask stay = residency_.block(slot).pinned | peer_pages(id, slot);
  if (kernel_ == nullptr) plan_drop_duplicates(work, slot, pages, id);  // or the device could write past them
  for (const auto& other : devices_) {
    const DeviceBlock& theirs = residency_.device(other->id(), slot);
    const PageMask there = theirs.resident & ~theirs.copies & ~stay & pages;
    if (other->id() != id && there.any()) plan_to_host(work, other->id(), slot, there, Cause::kPeer);
  }
  place_on_host(slot, pages & ~residency_.populated(slot));
  DeviceBlock& mine = residency_.device(id, slot);
  const PageMask fresh = pages & (residency_.block(slot).host | stay) & ~mine.resident & ~mine.remote_mapped;
  const PageMask before = mine.resident | mine.remote_mapped;
  mine.remote_mapped |= fresh;
  Device& dev = device(id);
  dev.page_table().update(residency_.block(slot).number, before, before | fresh);
  dev.counters().remote_pages += fresh.count();
  work.software.add(Stage::kPage,
                    (kernel_ != nullptr ? driver_.page_time_hmm : driver_.page_time).value * fresh.count());
}

void MemoryManager::pass_time(ServiceWork& work) {
  const SimTime start = engine_.now();
  engine_.sleep_for(work.software.total());
  if (options_.observer != nullptr && work.software.total() > SimTime::zero()) {
    options_.observer->on_software(work.owner, start, work.software);
  }
  const auto copy = [&](LinkDirection direction) {
    for (std::size_t d = 0; d < work.copies.size(); ++d) {
      devices_[d]->dma(direction).copy(work.copies[d][index(direction)], work.owner);
    }
  };
  copy(LinkDirection::kToHost);
  // What leaves for the host may make room for what comes from a peer, as for what comes from the host.
  for (std::size_t p = 0; p < work.peer_copies.size(); ++p) {
    for (const LinkDirection direction : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
      peers_[p].dma(direction).copy(work.peer_copies[p][index(direction)], work.owner);
    }
  }
  copy(LinkDirection::kToDevice);
  for (const BlockSlot slot : work.locked) residency_.block(slot).transit = PageMask();
  for (const ServiceWork::Arrival& each : work.arrivals) {
    thrashing_.on_arrived(each.device, each.block, each.pages, engine_.now());
  }
  work.arrivals.clear();
  software_ += work.software;
  work.software = StageTimes();
  work.copies.assign(devices_.size(), {});
  work.peer_copies.clear();
}

void MemoryManager::tell_comes(DeviceId id, BlockSlot slot, const PageMask& pages, Cause cause) const {
  if (options_.observer == nullptr || pages.none()) return;
  const PageMask again = cause == Cause::kDemand ? pages & residency_.device(id, slot).evicted : PageMask();
  options_.observer->on_to_device(id, residency_.block(slot).number, pages, cause, again.count(), engine_.now());
}

void MemoryManager::tell_left(DeviceId id, BlockSlot slot, const PageMask& pages, Cause cause) const {
  if (options_.observer == nullptr || pages.none()) return;
  options_.observer->on_from_device(id, residency_.block(slot).number, pages, cause, engine_.now());
}

void MemoryManager::tell_resident(std::size_t processor, BlockSlot slot, const PageMask& before,
                                  const PageMask& after) const {
  if (options_.observer == nullptr) return;
  options_.observer->on_resident(processor, residency_.block(slot).number, after & ~before, before & ~after,
                                 engine_.now());
}

void MemoryManager::tell_call(std::uint32_t owner, std::string_view what, SimTime start) const {
  if (options_.observer != nullptr) options_.observer->on_call(owner, what, start, engine_.now());
}

void MemoryManager::release(ServiceWork& work) {
  for (const BlockSlot slot : work.locked) residency_.block(slot).owner = 0;
  locked_blocks_ -= work.locked.size();
  work.locked.clear();
}

void MemoryManager::unlock(ServiceWork& work) {
  if (work.locked.empty()) return;
  release(work);
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
    if (had && (after & ~before).next(first) < first + pages) {
      policy.on_migration(chunk_of(slot, first, pages), engine_.now());
    }
    page = changed.next(first + pages);
  }
}

bool MemoryManager::place_on_device(DeviceId id, BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return false;
  Device& dev = device(id);
  DeviceBlock& mine = residency_.device(id, slot);
  const auto take = [&](ChunkSize size, unsigned first) {
    const auto frame = dev.memory().allocate(size);
    if (!frame) return false;
    mine.frames.set(first, pages_of(size), *frame, frame_pool_);
    return true;
  };
  if (wants_root(id, slot)) mine.root = dev.memory().allocate(ChunkSize::k2MiB).value_or(BlockFrames::kNone);
  const bool rooted = mine.root != BlockFrames::kNone;
  if (rooted) {
    pages.for_each_run(
        [&](unsigned first, unsigned end) { mine.frames.set(first, end - first, mine.root + first, frame_pool_); });
  }
  const bool whole_chunk = !rooted && pages.full() && take(ChunkSize::k2MiB, 0);
  if (!rooted && !whole_chunk) {
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
  tell_resident(id.value() + 1, slot, before, mine.resident);
  notify_chunks(id, slot, before, mine.resident);
  wake_reserve(id);
  return whole_chunk;
}

void MemoryManager::remove_from_device(DeviceId id, BlockSlot slot, const PageMask& pages, std::uint64_t folios) {
  if (pages.none()) return;
  Device& dev = device(id);
  DeviceBlock& mine = residency_.device(id, slot);
  const bool rooted = mine.root != BlockFrames::kNone;
  mine.frames.take(pages, mine.resident & ~pages, frame_pool_, [&dev, rooted](std::uint32_t frame, unsigned count) {
    if (!rooted) dev.memory().free(frame, count);
  });
  if (rooted && pages.contains(mine.resident)) {
    dev.memory().free(mine.root, kPagesPerBlock);
    mine.root = BlockFrames::kNone;
  }
  dev.counters().freed_folios += folios;
  forget_on_device(id, slot, pages);
}

void MemoryManager::forget_on_device(DeviceId id, BlockSlot slot, const PageMask& pages) {
  Device& dev = device(id);
  DeviceBlock& mine = residency_.device(id, slot);
  const PageMask before = mine.resident;
  const PageMask mapped = before | mine.remote_mapped;
  mine.resident &= ~pages;
  mine.prefetched &= ~pages;
  AccessMasks& masks = residency_.masks(id.value() + 1, slot);
  masks.readable &= ~pages;
  masks.writable &= ~pages;
  mine.copies &= ~pages;
  dev.page_table().update(residency_.block(slot).number, mapped, mapped & ~pages);
  drop_remote_mappings(slot, pages & ~residency_.block(slot).host);
  tell_resident(id.value() + 1, slot, before, mine.resident);
  notify_chunks(id, slot, before, mine.resident);
}

void MemoryManager::place_on_host(BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  BlockState& block = residency_.block(slot);
  host_.hold(pages.count());
  host_.page_table().update(block.number, block.host, block.host | pages);
  tell_resident(0, slot, block.host, block.host | pages);
  block.host |= pages;
}

void MemoryManager::remove_from_host(BlockSlot slot, const PageMask& pages) {
  if (pages.none()) return;
  BlockState& block = residency_.block(slot);
  host_.release(pages.count());
  host_.page_table().update(block.number, block.host, block.host & ~pages);
  tell_resident(0, slot, block.host, block.host & ~pages);
  block.host &= ~pages;
  AccessMasks& masks = residency_.masks(0, slot);
  masks.readable &= ~pages;
  masks.writable &= ~pages;
  drop_remote_mappings(slot, pages);
}

void MemoryManager::drop_remote_mappings(BlockSlot slot, const PageMask& pages) {
  // A page that leaves its place, or is replaced there, takes the devices' mappings of it along.
  for (const auto& dev : devices_) unmap_remote(dev->id(), slot, pages);
}

void MemoryManager::retry_mirror(ServiceWork& work) {
  ++kernel_->failures().mirror;
  charge_op(work, KernelOp::kRetry, 0, kernel_->spec().notifier.retry.value);
}

}  // namespace farfault
