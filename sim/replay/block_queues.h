/// The thread blocks that a stream has resident, where a trace tells of them, and what of their accesses waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <unordered_map>
#include <vector>

#include "sim/core/units.h"
#include "traces/access.h"

namespace farfault {

/// An access that waits for faults: what is left of it, from the page on that it needs next.
struct ParkedAccess {
  std::uint64_t address = 0;
  std::uint64_t end = 0;
  traces::Op op = traces::Op::kRead;
  SimTime since;  ///< first tried, or, of a block that was not there yet, queued
  std::uint32_t micro_tlb = 0;
};

/// What comes of trying an access.
enum class Attempt : std::uint8_t { kDone, kFaulted, kNoSlot };

/// Blocks come in the trace's order, each on one multiprocessor: that of its number, or the one with the fewest blocks
/// where that has its share. The accesses of a block's stage are issued together; those of the next one when all of
/// these are done. As soon as anything waits for a fault, blocks that come are queued until all places are taken, since
/// serving a fault takes longer than starting a block; what has come is then tried. A multiprocessor tries its accesses
/// in their order, and the multiprocessors of a micro-TLB take turns. Where a micro-TLB has no free slot for a fault,
/// all that is behind waits for a replay, also what would hit. Blocks that never wait are not kept.
class BlockQueues {
 public:
  /// REQUIRES: both > 0.
  BlockQueues(std::uint32_t micro_tlbs, std::uint32_t multiprocessors_of_each)
      : sharers_(multiprocessors_of_each),
        queues_(std::size_t{micro_tlbs} * multiprocessors_of_each),
        blocked_(micro_tlbs) {}

  /// At most `resident` blocks have accesses that wait; 0: as many as come. No block is current. REQUIRES: empty().
  void begin_kernel(std::uint64_t resident);
  /// What follows is of this block. What it did at other stages before comes first.
  void turn(std::uint64_t block, std::uint64_t stage);
  /// Whether there is a current block.
  bool has_current() const { return in_block_; }
  /// Where the current block runs.
  std::uint32_t micro_tlb() const { return processor_ / sharers_; }
  /// Whether there is no place for the current block, or for more that wait: until some of them are done.
  bool full() const;
  /// Whether nothing waits; else the current block's next access has to wait for earlier ones before it is tried.
  bool empty() const { return contexts_.empty(); }

  /// The current block's next access waits; `tried` if for a fault. REQUIRES: has_current().
  void push(const ParkedAccess& access, bool tried);
  /// What waits for faults is to be tried again.
  void replay();

  /// Tries what is to be tried. `attempt` takes a ParkedAccess& and returns an Attempt.
  template <class Try>
  void pass(Try&& attempt) {
    for (std::uint32_t tlb = 0; tlb < blocked_.size(); ++tlb) {
      for (bool more = true; more && !blocked_[tlb];) {
        more = false;
        for (std::uint32_t i = 0; i < sharers_ && !blocked_[tlb]; ++i) {
          Queue& queue = queues_[std::size_t{tlb} * sharers_ + i];
          if (queue.ready.empty()) continue;
          more = true;
          Queued& first = queue.ready.front();
          const Attempt result = attempt(first.access);
          if (result == Attempt::kNoSlot) {
            blocked_[tlb] = true;
            break;
          }
          const Queued taken = first;
          queue.ready.pop_front();
          result == Attempt::kDone ? done(taken.block) : queue.waiting.push_back(taken);
        }
      }
    }
  }

 private:
  /// More than this would be the trace's doing, not a device's.
  static constexpr std::size_t kMostAccesses = std::size_t{1} << 18U;

  struct Queued {
    ParkedAccess access;
    std::uint64_t block;
  };
  /// Of a multiprocessor. What waits comes before what is ready.
  struct Queue {
    std::vector<Queued> waiting;
    std::deque<Queued> ready;
    std::uint64_t blocks = 0;
  };
  struct Later {
    ParkedAccess access;
    std::uint64_t stage;
  };
  struct Context {
    std::uint32_t processor = 0;
    std::uint64_t stage = 0;   ///< of what is in a queue
    std::size_t queued = 0;    ///< how many these are
    std::vector<Later> later;  ///< of other stages, in their order, from `next` on
    std::size_t next = 0;
  };

  void done(std::uint64_t block);
  /// Puts the accesses of the block's next stage behind all others of its multiprocessor. False if there are none.
  bool next_stage(std::uint64_t block, Context& context);
  std::uint32_t place(std::uint64_t block) const;

  std::uint32_t sharers_;
  std::unordered_map<std::uint64_t, Context> contexts_;  // by the block's number; never iterated
  std::vector<Queue> queues_;                            // by multiprocessor; those of a micro-TLB side by side
  std::vector<bool> blocked_;                            // by micro-TLB: no free slot since the last replay
  std::size_t accesses_ = 0;                             // in queues and contexts
  std::uint64_t resident_ = std::numeric_limits<std::uint64_t>::max();
  bool in_block_ = false;
  std::uint64_t block_ = 0;  // the current one
  std::uint64_t stage_ = 0;
  std::uint32_t processor_ = 0;
};

}  // namespace farfault
