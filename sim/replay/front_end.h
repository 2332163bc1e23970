/// What the front ends of host and devices share: taking a lane's accesses, running hits, and letting simulated time
/// pass for them a quantum at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "models/machine.h"
#include "models/observer.h"
#include "sim/config/run_spec.h"
#include "sim/core/histogram.h"
#include "sim/replay/detail.h"
#include "sim/replay/dispatcher.h"
#include "sim/replay/future.h"
#include "sim/replay/hit_loop.h"
#include "sim/replay/kernel_times.h"
#include "sim/replay/lane.h"
#include "sim/replay/sampler.h"

namespace farfault {

/// What the front ends of one run share.
struct ReplayContext {
  Machine& machine;
  Dispatcher& dispatcher;
  const ReplaySpec& replay;
  const ResidentTimes& resident_times;
  KernelTimes& kernel_times;
  /// By device; empty if the placement policy samples nothing.
  std::vector<std::unique_ptr<Sampler>>& samplers;
  /// Null if no policy wants it.
  Future* future;
  /// Called after every quantum with the accesses that it ran; throws Interrupted to end the run.
  std::function<void(std::uint64_t)> on_progress;
};

/// Replays one lane. An engine actor runs run(); afterwards the results are read.
class FrontEnd {
 public:
  FrontEnd(ReplayContext& context, Lane& lane, Coalescer coalescer);
  virtual ~FrontEnd() = default;
  FrontEnd(const FrontEnd&) = delete;
  FrontEnd& operator=(const FrontEnd&) = delete;

  void run();

  const Lane& lane() const { return lane_; }
  const LaneTimes& times() const { return times_; }
  SimTime started() const { return started_; }
  SimTime ended() const { return ended_; }
  std::uint64_t local_accesses() const { return local_accesses_; }
  std::uint64_t remote_accesses() const { return remote_accesses_; }
  /// Accesses to what the processor cannot reach at all.
  std::uint64_t failed_accesses() const { return failed_accesses_; }
  Bytes local_bytes() const { return local_bytes_; }
  const Histogram& access_latency() const { return access_latency_; }

 protected:
  /// An access that run_hits() stopped at. It is done, or taken care of, when this returns.
  virtual void run_slowly(const traces::Access& access) = 0;
  /// Until every access is done. Called at barriers and at the end.
  virtual void drain() = 0;
  /// Lets time pass for `counts_`, and attributes it.
  virtual void spend() = 0;
  /// Called between quanta, with nothing left to spend.
  virtual void on_quantum() {}
  /// How long `counts_` will take at least, alone on the machine.
  virtual SimTime estimate() const = 0;
  /// A kernel launch begins here, or, with nothing, ends; all before is done.
  virtual void on_launch(const KernelLaunch* /*kernel*/) {}
  /// A phase of the assignment begins here, perhaps in the middle of a kernel; all before is done.
  virtual void on_phase() {}
  /// Whether drain() would have to wait.
  virtual bool has_pending() const { return false; }

  /// Whether run_slowly() gets every access, also those that would hit.
  virtual bool runs_slowly() const { return false; }
  /// Accesses of a thread block follow.
  virtual void on_turn(const BlockTurn& /*turn*/) {}

  /// Books the lane's time from `start` to the present, or to `end`.
  void book(Activity activity, SimTime start) { book(activity, start, engine_.now()); }
  void book(Activity activity, SimTime start, SimTime end);
  /// Null if nobody watches.
  Observer* observer() const { return observer_; }

  /// Ends the quantum: reports touches, lets time pass, reports progress.
  void flush();
  /// The ResidencyMap's arrays move when blocks are added, so the context is made afresh for each stretch.
  HitContext hit_context();
  void note_touch(BlockSlot slot, unsigned page);
  void note_remote(std::uint64_t address, std::uint64_t units);

  /// With `detail: tlb` and `cache`, `parts` beside the machine's are from here on simulated; called by constructors.
  void set_detail(Tlbs* tlbs, SectorCache* cache, const PageTable& table, std::uint64_t window);
  /// Units of traffic of one page's part of an access off the fast path.
  std::uint64_t local_units(BlockSlot slot, std::uint64_t address, std::uint64_t size, bool write) {
    return detail_ ? detail_->local_units(slot, address, size, write, detail_counts_) : coalescer_.units(address, size);
  }
  std::uint64_t remote_units(BlockSlot slot, std::uint64_t address, std::uint64_t size, bool translated) {
    return detail_ ? detail_->remote_units(slot, address, size, translated, detail_counts_)
                   : coalescer_.units(address, size);
  }
  /// Of what was asked of the processor's own memory, units that somebody waits for: all but a cache's write-backs.
  std::uint64_t waited_units() const {
    return detail_ && detail_->has_cache() ? detail_counts_.fetched_units : counts_.local_units;
  }
  /// Time of all walks, one after the other.
  SimTime walk_time(const PageTableSpec& table) const { return table.walk_level.value * detail_counts_.walk_reads; }
  /// Records the latency of local accesses: `memory` of those that went there.
  void add_local_latencies(std::uint64_t accesses, SimTime memory, const TlbSpec& tlb, const LlcSpec& cache,
                           SimTime near, SimTime walk_level);

  ReplayContext& context_;
  Machine& machine_;
  engine::Engine& engine_;
  Lane& lane_;
  HitCounts counts_;                        ///< since the last flush
  DetailCounts detail_counts_;              ///< the same
  std::unique_ptr<DetailedReplay> detail_;  ///< null with `detail: pages`
  LaneTimes times_;
  Histogram access_latency_;
  std::uint64_t local_accesses_ = 0;
  std::uint64_t remote_accesses_ = 0;
  std::uint64_t failed_accesses_ = 0;
  Bytes local_bytes_;
  Coalescer coalescer_;
  EvictionPolicy* touch_policy_ = nullptr;  ///< null if it needs no touches
  Device* counting_device_ = nullptr;       ///< null if it does not count accesses over the link
  Sampler* sampler_ = nullptr;              ///< null if nobody samples
  DeviceFuture* future_ = nullptr;          ///< null if nobody foresees
  unsigned chunk_shift_ = 0;                ///< log2 of the pages of a chunk, for touches
  Observer* observer_;                      ///< null if nobody watches
  std::uint32_t owner_;                     ///< this lane among those who lock blocks

 private:
  void run_block(const LaneBlock& block);
  void run_stretch(const traces::Access* first, const traces::Access* end);
  void pass(const LaneMark& mark);
  bool quantum_over() const;
  void report_touches();
  void report_remote();
  /// Those who watch hear of one access in kSampled.
  void sample(const traces::Access* first, const traces::Access* end);
  void check_address(const traces::Access& access) const;

  bool wants_touches() const { return touch_policy_ != nullptr || future_ != nullptr; }

  TouchLog touches_;
  RemoteLog remote_accesses_log_;
  std::ptrdiff_t until_sample_ = 0;  // accesses before the next that is told
  SimTime started_;
  SimTime ended_;
};

}  // namespace farfault
