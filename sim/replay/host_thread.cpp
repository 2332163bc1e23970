#include "sim/replay/host_thread.h"

#include <algorithm>

namespace farfault {
namespace {

/// Lines that a thread reuses without new memory traffic: a stand-in for its innermost cache, 4 KiB of 64-byte lines,
/// since `detail: pages` simulates no caches.
constexpr std::uint64_t kLineWindow = 64;

}  // namespace

HostThread::HostThread(ReplayContext& context, Lane& lane)
    : FrontEnd(context, lane, Coalescer(context.machine.host().spec().line_size.value, kLineWindow)),
      remote_(context.machine.device_count()) {
  Host& host = machine_.host();
  set_detail(host.tlbs(), host.cache(), host.page_table(), kLineWindow);
}

void HostThread::run_slowly(const traces::Access& access) {
  counts_.instructions += access.gap;
  SimTime waited;
  bool local = false;
  bool remote = false;
  const std::uint64_t end = access.address + std::max<std::uint64_t>(1, access.size());
  for (std::uint64_t address = access.address; address < end;) {
    const std::uint64_t page_end = (address | (kPageSize.count() - 1)) + 1;
    const PageRun run = run_page(address, std::min(end, page_end), access.is_write());
    waited += run.waited;
    local = local || run.way == HostAccess::Way::kLocal;
    remote = remote || run.way == HostAccess::Way::kDirect || run.way == HostAccess::Way::kBar;
    address = std::min(end, page_end);
  }
  // An access over several pages counts once, as local if any of its pages here was.
  if (!local && !remote) {
    ++failed_accesses_;
    return;
  }
  ++(local ? counts_.local_accesses : counts_.remote_accesses);
  if (waited == SimTime::zero()) return;
  access_latency_.add(static_cast<std::uint64_t>(waited.picoseconds()));
  if (local) ++waited_;
}

HostThread::PageRun HostThread::run_page(std::uint64_t address, std::uint64_t end, bool write) {
  MemoryManager& memory = machine_.memory();
  const VirtualAddress at(address);
  const BlockSlot slot = memory.residency().slot(at.block());
  const unsigned page = at.page().index_in_block();
  const AccessMasks& masks = memory.residency().masks(lane_.processor, slot);
  PageRun run;
  if ((write ? masks.writable : masks.readable).test(page)) {
    counts_.local_units += local_units(slot, address, end - address, write);
    return run;
  }
  if (memory.host_would_wait(slot, page)) flush();
  const SimTime before = engine_.now();
  const HostAccess access = memory.host_access(slot, page, write, owner_);
  run.way = access.way;
  run.waited = engine_.now() - before;
  book(Activity::kStall, before);
  owed_ += access.owed;
  run.waited += access.owed;
  if (access.way == HostAccess::Way::kLocal) {
    counts_.local_units += local_units(slot, address, end - address, write);
    return run;
  }
  const std::uint64_t units = remote_units(slot, address, end - address, false);
  if (access.way == HostAccess::Way::kFailed) return run;
  count_remote(access, units, write);
  if (access.way == HostAccess::Way::kBar) {
    const LibrarySpec& library = memory.kernel()->design_spec().library;
    const SimTime time = (write ? library.bar_write : library.bar_read).value;
    bar_time_ += time;
    run.waited += time;
  } else if (units != 0) {
    run.waited += remote_latency(machine_.device(access.device));
  }
  return run;
}

void HostThread::count_remote(const HostAccess& access, std::uint64_t units, bool write) {
  RemoteUnits& there = remote_[access.device.value()];
  // Through a window every access goes over the link, whatever was read before.
  (write ? there.writes : there.reads) += access.way == HostAccess::Way::kBar ? 1 : units;
}

SimTime HostThread::remote_latency(const Device& device) const {
  return device.link().spec().round_trip.value + device.memory_latency();
}

SimTime HostThread::issue_time() const {
  const HostSpec& spec = machine_.host().spec();
  return spec.access_time.value * counts_.accesses() + spec.instruction_time.value * counts_.instructions;
}

SimTime HostThread::latency_bound() const {
  const HostSpec& spec = machine_.host().spec();
  const auto in_flight = static_cast<double>(spec.memory_parallelism.value);
  const SimTime memory_latency = machine_.host().memory_latency();
  double picoseconds =
      static_cast<double>(waited_units()) * static_cast<double>(memory_latency.picoseconds()) / in_flight;
  SimTime walks;
  if (detail_) {
    // Translation and a look into the cache come before the line is asked for, and hold its place all the time.
    walks = walk_time(spec.page_table);
    const SimTime before = spec.cache.latency.value * detail_counts_.cache_units +
                           spec.tlb.l2.latency.value * (detail_counts_.l2_hits + detail_counts_.walks) + walks;
    picoseconds += static_cast<double>(before.picoseconds()) / in_flight;
  }
  for (std::size_t i = 0; i < remote_.size(); ++i) {
    const auto lines = static_cast<double>(remote_[i].reads + remote_[i].writes);
    if (lines == 0) continue;
    const Device& device = machine_.device(DeviceId(static_cast<std::uint32_t>(i)));
    picoseconds += lines * static_cast<double>(remote_latency(device).picoseconds()) / in_flight;
  }
  const double walkers = static_cast<double>(walks.picoseconds()) / static_cast<double>(spec.tlb.walkers.value);
  return SimTime::from_picoseconds(std::max(picoseconds, walkers));
}

SimTime HostThread::estimate() const {
  const HostSpec& spec = machine_.host().spec();
  return owed_ + bar_time_ +
         std::max({issue_time(), latency_bound(), spec.memory.bandwidth.value.time_for(bytes(counts_.local_units)),
                   spec.cache.bandwidth.value.time_for(bytes(detail_counts_.cache_units))});
}

void HostThread::spend() {
  const SimTime ready_to_run = engine_.now();
  engine::Semaphore& cpus = machine_.host().cpus();
  cpus.acquire();
  const SimTime start = engine_.now();
  book(Activity::kWait, ready_to_run, start);
  local_bytes_ += bytes(counts_.local_units);
  if (Kernel* const kernel = machine_.kernel()) kernel->pass_traffic(bytes(counts_.local_units));
  engine_.sleep_for(owed_);
  const SimTime ready = engine_.now();
  engine::Flow local = machine_.host().local().start(bytes(counts_.local_units));
  engine::Flow cache;
  if (detail_counts_.cache_units != 0) {
    cache = machine_.host().cache_channel().start(bytes(detail_counts_.cache_units));
  }
  std::vector<engine::Flow> remote = start_remote();
  const SimTime issue = issue_time();
  engine_.sleep_for(issue);
  const SimTime computed = engine_.now();
  const SimTime beyond = latency_bound() - issue;
  // A thread that reads another memory is bound by its latency there, which belongs to `remote`.
  if (remote.empty()) engine_.sleep_for(beyond);
  cache.wait();
  local.wait();
  const SimTime local_done = engine_.now();
  if (!remote.empty()) engine_.sleep_for(beyond - (local_done - computed) + bar_time_);
  for (engine::Flow& flow : remote) flow.wait();
  cpus.release();
  book(Activity::kStall, start, ready);
  book(Activity::kCompute, ready, computed);
  book(Activity::kLocal, computed, local_done);
  book(Activity::kRemote, local_done);
  if (observer() != nullptr) tell_traffic(ready, local_done);
  owed_ = SimTime::zero();
  bar_time_ = SimTime::zero();
  const HostSpec& spec = machine_.host().spec();
  add_local_latencies(counts_.local_accesses - waited_, machine_.host().memory_latency(), spec.tlb, spec.cache,
                      spec.access_time.value, spec.page_table.walk_level.value);
  waited_ = 0;
  remote_.assign(remote_.size(), RemoteUnits());
}

void HostThread::tell_traffic(SimTime start, SimTime local_done) {
  observer()->on_local(lane_.processor, bytes(counts_.local_units), start, local_done);
  for (std::size_t i = 0; i < remote_.size(); ++i) {
    const Link& link = machine_.device(DeviceId(static_cast<std::uint32_t>(i))).link();
    const auto remote = [&](LinkDirection direction, std::uint64_t units) {
      if (units != 0) observer()->on_remote(link, direction, bytes(units), start, engine_.now());
    };
    remote(LinkDirection::kToHost, remote_[i].reads);
    remote(LinkDirection::kToDevice, remote_[i].writes);
  }
}

std::vector<engine::Flow> HostThread::start_remote() {
  std::vector<engine::Flow> flows;
  for (std::size_t i = 0; i < remote_.size(); ++i) {
    RemoteUnits& there = remote_[i];
    if (there.reads + there.writes == 0) continue;
    Device& device = machine_.device(DeviceId(static_cast<std::uint32_t>(i)));
    device.link().traffic(LinkDirection::kToHost).add(Cause::kRemote, bytes(there.reads));
    device.link().traffic(LinkDirection::kToDevice).add(Cause::kRemote, bytes(there.writes));
    flows.push_back(device.host_read().start(bytes(there.reads)));
    flows.push_back(device.host_write().start(bytes(there.writes)));
  }
  return flows;
}

}  // namespace farfault
