/// The driver's worker for one device: reads the fault buffer in batches and serves them block by block; between
/// batches it serves what access counters tell.
///
/// Sources: model and defaults after NVIDIA's open-gpu-kernel-modules 595.45.04 (uvm_gpu_replayable_faults.c) and the
/// measurements of Allen and Ge (SC'21); docs/model-driver.md.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "models/driver/driver_spec.h"
#include "models/driver/memory_manager.h"
#include "models/gpu/device.h"
#include "models/policies/placement/placement_policy.h"
#include "models/policies/prefetch/prefetcher.h"
#include "sim/engine/engine.h"

namespace farfault {

class DeviceDriver {
 public:
  /// Borrows everything. `owner` is the id of this worker among those who lock blocks.
  DeviceDriver(engine::Engine& engine, MemoryManager& memory, Device& device, PlacementPolicy& placement,
               Prefetcher& prefetcher, ThrashingGuard& thrashing, const DriverSpec& spec, std::uint32_t owner);

  /// The worker's body: an actor that never ends.
  void run();

  /// Calls the placement policy each time its period is over. An actor's body. REQUIRES: the policy has one.
  void keep_period(SimTime period);

  /// The device has gone on: a prefetcher with foresight may know more.
  void look_ahead();
  /// Has a page brought when no fault waits.
  void bring_ahead(VirtualAddress address) { add_ahead({address.page().value(), 1}); }

  /// Blocks the calling actor until no fault is buffered or being served. What was to come ahead of need is forgotten.
  void wait_until_idle();

  /// Pages that were to come ahead of need, and were forgotten since too many were.
  std::uint64_t forgotten_ahead() const { return forgotten_ahead_; }

  /// Who watches; borrowed.
  void watch(Observer& observer) { observer_ = &observer; }

  /// Called before each replay, for those who watch (checks, time lines).
  std::function<void()> on_replay;

 private:
  /// Faults of one block, as indices into batch_.
  struct Group {
    BlockSlot block;
    std::size_t first = 0;
    std::size_t end = 0;
  };

  /// Pages to bring when no fault waits.
  struct Ahead {
    BlockNumber block;
    PageMask pages;
    Cause cause;
    bool foreseen = false;  ///< it will be accessed, mapped or not, and to know it costs nothing
  };

  void wait_for_faults();
  void serve_batch();
  void sort_batch();
  void serve_block(const Group& group);
  /// Brings what access counters tell of, without a replay: nobody waits.
  void serve_notifications();
  void bring_counted(BlockSlot slot, const PageMask& region);
  /// Asks a prefetcher with foresight what comes next. True if there is anything to come.
  bool foresee();
  /// Brings the first of what is to come ahead of need.
  void bring_ahead();
  void plan_ahead(const Ahead& ahead);
  void add_ahead(const PageRange& range);
  void add_ahead(BlockNumber block, const PageMask& pages, Cause cause);
  Placement place(const Fault& fault, const PageMask& populated, std::uint64_t planned);
  /// Plans that `pages` that faulted come, with what the prefetcher wants beside them. Returns those that will be
  /// there.
  PageMask bring(BlockSlot slot, const PageMask& migrate, const PageMask& duplicate, const PageMask& faulted,
                 const PageMask& movable);
  bool is_called() const { return !device_.fault_buffer().empty() || device_.has_notifications(); }
  bool has_work() const { return is_called() || !ahead_.empty() || foresees_; }
  /// Whether a worker that has served so many batches, and so many with throttled faults, may serve faults without a
  /// new interrupt, and there are any.
  bool goes_on(std::uint64_t batches, std::uint64_t throttled) const;
  /// Whether anything was dropped.
  bool flush_buffer();
  void lock(BlockSlot slot);
  /// mmap_lock is held from the look at the first fault of a batch until all that is planned is done.
  void hold_address_space();
  void release_address_space();
  /// Pages that would have migrated and may not: they are mapped where they are.
  void count_kept(const BlockState& block, const PageMask& stay);
  /// Takes the remote mappings of held pages away when the thrashing guard says.
  void let_go_later(BlockSlot slot, const PageMask& held);
  /// For batches that could serve nothing but throttled faults, which come again after the replay. Mostly time passes
  /// with each of them; where none does, lets it pass until a nap is over or other faults come.
  void wait_out_nap();
  void replay();
  void tell_queue() const;
  /// Goes on, at the same date, behind those whom a replay has woken: the next faults that are served could push pages
  /// out before the accesses that waited for them.
  void give_way();

  /// Blocks that wait to come ahead of need, at most; more are forgotten.
  static constexpr std::size_t kMaxAhead = 4096;
  class PeriodView;

  engine::Engine& engine_;
  MemoryManager& memory_;
  Device& device_;
  PlacementPolicy& placement_;
  Prefetcher& prefetcher_;
  ThrashingGuard& thrashing_;
  DriverSpec spec_;
  ServiceWork work_;
  engine::Signal became_idle_;
  engine::Signal gave_way_;
  bool busy_ = false;
  bool started_ = false;             // a batch has been served
  std::vector<SimTime> unreplayed_;  // starts of batches whose last replay has yet to be sent
  SimTime fetched_;                  // when the buffer was last read
  std::size_t batch_entries_ = 0;    // read for the last batch
  std::size_t batch_duplicates_ = 0;
  Observer* observer_ = nullptr;  // null: nobody watches
  bool holds_address_space_ = false;
  std::vector<std::pair<BlockSlot, std::uint32_t>> served_;  // blocks, and their invalidations when they were served
  std::vector<Fault> batch_;
  std::vector<Fault> sorted_;                                   // while a batch is sorted
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order_;  // page number and arrival
  std::vector<Group> groups_;
  std::vector<std::uint64_t> regions_;  // of the access counters that are served
  std::deque<Ahead> ahead_;             // to bring when no fault waits
  std::vector<PageRange> ranges_;       // while a prefetcher says what
  std::uint64_t forgotten_ahead_ = 0;
  bool foresees_ = false;                     // a prefetcher with foresight has not said that it knows nothing
  SimTime throttled_until_ = SimTime::max();  // end of the first nap of the batch; max: nothing was throttled
  SimTime throttled_at_;                      // date of the last batch that served nothing but throttled faults
  std::uint64_t throttled_batches_ = 0;       // and how many there were at that date
  std::vector<SimTime> awaiting_replay_;      // times at which the faults were raised that the next replay answers
};

}  // namespace farfault
