#include "models/driver/device_driver.h"

#include <algorithm>

#include "models/driver/chunks.h"
#include "models/driver/first_pages.h"
#include "models/observer.h"

namespace farfault {
namespace {

/// What is left of `room` beside `taken`.
std::uint64_t left_of(std::uint64_t room, std::uint64_t taken) { return room - std::min(room, taken); }

}  // namespace

/// What a placement policy sees when its period is over.
class DeviceDriver::PeriodView final : public PlacementView {
 public:
  explicit PeriodView(DeviceDriver& driver) : driver_(driver) {}

  std::size_t blocks() const override { return residency().blocks(); }
  PageMask resident(BlockSlot block) const override { return residency().device(id(), block).resident; }
  PageMask remote(BlockSlot block) const override { return residency().device(id(), block).remote_mapped; }
  std::uint64_t capacity_pages() const override { return driver_.device_.memory().capacity_pages(); }
  PageMask unmap(BlockSlot block, const PageMask& pages) override {
    if (residency().block(block).owner != 0) return {};
    const PageMask gone = pages & remote(block);
    unmapped_ += gone.count();
    driver_.memory_.unmap_remote(id(), block, gone);
    return gone;
  }
  void bring(BlockSlot block, const PageMask& pages) override {
    driver_.add_ahead(residency().block(block).number, pages, Cause::kAccessCounter);
  }

  /// Pages that unmap() has taken away since the last call.
  std::uint64_t take_unmapped() { return std::exchange(unmapped_, 0); }

 private:
  const ResidencyMap& residency() const { return driver_.memory_.residency(); }
  DeviceId id() const { return driver_.device_.id(); }

