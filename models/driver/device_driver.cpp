#include "models/driver/device_driver.h"

#include <algorithm>

namespace farfault {

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
    for (bool more = true; more;) {
      hold_address_space();
      serve_batch();
      if (spec_.replay != ReplayPolicy::kOnce) release_address_space();
      if (spec_.replay == ReplayPolicy::kBatch || spec_.replay == ReplayPolicy::kBatchFlush) replay();
      more = goes_on(++batches);
      if (more) give_way();
    }
    release_address_space();
    if (spec_.replay == ReplayPolicy::kOnce) replay();
  }
}

bool DeviceDriver::goes_on(std::uint64_t batches) const {
  const FaultBuffer& buffer = device_.fault_buffer();
  return batches < spec_.batches_per_service.value && !buffer.empty() && buffer.earliest() <= engine_.now();
}

void DeviceDriver::wait_until_idle() {
  while (busy_ || !device_.fault_buffer().empty()) became_idle_.wait();
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
  if (buffer.empty()) became_idle_.notify_all();
  while (buffer.empty()) device_.fault_raised().wait();
  busy_ = true;
  engine_.sleep_until(buffer.earliest());
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
  batch_start_ = engine_.now();
  fetched_ = batch_start_;
  device_.fault_buffer().fetch(fetched_, spec_.batch_size.value, batch_);
  batch_entries_ = batch_.size();
  work_.software.add(Stage::kBatch, spec_.batch_time.value + spec_.fault_time.value * batch_.size());
  if (!started_) work_.software.add(Stage::kBatch, spec_.process_start_time.value);
  started_ = true;
  ++counters.batches;
  counters.batch_faults.add(batch_.size());
  sort_batch();
  counters.batch_blocks.add(groups_.size());
  const std::uint64_t answered = counters.serviced + counters.duplicate;
  const std::uint64_t duplicates = counters.duplicate;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (spec_.replay == ReplayPolicy::kBlock && i != 0) give_way();
    serve_block(groups_[i]);
    if (spec_.replay == ReplayPolicy::kBlock) replay();
  }
  // Blocks stay locked until the replay, so that the accesses it lets through come before whoever waits to take the
  // pages away: two devices that want one page would pass it back and forth for ever.
  memory_.pass_time(work_);
  batch_duplicates_ += counters.duplicate - duplicates;
  if (counters.serviced + counters.duplicate != answered) return;
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
  std::size_t fresh = 0;
  for (std::size_t i = group.first; i < group.end; ++i) {
    const Fault& fault = batch_[i];
    if (mine.resident.test(fault.page) || mine.remote_mapped.test(fault.page)) {
      // Came meanwhile, beside another fault: nothing is left to do but to replay.
      ++counters.duplicate;
      awaiting_replay_.push_back(fault.raised);
      continue;
    }
    faulted.set(fault.page);
    batch_[group.first + fresh++] = fault;
    const PlacementFault seen{id, group.block, fault.page, fault.write, populated.test(fault.page)};
    (placement_.on_fault(seen, engine_.now()) == Placement::kMigrate ? migrate : remote).set(fault.page);
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
  const PageMask held = thrashing_.hold(id, group.block, migrate, engine_.now()) & migrate;
  migrate &= ~held;
  remote |= held;

  PageMask accessible;
  if (migrate.any()) {
    const PageMask mapped = memory_.address_space().mapped(block.number) | populated;
    const PageMask eligible = mapped & movable & ~mine.resident & ~faulted;
    const PageMask wanted = prefetcher_.select({group.block, migrate, mine.resident, eligible}) & eligible;
    accessible |= memory_.plan_to_device(work_, id, group.block, migrate, wanted) & migrate;
    if (accessible.none() && memory_.room_is_lost(work_)) {
      // What holds the memory leaves for no fault: references, and children of a fork.
      memory_.kernel()->failures().out_of_memory += migrate.count();
      remote |= migrate;
    }
  }
  if (remote.any()) {
    memory_.plan_remote_map(work_, id, group.block, remote);
    accessible |= remote;
    if (held.any()) let_go_later(group.block, held);
  }

  for (std::size_t i = group.first; i < group.first + fresh; ++i) {
    const Fault& fault = batch_[i];
    if (accessible.test(fault.page)) {
      ++counters.serviced;
      work_.software.add(Stage::kService, spec_.service_time.value);
      awaiting_replay_.push_back(fault.raised);
    } else {
      ++counters.dropped;
    }
  }
  served_.emplace_back(group.block, memory_.invalidations(group.block));
}

void DeviceDriver::count_kept(const BlockState& block, const PageMask& stay) {
  Kernel* const kernel = memory_.kernel();
  if (stay.none() || kernel == nullptr || kernel->rules().migration == DeviceMigration::kNone) return;
  const std::uint64_t pinned = (stay & block.pinned).count();
  kernel->failures().pinned += pinned;
  kernel->failures().kind += stay.count() - pinned;
}

void DeviceDriver::let_go_later(BlockSlot slot, const PageMask& held) {
  const std::optional<SimTime> end = thrashing_.hold_ends(device_.id(), slot, held, engine_.now());
  if (end) engine_.at(*end, [this, slot, held] { memory_.unmap_remote(device_.id(), slot, held); });
}

void DeviceDriver::give_way() {
  engine_.at(engine_.now(), [this] { gave_way_.notify_all(); });
  gave_way_.wait();
}

void DeviceDriver::flush_buffer() {
  // The driver drops the entries up to the last write position that it has read, unless so many were duplicates that it
  // looks where the device writes by now.
  const double ratio = spec_.update_put_ratio.value;
  const bool update = static_cast<double>(batch_duplicates_) > ratio * static_cast<double>(batch_entries_);
  device_.counters().dropped += device_.fault_buffer().flush(update ? engine_.now() : fetched_);
}

void DeviceDriver::replay() {
  work_.software.add(Stage::kReplay, spec_.replay_time.value);
  if (spec_.replay == ReplayPolicy::kBatchFlush) work_.software.add(Stage::kReplay, spec_.flush_time.value);
  memory_.pass_time(work_);
  if (memory_.kernel() != nullptr) {
    for (const auto& [slot, invalidations] : served_) {
      if (memory_.invalidations(slot) != invalidations) memory_.retry_mirror(work_);
    }
    memory_.pass_time(work_);
  }
  served_.clear();
  DeviceCounters& counters = device_.counters();
  if (spec_.replay == ReplayPolicy::kBatchFlush) flush_buffer();
  const SimTime now = engine_.now();
  counters.group_time += now - batch_start_;
  for (const SimTime raised : awaiting_replay_) {
    counters.fault_latency.add(static_cast<std::uint64_t>((now - raised).picoseconds()));
  }
  awaiting_replay_.clear();
  if (on_replay) on_replay();
  device_.replay();
  memory_.unlock(work_);
}

}  // namespace farfault
