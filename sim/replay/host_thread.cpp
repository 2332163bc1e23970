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
      owner_(context.machine.new_owner()) {}

void HostThread::run_slowly(const traces::Access& access) {
  counts_.instructions += access.gap;
  SimTime waited;
  const std::uint64_t end = access.address + std::max<std::uint64_t>(1, access.size());
  for (std::uint64_t address = access.address; address < end;) {
    const std::uint64_t page_end = (address | (kPageSize.count() - 1)) + 1;
    waited += run_page(address, std::min(end, page_end), access.is_write());
    address = std::min(end, page_end);
  }
  ++counts_.local_accesses;
  if (waited == SimTime::zero()) return;
  access_latency_.add(static_cast<std::uint64_t>(waited.picoseconds()));
  ++waited_;
}

SimTime HostThread::run_page(std::uint64_t address, std::uint64_t end, bool write) {
  MemoryManager& memory = machine_.memory();
  const VirtualAddress at(address);
  const BlockSlot slot = memory.residency().slot(at.block());
  const unsigned page = at.page().index_in_block();
  const AccessMasks& masks = memory.residency().masks(lane_.processor, slot);
  SimTime waited;
  if (!(write ? masks.writable : masks.readable).test(page)) {
    if (memory.host_would_wait(slot, page)) flush();
    const SimTime before = engine_.now();
    const SimTime owed = memory.host_access(slot, page, write, owner_);
    waited = engine_.now() - before;
    times_.stall += waited;
    owed_ += owed;
    waited += owed;
  }
  counts_.local_units += coalescer_.units(address, end - address);
  return waited;
}

SimTime HostThread::issue_time() const {
  const HostSpec& spec = machine_.host().spec();
  return spec.access_time.value * counts_.accesses() + spec.instruction_time.value * counts_.instructions;
}

SimTime HostThread::latency_bound() const {
  const HostSpec& spec = machine_.host().spec();
  const auto lines = static_cast<double>(counts_.local_units);
  return SimTime::from_picoseconds(lines * static_cast<double>(spec.memory.latency.value.picoseconds()) /
                                   static_cast<double>(spec.memory_parallelism.value));
}

SimTime HostThread::estimate() const {
  return owed_ + std::max({issue_time(), latency_bound(),
                           machine_.host().spec().memory.bandwidth.value.time_for(bytes(counts_.local_units))});
}

void HostThread::spend() {
  const SimTime ready_to_run = engine_.now();
  engine::Semaphore& cpus = machine_.host().cpus();
  cpus.acquire();
  const SimTime start = engine_.now();
  times_.wait += start - ready_to_run;
  local_bytes_ += bytes(counts_.local_units);
  engine_.sleep_for(owed_);
  const SimTime ready = engine_.now();
  engine::Flow local = machine_.host().local().start(bytes(counts_.local_units));
  const SimTime issue = issue_time();
  engine_.sleep_for(issue);
  const SimTime computed = engine_.now();
  engine_.sleep_for(latency_bound() - issue);
  local.wait();
  cpus.release();
  times_.stall += ready - start;
  times_.compute += computed - ready;
  times_.local += engine_.now() - computed;
  owed_ = SimTime::zero();
  if (counts_.local_accesses != waited_) {
    access_latency_.add(static_cast<std::uint64_t>(machine_.host().spec().memory.latency.value.picoseconds()),
                        counts_.local_accesses - waited_);
  }
  waited_ = 0;
}

}  // namespace farfault