  DeviceDriver& driver_;
  std::uint64_t unmapped_ = 0;
};

DeviceDriver::DeviceDriver(engine::Engine& engine, MemoryManager& memory, Device& device, PlacementPolicy& placement,
                           Prefetcher& prefetcher, ThrashingGuard& thrashing, const DriverSpec& spec,
                           std::uint32_t owner)
    : engine_(engine),
      memory_(memory),
      device_(device),
      placement_(placement),
      prefetcher_(prefetcher),
      thrashing_(thrashing),
      spec_(spec),
      work_(owner, memory.residency().device_count()),
      became_idle_(engine),
      gave_way_(engine) {}

void DeviceDriver::run() {
  for (;;) {
    wait_for_faults();
    std::uint64_t batches = 0;
    std::uint64_t throttled = 0;
    for (bool more = true; more;) {
      const bool faults = goes_on(batches, throttled);
      if (faults) {
        hold_address_space();
        serve_batch();
        if (spec_.replay != ReplayPolicy::kOnce) release_address_space();
        if (spec_.replay == ReplayPolicy::kBatch || spec_.replay == ReplayPolicy::kBatchFlush) replay();
        ++batches;
        if (throttled_until_ != SimTime::max()) ++throttled;
      }
      if (device_.has_notifications()) {
        if (faults) give_way();
        serve_notifications();
      }
      // Accesses that were served go before it: they wait for their replay.
      const bool replayed = spec_.replay != ReplayPolicy::kOnce || batches == 0;
      if (replayed && !goes_on(batches, throttled) && (!ahead_.empty() || foresee())) {
        if (faults) give_way();
        // Whoever was let go first may have faulted, or wait for the driver to be idle.
        if (!ahead_.empty() && !goes_on(batches, throttled)) bring_ahead();
      }
      more = goes_on(batches, throttled) || device_.has_notifications() || (replayed && !ahead_.empty());
      if (more) give_way();
    }
    release_address_space();
    if (spec_.replay == ReplayPolicy::kOnce) {
      batches != 0 ? replay() : memory_.unlock(work_);
      if (has_work()) give_way();
    }
  }
}

bool DeviceDriver::goes_on(std::uint64_t batches, std::uint64_t throttled) const {
  const FaultBuffer& buffer = device_.fault_buffer();
  return batches < spec_.batches_per_service.value && throttled < spec_.throttled_batches.value && !buffer.empty() &&
         buffer.earliest() <= engine_.now();
}

void DeviceDriver::wait_until_idle() {
  for (;;) {
    ahead_.clear();
    foresees_ = false;
    if (!busy_ && !has_work()) return;
    became_idle_.wait();
  }
}

void DeviceDriver::look_ahead() {
  if (!prefetcher_.wants_future() || foresees_) return;
  foresees_ = true;
  device_.fault_raised().notify_all();
}

bool DeviceDriver::foresee() {
  if (!foresees_) return false;
  // One is on its way out while one is on its way in.
  const std::uint64_t chunks =
      std::max<std::uint64_t>(2, device_.memory().capacity_pages() / chunk_pages(device_.eviction())) - 1;
  if (const std::optional<BlockPages> next = prefetcher_.foreseen(device_.id(), chunks)) {
    ahead_.push_back({next->block, next->pages, Cause::kPrefetch, true});
    return true;
  }
  foresees_ = false;
  return false;
}

void DeviceDriver::keep_period(SimTime period) {
  PeriodView view(*this);
  for (;;) {
    engine_.sleep_for(period);
    placement_.on_period(device_.id(), view, engine_.now());
    // Whoever takes mappings away is at it for as long as the driver is at making them.
    const SimTime page_time = (spec_.memory == MemoryBack::kHmm ? spec_.page_time_hmm : spec_.page_time).value;
    engine_.sleep_for(page_time * view.take_unmapped());
  }
}

void DeviceDriver::add_ahead(BlockNumber block, const PageMask& pages, Cause cause) {
  if (ahead_.size() >= kMaxAhead) {
    forgotten_ahead_ += pages.count();
    return;
  }
  if (ahead_.empty()) device_.fault_raised().notify_all();
  ahead_.push_back({block, pages, cause});
}

void DeviceDriver::add_ahead(const PageRange& range) {
  // Beyond 2^48 there is no user memory.
  const std::uint64_t limit = BlockTable::kBlocks * kPagesPerBlock;
  const std::uint64_t end = range.first + std::min(range.pages, limit - std::min(range.first, limit));
  for (std::uint64_t page = range.first; page < end;) {
    const std::uint64_t base = page / kPagesPerBlock * kPagesPerBlock;
    const std::uint64_t block_end = std::min<std::uint64_t>(end, base + kPagesPerBlock);
    if (ahead_.size() >= kMaxAhead) {
      forgotten_ahead_ += end - page;
      return;
    }
    add_ahead(BlockNumber(base / kPagesPerBlock),
              PageMask::range(static_cast<unsigned>(page - base), static_cast<unsigned>(block_end - base)),
              Cause::kPrefetch);
    page = block_end;
  }
}

void DeviceDriver::bring_ahead() {
  const Ahead ahead = ahead_.front();
  ahead_.pop_front();
  if (!ahead.foreseen) {
    plan_ahead(ahead);
  } else {
    // Many small pieces at once, those of a block together, or the link would wait for one after the other; but no
    // large part of the memory, whose pages would be out of reach until all are there. To know of them costs nothing.
    const std::uint64_t most = std::min<std::uint64_t>(kPagesPerBlock, device_.memory().capacity_pages() / 8);
    std::vector<Ahead> together = {ahead};
    for (std::uint64_t pages = ahead.pages.count(); pages < most && foresee(); ahead_.pop_front()) {
      const Ahead& next = ahead_.front();
      pages += next.pages.count();
      const auto same = std::find_if(together.begin(), together.end(),
                                     [&next](const Ahead& each) { return each.block == next.block; });
      same == together.end() ? together.push_back(next) : static_cast<void>(same->pages |= next.pages);
    }
    const StageTimes software = work_.software;
    for (const Ahead& each : together) plan_ahead(each);
    work_.software = software;
  }
  memory_.pass_time(work_);
  memory_.unlock(work_);
  release_address_space();
}

void DeviceDriver::plan_ahead(const Ahead& ahead) {
  const DeviceId id = device_.id();
  const PageMask mapped = memory_.address_space().mapped(ahead.block);
  const std::optional<BlockSlot> known = memory_.residency().find(ahead.block);
  if (!known && ((!ahead.foreseen && !mapped.intersects(ahead.pages)) || memory_.residency().full())) return;
  const BlockSlot slot = known ? *known : memory_.residency().slot(ahead.block);
  hold_address_space();
  lock(slot);
  const DeviceBlock& mine = memory_.residency().device(id, slot);
  PageMask pages = ahead.pages & memory_.movable(slot) & ~mine.resident & ~thrashing_.thrashing(slot, engine_.now());
  if (!ahead.foreseen) pages &= mapped | memory_.residency().populated(slot);
  if (ahead.cause == Cause::kPrefetch && !placement_.prefetch_evicts()) {
    pages = first_of(pages, memory_.room(id, slot));
  }
  if (pages.none()) return;
  work_.software.add(Stage::kBlock, spec_.block_time.value);
  const bool prefetch = ahead.cause == Cause::kPrefetch;
  if (prefetch && spec_.memory == MemoryBack::kManaged && placement_.heeds_advice()) {
    const PageMask shared = pages & memory_.advice().read_mostly(ahead.block);
    if (shared.any()) memory_.plan_duplicate(work_, id, slot, PageMask(), shared);
    pages &= ~shared;
  }
  memory_.plan_to_device(work_, id, slot, prefetch ? PageMask() : pages, prefetch ? pages : PageMask(), ahead.cause);
}

void DeviceDriver::hold_address_space() {
  if (holds_address_space_ || memory_.mmap_lock() == nullptr) return;
  memory_.mmap_lock()->lock_shared();
  holds_address_space_ = true;
}

void DeviceDriver::release_address_space() {
  if (!holds_address_space_) return;
  memory_.mmap_lock()->unlock_shared();
  holds_address_space_ = false;
}

void DeviceDriver::wait_for_faults() {
  FaultBuffer& buffer = device_.fault_buffer();
  busy_ = false;
  if (!has_work()) became_idle_.notify_all();
  while (!has_work()) device_.fault_raised().wait();
  busy_ = true;
  if (!is_called()) return;  // its own work, for which nothing interrupts it
  if (!device_.has_notifications() && !buffer.empty()) engine_.sleep_until(buffer.earliest());
  engine_.sleep_for(spec_.interrupt_latency.value);
  ++device_.counters().interrupts;
}

void DeviceDriver::sort_batch() {
  // By address, and by arrival where the address is the same: the driver sorts with its block tree as key, and the
  // first entry of a page is the one that is served.
  order_.clear();
  for (const Fault& fault : batch_) {
    const std::uint64_t block = memory_.residency().block(fault.block).number.value();
    order_.emplace_back(block * kPagesPerBlock + fault.page, static_cast<std::uint32_t>(order_.size()));
  }
  std::sort(order_.begin(), order_.end());
  sorted_.clear();
  batch_duplicates_ = 0;
  std::uint64_t last = 0;
  for (const auto& [address, arrival] : order_) {
    if (!sorted_.empty() && address == last) {
      sorted_.back().write = sorted_.back().write || batch_[arrival].write;
      ++device_.counters().duplicate;
      ++batch_duplicates_;
      continue;
    }
    sorted_.push_back(batch_[arrival]);
    last = address;
  }
  batch_.swap(sorted_);

  groups_.clear();
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (groups_.empty() || groups_.back().block != batch_[i].block) groups_.push_back({batch_[i].block, i, i});
    groups_.back().end = i + 1;
  }
}

