#include "sim/replay/device_stream.h"

#include <algorithm>
#include <bit>

namespace farfault {

DeviceStream::DeviceStream(ReplayContext& context, Lane& lane, Device& device, std::uint32_t micro_tlb)
    : FrontEnd(context, lane,
               Coalescer(device.spec().sector_size.value, device.spec().coalescing_window.value,
                         device.link().spec().read_request.value)),
      device_(device),
      micro_tlb_(micro_tlb),
      blocks_(device.spec().micro_tlb_run.value == 0 ? 1 : static_cast<std::uint32_t>(device.spec().micro_tlbs.value),
              static_cast<std::uint32_t>(device.spec().multiprocessors.value)) {
  if (device.eviction().touch_need() != TouchNeed::kNone) touch_policy_ = &device.eviction();
  chunk_shift_ = static_cast<unsigned>(std::countr_zero(device.eviction().granularity() / kPageSize));
  if (context.future != nullptr) future_ = &context.future->device(device.id());
  if (device.access_counters() != nullptr) counting_device_ = &device;
  if (!context.samplers.empty()) sampler_ = context.samplers[device.id().value()].get();
  set_detail(device.tlbs(), device.cache(), device.page_table(), device.spec().coalescing_window.value);
}

void DeviceStream::run_slowly(const traces::Access& access) {
  counts_.instructions += access.gap;
  const bool of_block = blocks_.has_current();
  const bool must_queue = runs_slowly();
  if (!must_queue) local_now_ = engine_.now() + estimate();
  ParkedAccess whole{access.address, access.address + std::max<std::uint64_t>(1, access.size()), access.op(),
                     local_now_, micro_tlb()};
  if (must_queue) return queue(whole, false);
  bool raised = true;
  stage_for(whole);
  if (try_access(whole, raised)) return;
  of_block ? queue(whole, raised) : park(whole, raised);
}

void DeviceStream::on_turn(const BlockTurn& turn) {
  blocks_.turn(turn.block, turn.stage);
  while (blocks_.full()) {
    make_place();
    blocks_.turn(turn.block, turn.stage);
  }
  if (!blocks_.empty()) local_now_ = engine_.now() + estimate();
}

void DeviceStream::queue(const ParkedAccess& access, bool tried) {
  if (!has_pending()) seen_replays_ = device_.replay_epoch();
  blocks_.push(access, tried);
  while (blocks_.full()) make_place();
}

void DeviceStream::make_place() {
  try_blocks();
  if (blocks_.full()) stall();
}

void DeviceStream::try_blocks() {
  local_now_ = engine_.now() + estimate();
  blocks_.pass([this](ParkedAccess& access) { return try_again(access); });
}

void DeviceStream::stage_for(const ParkedAccess& access) {
  MemoryManager& memory = machine_.memory();
  for (std::uint64_t address = access.address; address < access.end;) {
    const VirtualAddress at(address);
    const BlockSlot slot = memory.residency().slot(at.block());
    while (memory.needs_staging(device_.id(), slot, at.page().index_in_block())) {
      flush();
      const SimTime before = engine_.now();
      memory.stage(device_.id(), slot, at.page().index_in_block(), owner_);
      book(Activity::kStall, before);
      local_now_ = engine_.now();
    }
    address = (address | (kPageSize.count() - 1)) + 1;
  }
}

bool DeviceStream::try_access(ParkedAccess& access, bool& raised) {
  const bool write = traces::writes(access.op);
  const std::uint64_t local_before = counts_.local_accesses;
  const std::uint64_t remote_before = counts_.remote_accesses;
  while (access.address < access.end) {
    const std::uint64_t page_end = (access.address | (kPageSize.count() - 1)) + 1;
    const std::uint64_t end = std::min(access.end, page_end);
    if (!try_page(access.address, end, write, access.micro_tlb, raised)) {
      counts_.local_accesses = local_before;
      counts_.remote_accesses = remote_before;
      return false;
    }
    access.address = end;
  }
  // An access over several pages counts once, as local if any of its pages here was.
  const bool local = counts_.local_accesses != local_before;
  const bool remote = !local && counts_.remote_accesses != remote_before;
  counts_.local_accesses = local_before + (local ? 1 : 0);
  counts_.remote_accesses = remote_before + (remote ? 1 : 0);
  PeerCounts* const peer = remote ? counts_of(last_route_) : nullptr;
  if (peer != nullptr) ++peer->accesses;
  if (!local && !remote) ++failed_accesses_;
  return true;
}

bool DeviceStream::try_page(std::uint64_t address, std::uint64_t end, bool write, std::uint32_t micro_tlb,
                            bool& raised) {
  MemoryManager& memory = machine_.memory();
  const VirtualAddress at(address);
  const BlockSlot slot = memory.residency().slot(at.block());
  const unsigned page = at.page().index_in_block();
  const AccessMasks& masks = memory.residency().masks(lane_.processor, slot);
  AccessOutcome outcome = AccessOutcome::kFault;
  if ((write ? masks.writable : masks.readable).test(page)) {
    outcome = AccessOutcome::kLocal;
  } else if (masks.remote.test(page)) {
    outcome = AccessOutcome::kRemote;
  } else {
    outcome = memory.device_access(device_.id(), slot, page, write);
  }
  if (outcome == AccessOutcome::kFailed) return true;
  if (outcome == AccessOutcome::kFault) {
    raised = device_.join(micro_tlb, slot, page) || raise_fault(slot, page, write, micro_tlb);
    return false;
  }
  if (outcome == AccessOutcome::kLocal) {
    note_touch(slot, page);
    ++counts_.local_accesses;
    counts_.local_units += local_units(slot, address, end - address, write);
  } else {
    if (future_ != nullptr) note_touch(slot, page);
    ++counts_.remote_accesses;
    const std::uint64_t units = remote_units(slot, address, end - address, true);
    const std::uint64_t requests = write ? 0 : coalescer_.requests(address, end - address, units);
    last_route_ = memory.peer_of(device_.id(), slot, page);
    if (PeerCounts* const peer = counts_of(last_route_)) {
      peer->read_requests += requests;
      (write ? peer->write_units : peer->read_units) += units;
    } else {
      counts_.remote_read_requests += requests;
      (write ? counts_.remote_write_units : counts_.remote_read_units) += units;
    }
    note_remote(address, units);
  }
  return true;
}

std::uint32_t DeviceStream::micro_tlb() const {
  const std::uint64_t run = device_.spec().micro_tlb_run.value;
  if (run == 0) return micro_tlb_;
  if (blocks_.has_current()) {
    return static_cast<std::uint32_t>((micro_tlb_ + blocks_.micro_tlb()) % device_.spec().micro_tlbs.value);
  }
  const std::uint64_t number = local_accesses_ + remote_accesses_ + counts_.accesses() + parked_.size();
  return static_cast<std::uint32_t>((micro_tlb_ + number / run) % device_.spec().micro_tlbs.value);
}

bool DeviceStream::raise_fault(BlockSlot slot, unsigned page, bool write, std::uint32_t micro_tlb) {
  const ResidencyMap& residency = machine_.memory().residency();
  const DeviceBlock& here = residency.device(device_.id(), slot);
  const unsigned levels =
      device_.page_table().walk(residency.block(slot).number, here.resident | here.remote_mapped, page);
  Fault fault;
  fault.block = slot;
  fault.page = static_cast<std::uint16_t>(page);
  fault.write = write;
  fault.micro_tlb = micro_tlb;
  fault.raised = local_now_ + device_.spec().page_table.walk_level.value * levels;
  const bool raised = device_.raise(fault);
  if (observer() != nullptr && raised) {
    observer()->on_fault({device_.id(), owner_, residency.block(slot).number, page, write, fault.raised});
    observer()->on_fault_queue(device_.id(), device_.fault_buffer().size(), engine_.now());
  }
  return raised;
}

void DeviceStream::park(const ParkedAccess& access, bool raised) {
  // What was replayed before the first access was parked is of no use to it.
  if (!has_pending()) seen_replays_ = device_.replay_epoch();
  parked_.push_back(access);
  const bool whole_device = device_.spec().micro_tlb_run.value != 0;
  if ((!raised && !whole_device) || parked_.size() >= device_.spec().parked_accesses.value) stall();
}

void DeviceStream::stall() {
  try_blocks();
  if (!has_pending()) return;
  flush();
  const SimTime before = engine_.now();
  while (device_.replay_epoch() == seen_replays_) device_.replayed().wait();
  book(Activity::kStall, before);
  retry();
}

void DeviceStream::retry() {
  seen_replays_ = device_.replay_epoch();
  local_now_ = engine_.now() + estimate();
  std::erase_if(parked_, [this](ParkedAccess& access) { return try_again(access) == Attempt::kDone; });
  blocks_.replay();
  try_blocks();
}

Attempt DeviceStream::try_again(ParkedAccess& access) {
  stage_for(access);
  const std::uint64_t local_before = counts_.local_accesses;
  const std::uint64_t remote_before = counts_.remote_accesses;
  bool raised = true;
  if (!try_access(access, raised)) return raised ? Attempt::kFaulted : Attempt::kNoSlot;
  const SimTime waited = std::max(local_now_ - access.since, SimTime::zero());
  access_latency_.add(static_cast<std::uint64_t>(waited.picoseconds()));
  waited_local_ += counts_.local_accesses - local_before;
  const std::uint64_t remote = counts_.remote_accesses - remote_before;
  waited_remote_ += remote;
  if (PeerCounts* const peer = remote != 0 ? counts_of(last_route_) : nullptr) peer->waited += remote;
  return Attempt::kDone;
}

void DeviceStream::on_quantum() {
  if (has_pending() && device_.replay_epoch() != seen_replays_) retry();
}

void DeviceStream::on_launch(const KernelLaunch* kernel) {
  end_kernel();
  return_copies();
  blocks_.begin_kernel(kernel != nullptr ? kernel->resident : 0);
  if (kernel == nullptr) return;
  const SimTime launch = device_.spec().launch_latency.value;
  const SimTime asked = engine_.now();
  engine_.sleep_for(launch);
  book(Activity::kWait, asked);
  in_kernel_ = true;
  kernel_ = kernel->name;
  kernel_start_ = engine_.now();
  resident_access_ = context_.resident_times.access_picoseconds(lane_.agent, kernel->number, kernel_);
}

void DeviceStream::return_copies() {
  MemoryManager& memory = machine_.memory();
  if (!memory.has_staged(device_.id())) return;
  const SimTime before = engine_.now();
  memory.end_launch(device_.id(), owner_);
  book(Activity::kStall, before);
}

void DeviceStream::end_kernel() {
  if (!in_kernel_) return;
  in_kernel_ = false;
  resident_access_.reset();
  context_.kernel_times.add(kernel_, engine_.now() - kernel_start_);
  if (observer() != nullptr) observer()->on_kernel(owner_, kernel_, kernel_start_, engine_.now());
}

void DeviceStream::drain() {
  while (has_pending()) stall();
}

SimTime DeviceStream::issue_time() const {
  // A measured time of the whole kernel has its arithmetic in it.
  if (resident_access_) {
    return SimTime::from_picoseconds(*resident_access_ * static_cast<double>(counts_.accesses()));
  }
  const DeviceSpec& spec = device_.spec();
  return spec.access_time.value * counts_.accesses() + spec.instruction_time.value * counts_.instructions;
}

DeviceStream::PeerCounts* DeviceStream::counts_of(PeerLink* link) {
  if (link == nullptr) return nullptr;
  const auto it =
      std::find_if(peers_.begin(), peers_.end(), [link](const PeerCounts& peer) { return peer.link == link; });
  if (it != peers_.end()) return &*it;
  return &peers_.emplace_back(PeerCounts{link});
}

Bytes DeviceStream::remote_read_cost(const PeerCounts& peer) const {
  return full_request_bytes(peer.link->link().spec(), bytes(peer.read_units), peer.read_requests);
}

SimTime DeviceStream::estimate_peers() const {
  SimTime longest;
  for (const PeerCounts& peer : peers_) {
    const LinkSpec& link = peer.link->link().spec();
    longest = std::max({longest, remote_read_peak(link).time_for(remote_read_cost(peer)),
                        remote_write_peak(link).time_for(bytes(peer.write_units))});
  }
  return longest;
}

std::vector<engine::Flow> DeviceStream::start_peers() {
  std::vector<engine::Flow> flows;
  const DeviceId id = device_.id();
  for (const PeerCounts& peer : peers_) {
    const LinkDirection here = peer.link->towards(id);
    const LinkDirection there = peer.link->towards(peer.link->other(id));
    const Bytes read = bytes(peer.read_units);
    const Bytes write = bytes(peer.write_units);
    peer.link->link().traffic(here).add(Cause::kRemote, read);
    peer.link->link().traffic(there).add(Cause::kRemote, write);
    flows.push_back(peer.link->read(id).start(read));
    flows.push_back(peer.link->requests(id).start(remote_read_cost(peer) - read));
    flows.push_back(peer.link->write(id).start(write));
  }
  return flows;
}

Bytes DeviceStream::remote_read_cost() const {
  return full_request_bytes(device_.link().spec(), bytes(counts_.remote_read_units), counts_.remote_read_requests);
}

SimTime DeviceStream::estimate() const {
  const DeviceSpec& spec = device_.spec();
  const SimTime issue = issue_time();
  const SimTime walks = SimTime::from_picoseconds(static_cast<double>(walk_time(spec.page_table).picoseconds()) /
                                                  static_cast<double>(spec.tlb.walkers.value));
  const SimTime local = std::max({spec.memory.bandwidth.value.time_for(bytes(counts_.local_units)),
                                  spec.cache.bandwidth.value.time_for(bytes(detail_counts_.cache_units)), walks});
  if (counts_.remote_accesses == 0) return std::max(issue, local);
  const LinkSpec& link = device_.link().spec();
  const SimTime read = remote_read_peak(link).time_for(remote_read_cost());
  const SimTime write = remote_write_peak(link).time_for(bytes(counts_.remote_write_units));
  return std::max({issue, local, read, write, estimate_peers()});
}

void DeviceStream::tell_traffic(SimTime start, SimTime local_done) {
  observer()->on_local(lane_.processor, bytes(counts_.local_units), start, local_done);
  const SimTime end = engine_.now();
  const auto remote = [&](const Link& link, LinkDirection direction, std::uint64_t units) {
    if (units != 0) observer()->on_remote(link, direction, bytes(units), start, end);
  };
  remote(device_.link(), LinkDirection::kToDevice, counts_.remote_read_units);
  remote(device_.link(), LinkDirection::kToHost, counts_.remote_write_units);
  for (const PeerCounts& peer : peers_) {
    remote(peer.link->link(), peer.link->towards(device_.id()), peer.read_units);
    remote(peer.link->link(), peer.link->towards(peer.link->other(device_.id())), peer.write_units);
  }
}

void DeviceStream::spend() {
  const DeviceSpec& spec = device_.spec();
  const SimTime start = engine_.now();
  const Bytes remote_read = bytes(counts_.remote_read_units);
  const Bytes remote_write = bytes(counts_.remote_write_units);
  local_bytes_ += bytes(counts_.local_units);
  device_.link().traffic(LinkDirection::kToDevice).add(Cause::kRemote, remote_read);
  device_.link().traffic(LinkDirection::kToHost).add(Cause::kRemote, remote_write);

  engine::Flow local = device_.local().start(bytes(counts_.local_units));
  engine::Flow walks;
  engine::Flow cache;
  if (detail_counts_.walk_reads != 0) walks = device_.walk_channel().start(Bytes(detail_counts_.walk_reads));
  if (detail_counts_.cache_units != 0) cache = device_.cache_channel().start(bytes(detail_counts_.cache_units));
  engine::Flow read = device_.remote_read().start(remote_read);
  // What requests take of tags and packets that are not full, beside their bytes.
  engine::Flow requests = device_.remote_requests().start(remote_read_cost() - remote_read);
  engine::Flow write = device_.remote_write().start(remote_write);
  std::vector<engine::Flow> over_peers = start_peers();
  engine_.sleep_for(issue_time());
  const SimTime computed = engine_.now();
  walks.wait();
  cache.wait();
  local.wait();
  const SimTime local_done = engine_.now();
  read.wait();
  requests.wait();
  write.wait();
  for (engine::Flow& flow : over_peers) flow.wait();
  book(Activity::kCompute, start, computed);
  book(Activity::kLocal, computed, local_done);
  book(Activity::kRemote, local_done);
  if (observer() != nullptr) tell_traffic(start, local_done);

  const auto add_latency = [this](SimTime latency, std::uint64_t times) {
    if (times != 0) access_latency_.add(static_cast<std::uint64_t>(latency.picoseconds()), times);
  };
  add_local_latencies(counts_.local_accesses - waited_local_, device_.memory_latency(), spec.tlb, spec.cache,
                      spec.access_time.value, spec.page_table.walk_level.value);
  std::uint64_t from_host = counts_.remote_accesses - waited_remote_;
  for (const PeerCounts& peer : peers_) {
    const std::uint64_t accesses = peer.accesses - peer.waited;
    const Device& other = machine_.device(peer.link->other(device_.id()));
    add_latency(peer.link->link().spec().round_trip.value + other.memory_latency(), accesses);
    from_host -= accesses;
  }
  add_latency(device_.link().spec().round_trip.value + machine_.host().memory_latency(), from_host);
  peers_.clear();
  waited_local_ = 0;
  waited_remote_ = 0;
}

}  // namespace farfault
