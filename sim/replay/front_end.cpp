#include "sim/replay/front_end.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "sim/core/error.h"

namespace farfault {
namespace {

/// Accesses between looks at how much simulated time the quantum has gathered.
constexpr std::ptrdiff_t kStretch = 1024;
/// Of so many accesses, those who watch hear of one. A prime: programs that go through arrays side by side repeat with
/// other periods.
constexpr std::ptrdiff_t kSampled = 127;

}  // namespace

FrontEnd::FrontEnd(ReplayContext& context, Lane& lane, Coalescer coalescer)
    : context_(context),
      machine_(context.machine),
      engine_(context.machine.engine()),
      lane_(lane),
      coalescer_(std::move(coalescer)),
      observer_(context.machine.observer()),
      owner_(context.machine.new_owner()) {
  if (observer_ == nullptr) return;
  const bool host = lane.processor == 0;
  observer_->on_worker(owner_, host ? WorkerKind::kHostThread : WorkerKind::kStream, lane.name,
                       DeviceId(static_cast<std::uint32_t>(host ? 0 : lane.processor - 1)));
}

void FrontEnd::book(Activity activity, SimTime start, SimTime end) {
  times_.of(activity) += end - start;
  if (observer_ != nullptr && end > start) observer_->on_activity(owner_, activity, start, end);
}

void FrontEnd::run() {
  started_ = engine_.now();
  LaneBlock block;
  for (;;) {
    const SimTime before = engine_.now();
    const bool more = context_.dispatcher.next(lane_, block);
    book(Activity::kWait, before);
    if (!more) break;
    run_block(block);
  }
  drain();
  flush();
  on_launch(nullptr);
  ended_ = engine_.now();
}

void FrontEnd::run_block(const LaneBlock& block) {
  const traces::Access* const base = block.accesses.data();
  std::size_t position = 0;
  for (const LaneMark& mark : block.marks) {
    run_stretch(base + position, base + mark.position);
    position = mark.position;
    pass(mark);
  }
  run_stretch(base + position, base + block.accesses.size());
}

void FrontEnd::run_stretch(const traces::Access* first, const traces::Access* end) {
  while (first != end) {
    const auto left_in_quantum = static_cast<std::ptrdiff_t>(
        std::max<std::uint64_t>(1, context_.replay.quantum - std::min(context_.replay.quantum, counts_.accesses())));
    const traces::Access* const stop = first + std::min({end - first, kStretch, left_in_quantum});
    if (touches_.room() < static_cast<std::size_t>(stop - first)) report_touches();
    if (remote_accesses_log_.room() < static_cast<std::size_t>(stop - first)) report_remote();
    const traces::Access* const begin = first;
    if (!runs_slowly()) {
      first = detail_ ? detail_->run(first, stop, hit_context(), counts_, detail_counts_)
                      : run_hits(first, stop, hit_context(), counts_);
      if (sampler_ != nullptr) sampler_->pass(begin, first, engine_.now());
    }
    if (first != stop) {
      check_address(*first);
      run_slowly(*first++);
    }
    if (observer_ != nullptr) sample(begin, first);
    if (quantum_over()) {
      flush();
      on_quantum();
    }
  }
}

void FrontEnd::sample(const traces::Access* first, const traces::Access* end) {
  while (end - first > until_sample_) {
    first += until_sample_;
    observer_->on_access(lane_.processor, VirtualAddress(first->address), kSampled, engine_.now());
    until_sample_ = kSampled;
  }
  until_sample_ -= end - first;
}

void FrontEnd::check_address(const traces::Access& access) const {
  constexpr std::uint64_t kEnd = std::uint64_t{1} << BlockTable::kAddressBits;
  if (access.address < kEnd && access.size() <= kEnd - access.address) return;
  std::array<char, 19> text{};
  std::snprintf(text.data(), text.size(), "0x%" PRIx64, access.address);
  throw InputError(Diagnostic{.problem = lane_.name + ": access to " + text.data() + ", at or above 2^48",
                              .remedy = "a trace holds virtual addresses of a user process, which end below 2^48"});
}

bool FrontEnd::quantum_over() const {
  return counts_.accesses() >= context_.replay.quantum || estimate() >= context_.replay.quantum_time;
}

void FrontEnd::pass(const LaneMark& mark) {
  if (mark.turn) return on_turn(*mark.turn);
  if (mark.at_once) return (*mark.system_call)(owner_);
  counts_.instructions += mark.instructions;
  if (quantum_over()) {
    flush();
    on_quantum();
  }
  if (!mark.barrier && !mark.drain && !mark.system_call) return;
  // A mere dependency on what is done already lets the stream run on.
  if (!mark.barrier && !mark.launch && !mark.system_call && !has_pending()) return;
  drain();
  flush();
  if (mark.launch) on_launch(mark.kernel.get());
  if (mark.phase) on_phase();
  if (mark.system_call) {
    const SimTime called = engine_.now();
    (*mark.system_call)(owner_);
    book(mark.copies ? Activity::kRemote : Activity::kKernel, called);
  }
  if (!mark.barrier) return;
  const SimTime before = engine_.now();
  context_.dispatcher.pass(mark);
  book(Activity::kWait, before);
}

HitContext FrontEnd::hit_context() {
  const ResidencyMap& residency = machine_.memory().residency();
  HitContext context;
  context.index = residency.index();
  context.masks = residency.masks(lane_.processor);
  context.coalescer = &coalescer_;
  if (wants_touches()) {
    context.touches = &touches_;
    context.every_touch = future_ != nullptr || touch_policy_->touch_need() == TouchNeed::kEvery;
    context.remote_touches = future_ != nullptr;
    context.chunk_shift = chunk_shift_;
  }
  if (counting_device_ != nullptr) {
    context.remote = &remote_accesses_log_;
    context.region_shift = counting_device_->access_counters()->shift();
  }
  return context;
}

void FrontEnd::set_detail(Tlbs* tlbs, SectorCache* cache, const PageTable& table, std::uint64_t window) {
  if (tlbs == nullptr) return;
  detail_ = std::make_unique<DetailedReplay>(
      DetailParts{machine_.memory().residency(), lane_.processor, table, tlbs->add_lane(), cache, coalescer_, window});
}

void FrontEnd::add_local_latencies(std::uint64_t accesses, SimTime memory, const TlbSpec& tlb, const LlcSpec& cache,
                                   SimTime near, SimTime walk_level) {
  const auto add = [this](SimTime latency, std::uint64_t times) {
    if (times != 0) access_latency_.add(static_cast<std::uint64_t>(latency.picoseconds()), times);
  };
  const bool cached = detail_ && detail_->has_cache();
  const SimTime beyond_cache = cached ? cache.latency.value + memory : memory;
  const std::uint64_t walks = detail_counts_.walks;
  const SimTime walk = walks == 0 ? SimTime::zero()
                                  : SimTime::from_picoseconds(static_cast<double>(walk_level.picoseconds()) *
                                                              static_cast<double>(detail_counts_.walk_reads) /
                                                              static_cast<double>(walks));
  const std::array<SimTime, kTlbWayCount> translation = {SimTime::zero(), tlb.l2.latency.value,
                                                         tlb.l2.latency.value + walk};
  const std::array<SimTime, kServedCount> served = {near, cache.latency.value, beyond_cache};
  for (std::size_t way = 0; way < kTlbWayCount; ++way) {
    for (std::size_t by = 0; by < kServedCount; ++by) {
      add(translation[way] + served[by], detail_counts_.accesses[way][by]);
    }
  }
  add(beyond_cache, accesses - detail_counts_.classified());
}

void FrontEnd::note_touch(BlockSlot slot, unsigned page) {
  if (!wants_touches()) return;
  if (touches_.room() == 0) report_touches();
  touches_.push(ChunkId((slot.value() * kPagesPerBlock + page) >> chunk_shift_));
}

void FrontEnd::report_touches() {
  if (touches_.empty()) return;
  if (future_ != nullptr) {
    future_->advance(touches_.chunks());
    machine_.driver(DeviceId(static_cast<std::uint32_t>(lane_.processor - 1))).look_ahead();
  }
  // Over the link or not: what is not there is nobody's business.
  if (touch_policy_ != nullptr) touch_policy_->on_touches(touches_.chunks(), engine_.now());
  touches_.clear();
}

void FrontEnd::note_remote(std::uint64_t address, std::uint64_t units) {
  if (counting_device_ == nullptr) return;
  if (remote_accesses_log_.room() == 0) report_remote();
  remote_accesses_log_.add(address >> counting_device_->access_counters()->shift(), units);
}

void FrontEnd::report_remote() {
  for (const RemoteRun& run : remote_accesses_log_.runs()) counting_device_->on_remote(run.region, run.accesses);
  remote_accesses_log_.clear();
}

void FrontEnd::flush() {
  report_touches();
  const std::uint64_t accesses = counts_.accesses();
  local_accesses_ += counts_.local_accesses;
  remote_accesses_ += counts_.remote_accesses;
  spend();
  report_remote();  // done by now
  machine_.note_loads();
  counts_ = HitCounts();
  detail_counts_ = DetailCounts();
  if (context_.on_progress) context_.on_progress(accesses);
}

}  // namespace farfault