void DeviceDriver::serve_batch() {
  DeviceCounters& counters = device_.counters();
  const SimTime start = engine_.now();
  fetched_ = start;
  device_.fault_buffer().fetch(fetched_, spec_.batch_size.value, batch_);
  batch_entries_ = batch_.size();
  const std::size_t waiting = device_.fault_buffer().size();
  tell_queue();
  work_.software.add(Stage::kBatch, spec_.batch_time.value + spec_.fault_time.value * batch_.size());
  if (!started_) work_.software.add(Stage::kBatch, spec_.process_start_time.value);
  started_ = true;
  ++counters.batches;
  counters.batch_faults.add(batch_.size());
  sort_batch();
  counters.batch_blocks.add(groups_.size());
  const std::uint64_t answered = counters.serviced + counters.duplicate;
  throttled_until_ = SimTime::max();
  const std::uint64_t duplicates = counters.duplicate;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (spec_.replay == ReplayPolicy::kBlock && i != 0) give_way();
    serve_block(groups_[i]);
    if (i + 1 == groups_.size()) unreplayed_.push_back(start);
    if (spec_.replay == ReplayPolicy::kBlock) replay();
  }
  // Blocks stay locked until the replay, so that the accesses it lets through come before whoever waits to take the
  // pages away: two devices that want one page would pass it back and forth for ever.
  memory_.pass_time(work_);
  batch_duplicates_ += counters.duplicate - duplicates;
  if (observer_ != nullptr) {
    observer_->on_batch({device_.id(), work_.owner, counters.batches - 1, batch_entries_, batch_duplicates_,
                         groups_.size(), waiting, start, engine_.now()});
  }
  if (counters.serviced + counters.duplicate != answered) return;
  if (throttled_until_ != SimTime::max()) return wait_out_nap();
  // Nothing came, since others hold what could leave. Retrying before one of them is done would not help.
  memory_.unlock(work_);
  if (memory_.any_locked()) memory_.wait_for_unlock();
}

