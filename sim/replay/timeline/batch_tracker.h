/// What belongs to a device's batches: which faults they read, which copies followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "models/observer.h"
#include "sim/core/units.h"
#include "sim/replay/timeline/slice_track.h"

namespace farfault::timeline {

/// Of one device. Batches are told of at their end, so what a driver does is taken for the batch after the last one
/// told, but a replay at once after it.
class BatchTracker {
 public:
  static constexpr std::size_t kMostFaults = 65'536;
  static constexpr std::size_t kMostCopies = 1024;
  static constexpr std::size_t kMostBlocks = 4096;

  /// Faults of a batch in one 2 MiB block.
  struct BlockFaults {
    FaultSeen first;
    std::uint64_t faults = 0;
  };
  struct Copy {
    SliceTrack* track = nullptr;
    SliceTrack::Key slice;
    SimTime asked;
  };

  explicit BatchTracker(std::uint64_t every) : every_(every) {}

  /// Whether the batch that is being served, or the last one, is one of those that are shown.
  bool shows_current() const { return next_ % every_ == 0; }
  bool shows_replay() const { return replay_is_due_ ? (next_ - 1) % every_ == 0 : shows_current(); }

  void on_fault(const FaultSeen& fault);
  /// The oldest so many, of those that are there by `now`, were dropped unread.
  void on_flush(std::uint64_t entries, SimTime now);
  /// Pages come on demand: the copies that follow bring them.
  void on_demand(BlockNumber block, SimTime now);
  void on_copy(const Copy& copy);
  /// The driver does something other than a replay.
  void on_work() { replay_is_due_ = false; }
  /// The batch's faults by block. The buffer is a queue: those that it read are the oldest that it did not drop.
  std::vector<BlockFaults> on_batch(const BatchSpan& batch);
  /// When the faults were raised that were read or dropped since the last call.
  std::vector<SimTime> take_gone() { return std::exchange(gone_, {}); }
  /// The copy after the plan for the block, in the batch of the last on_batch(). Null: there is none.
  const Copy* copy_of(BlockNumber block, SimTime start) const;
  /// What is kept for copy_of() is of no more use.
  void forget();

 private:
  /// Sorts those that are there by `now` to the front, the oldest first; returns how many these are.
  std::size_t sort_until(SimTime now);
  /// Takes the oldest away.
  void remove(std::size_t faults);

  std::uint64_t every_;
  std::uint64_t next_ = 0;  ///< number of the batch that is served, or will be
  bool replay_is_due_ = false;
  std::deque<FaultSeen> faults_;
  std::vector<SimTime> gone_;
  std::map<BlockNumber, SimTime> planned_;
  std::vector<Copy> copies_;
};

}  // namespace farfault::timeline