void DeviceDriver::lock(BlockSlot slot) {
  while (!memory_.try_lock(slot, work_)) {
    if (memory_.kernel() != nullptr) ++memory_.kernel()->failures().locked;
    // Nobody waits with a lock, or two drivers could wait for each other.
    memory_.carry_out(work_);
    if (!memory_.try_lock(slot, work_)) memory_.wait_for_unlock();
  }
}

void DeviceDriver::serve_block(const Group& group) {
  lock(group.block);
  DeviceCounters& counters = device_.counters();
  const DeviceId id = device_.id();
  const BlockState& block = memory_.residency().block(group.block);
  DeviceBlock& mine = memory_.residency().device(id, group.block);

  PageMask written;
  for (std::size_t i = group.first; i < group.end; ++i) {
    if (batch_[i].write) written.set(batch_[i].page);
  }
  if (written.intersects(block.shared)) {
    const std::uint32_t before = memory_.invalidations(group.block);
    memory_.plan_break_sharing(work_, group.block, written);
    // Its own invalidations do not outrun what it served of the block before.
    for (auto& [slot, invalidations] : served_) {
      if (slot == group.block && invalidations == before) invalidations = memory_.invalidations(slot);
    }
  }

  const PageMask populated = memory_.residency().populated(group.block);
  PageMask faulted;
  PageMask migrate;
  PageMask remote;
  PageMask duplicate;
  PageMask collapse;
  PageMask once;
  std::size_t fresh = 0;
  for (std::size_t i = group.first; i < group.end; ++i) {
    const Fault& fault = batch_[i];
    const bool becomes_original = fault.write && memory_.is_duplicate(id, group.block, fault.page);
    if (!becomes_original && (mine.resident.test(fault.page) || mine.remote_mapped.test(fault.page))) {
      // Came meanwhile, beside another fault: nothing is left to do but to replay.
      ++counters.duplicate;
      awaiting_replay_.push_back(fault.raised);
      continue;
    }
    faulted.set(fault.page);
    batch_[group.first + fresh++] = fault;
    if (becomes_original) {
      collapse.set(fault.page);
      continue;
    }
    switch (place(fault, populated, (migrate | duplicate).count())) {
      case Placement::kIfWorth:  // place() has decided
      case Placement::kMigrate:
        migrate.set(fault.page);
        break;
      case Placement::kMapOnce:
        once.set(fault.page);
        [[fallthrough]];
      case Placement::kMapRemote:
        remote.set(fault.page);
        break;
      case Placement::kDuplicate:
        duplicate.set(fault.page);
        break;
    }
  }
  if (faulted.none()) return;

  work_.software.add(Stage::kBlock, spec_.block_time.value);
  if (!mine.served && spec_.memory == MemoryBack::kManaged) {
    work_.software.add(Stage::kBlock, spec_.new_block_time.value);
  }
  mine.served = true;

  const PageMask movable = memory_.movable(group.block);
  count_kept(block, migrate & ~movable);
  remote |= migrate & ~movable;
  migrate &= movable;
  const Throttle throttle = thrashing_.throttle(id, group.block, migrate, engine_.now());
  const PageMask throttled = throttle.pages & migrate;
  if (throttled.any()) throttled_until_ = std::min(throttled_until_, throttle.until);
  migrate &= ~throttled;
  const PageMask held = thrashing_.hold(id, group.block, migrate, engine_.now()) & migrate;
  migrate &= ~held;
  remote |= held;

  PageMask accessible = collapse;
  memory_.plan_collapse(work_, id, group.block, collapse);
  if ((migrate | duplicate).any()) {
    const PageMask came = bring(group.block, migrate, duplicate, faulted, movable);
    accessible |= came;
    if (came.none() && memory_.room_is_lost(work_)) {
      // What holds the memory leaves for no fault: references, and children of a fork.
      memory_.kernel()->failures().out_of_memory += migrate.count();
      remote |= migrate;
    }
  }
  if (remote.any()) {
    memory_.plan_remote_map(work_, id, group.block, remote);
    accessible |= remote;
    if (held.any()) let_go_later(group.block, held);
    mine.once |= once & mine.remote_mapped;
  }

  for (std::size_t i = group.first; i < group.first + fresh; ++i) {
    const Fault& fault = batch_[i];
    if (accessible.test(fault.page)) {
      ++counters.serviced;
      work_.software.add(Stage::kService, spec_.service_time.value);
      awaiting_replay_.push_back(fault.raised);
    } else {
      ++(throttled.test(fault.page) ? counters.throttled : counters.dropped);
    }
  }
  served_.emplace_back(group.block, memory_.invalidations(group.block));
}

Placement DeviceDriver::place(const Fault& fault, const PageMask& populated, std::uint64_t planned) {
  const DeviceId id = device_.id();
  const BlockState& block = memory_.residency().block(fault.block);
  PlacementFault seen{id, fault.block, fault.page, fault.write, populated.test(fault.page)};
  seen.room = memory_.has_room_beside(id, fault.block, planned);
  seen.elsewhere = seen.populated && !block.host.test(fault.page);
  seen.used = 1 - device_.free_share();
  if (placement_.heeds_advice()) seen.advice = memory_.advice().of(block.number, fault.page, id);
  Placement placement = placement_.on_fault(seen, engine_.now());
  if (placement == Placement::kIfWorth) {
    EvictionPolicy& eviction = device_.eviction();
    const bool kept = eviction.keeps_all_before(chunk_of(fault.block, fault.page, chunk_pages(eviction)));
    placement = kept ? Placement::kMapOnce : Placement::kMigrate;
  }
  const bool may_share = spec_.memory == MemoryBack::kManaged && !fault.write;
  return placement == Placement::kDuplicate && !may_share ? Placement::kMigrate : placement;
}

PageMask DeviceDriver::bring(BlockSlot slot, const PageMask& migrate, const PageMask& duplicate,
                             const PageMask& faulted, const PageMask& movable) {
  const DeviceId id = device_.id();
  const BlockState& block = memory_.residency().block(slot);
  const DeviceBlock& mine = memory_.residency().device(id, slot);
  const PageMask mapped = memory_.address_space().mapped(block.number) | memory_.residency().populated(slot);
  const PageMask thrashing = thrashing_.thrashing(slot, engine_.now());
  const PageMask coming = migrate | duplicate;
  const PageMask beside = thrashing_.beside(id, slot, coming, engine_.now());
  const PageMask eligible = mapped & movable & ~mine.resident & ~faulted & ~thrashing & beside;
  PrefetchRequest request{slot, coming, mine.resident, eligible, thrashing, id.value() + std::size_t{1}, block.number};
  const std::uint64_t first = block.number.value() * kPagesPerBlock + coming.next(0);
  if (memory_.address_space().ranges() != 0) {
    const AddressSpace::Piece piece = memory_.address_space().piece_at(VirtualAddress(first << kPageShift));
    request.allocation = {piece.first, piece.end - piece.first};
  }
  PageMask wanted = prefetcher_.select(request) & eligible;
  if (!placement_.prefetch_evicts()) wanted = first_of(wanted, left_of(memory_.room(id, slot), coming.count()));
  ranges_.clear();
  prefetcher_.ahead(request, ranges_);
  PageMask shared;
  if (duplicate.any()) {
    // A policy that duplicates without advice means all of what comes on account of a duplicate.
    if (placement_.heeds_advice()) {
      shared = wanted & memory_.advice().read_mostly(block.number);
    } else if (migrate.none()) {
      shared = wanted;
    }
  }
  PageMask came;
  if ((migrate | (wanted & ~shared)).any()) {
    came |= memory_.plan_to_device(work_, id, slot, migrate, wanted & ~shared) & migrate;
  }
  if (duplicate.any()) came |= memory_.plan_duplicate(work_, id, slot, duplicate, shared) & duplicate;
  for (const PageRange& range : ranges_) add_ahead(range);
  return came;
}

void DeviceDriver::serve_notifications() {
  AccessCounters& counters = *device_.access_counters();
  counters.fetch(counters.setup().batch, regions_);
  work_.software.add(Stage::kBatch, spec_.batch_time.value + spec_.notification_time.value * regions_.size());
  std::sort(regions_.begin(), regions_.end());
  hold_address_space();
  for (const std::uint64_t region : regions_) {
    const std::uint64_t first = region << (counters.shift() - kPageShift);
    const std::uint64_t end = (region + 1) << (counters.shift() - kPageShift);
    for (std::uint64_t page = first; page < end;) {
      const std::uint64_t block = page / kPagesPerBlock;
      const std::uint64_t block_end = std::min(end, (block + 1) * kPagesPerBlock);
      const auto from = static_cast<unsigned>(page % kPagesPerBlock);
      const PageMask pages = PageMask::range(from, from + static_cast<unsigned>(block_end - page));
      if (const auto slot = memory_.residency().find(BlockNumber(block))) bring_counted(*slot, pages);
      page = block_end;
    }
    counters.clear(region);
  }
  memory_.pass_time(work_);
  if (spec_.replay == ReplayPolicy::kOnce) return;  // what faults have locked stays locked until their replay
  memory_.unlock(work_);
  release_address_space();
}

void DeviceDriver::bring_counted(BlockSlot slot, const PageMask& region) {
  const DeviceId id = device_.id();
  const auto remote = [&] {
    return memory_.residency().device(id, slot).remote_mapped &
           (memory_.residency().block(slot).host | memory_.peer_pages(id, slot)) & region;
  };
  if (remote().none()) return;
  lock(slot);
  // Whoever had the block may have moved its pages.
  const CountedPages counted{id, slot, remote(), 1 - device_.free_share()};
  PageMask pages = placement_.on_notification(counted, engine_.now()) & remote() & memory_.movable(slot);
  pages &= ~thrashing_.throttle(id, slot, pages, engine_.now()).pages;
  pages &= ~thrashing_.hold(id, slot, pages, engine_.now());
  if (pages.none()) return;
  work_.software.add(Stage::kBlock, spec_.block_time.value);
  memory_.plan_to_device(work_, id, slot, pages, PageMask(), Cause::kAccessCounter);
}

void DeviceDriver::count_kept(const BlockState& block, const PageMask& stay) {
  Kernel* const kernel = memory_.kernel();
  if (stay.none() || kernel == nullptr || kernel->rules().migration == DeviceMigration::kNone) return;
  const std::uint64_t pinned = (stay & block.pinned).count();
  kernel->failures().pinned += pinned;
  kernel->failures().kind += stay.count() - pinned;
}

void DeviceDriver::let_go_later(BlockSlot slot, const PageMask& held) {
  std::vector<std::pair<SimTime, PageMask>> ends;  // mostly one date
  held.for_each([&](unsigned page) {
    const PageMask one = PageMask::single(page);
    const std::optional<SimTime> end = thrashing_.hold_ends(device_.id(), slot, one, engine_.now());
    if (!end) return;
    if (ends.empty() || ends.back().first != *end) ends.emplace_back(*end, PageMask());
    ends.back().second |= one;
  });
  for (const auto& [end, pages] : ends) {
    engine_.at(end, [this, slot, gone = pages] { memory_.unmap_remote(device_.id(), slot, gone); });
  }
}

void DeviceDriver::wait_out_nap() {
  if (engine_.now() != throttled_at_) throttled_batches_ = 0;
  throttled_at_ = engine_.now();
  if (++throttled_batches_ <= spec_.throttled_batches.value) return;
  memory_.unlock(work_);
  release_address_space();
  engine_.at(throttled_until_, [this] { device_.fault_raised().notify_all(); });
  device_.fault_raised().wait();
}

void DeviceDriver::give_way() {
  engine_.at(engine_.now(), [this] { gave_way_.notify_all(); });
  gave_way_.wait();
}

bool DeviceDriver::flush_buffer() {
  // The driver drops the entries up to the last write position that it has read, unless so many were duplicates that it
  // looks where the device writes by now.
  const double ratio = spec_.update_put_ratio.value;
  const bool update = static_cast<double>(batch_duplicates_) > ratio * static_cast<double>(batch_entries_);
  const std::size_t dropped = device_.fault_buffer().flush(update ? engine_.now() : fetched_);
  device_.counters().dropped += dropped;
  tell_queue();
  return dropped != 0;
}

void DeviceDriver::tell_queue() const {
  if (observer_ == nullptr) return;
  observer_->on_fault_queue(device_.id(), device_.fault_buffer().size(), engine_.now());
}

void DeviceDriver::replay() {
  work_.software.add(Stage::kReplay, spec_.replay_time.value);
  memory_.pass_time(work_);
  if (memory_.kernel() != nullptr) {
    for (const auto& [slot, invalidations] : served_) {
      if (memory_.invalidations(slot) != invalidations) memory_.retry_mirror(work_);
    }
    memory_.pass_time(work_);
  }
  served_.clear();
  DeviceCounters& counters = device_.counters();
  // A group ends when it is served; what the flush costs is between groups, as profilers and driver logs see it.
  for (const SimTime start : unreplayed_) counters.group_time += engine_.now() - start;
  unreplayed_.clear();
  if (spec_.replay == ReplayPolicy::kBatchFlush && flush_buffer()) {
    work_.software.add(Stage::kReplay, spec_.flush_time.value);
    memory_.pass_time(work_);
  }
  const SimTime now = engine_.now();
  for (const SimTime raised : awaiting_replay_) {
    counters.fault_latency.add(static_cast<std::uint64_t>((now - raised).picoseconds()));
  }
  awaiting_replay_.clear();
  if (on_replay) on_replay();
  if (observer_ != nullptr) observer_->on_replay(device_.id(), now);
  device_.replay(now);
  memory_.unlock(work_);
}

}  // namespace farfault
