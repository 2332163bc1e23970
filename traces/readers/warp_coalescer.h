/// Turns the lanes of one memory instruction of a warp into accesses, as a device coalesces them: lanes that want the
/// same bytes, or bytes side by side, are one access.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "traces/access.h"
#include "traces/readers/filling.h"

namespace farfault::traces {

/// One instruction of one warp. Lanes are added in their order; inactive ones are left out.
class WarpCoalescer {
 public:
  static constexpr std::size_t kLanes = 32;

  /// `width` is what each lane accesses, in bytes. REQUIRES: 0 < width <= 4096.
  explicit WarpCoalescer(std::uint32_t width) : width_(width) {}

  /// REQUIRES: address + width does not wrap; at most kLanes calls.
  void add(std::uint64_t address) {
    // Most often the lane comes right behind the one before.
    if (count_ != 0 && join(runs_[count_ - 1], address)) return;
    for (std::size_t i = 0; i + 1 < count_; ++i) {
      if (join(runs_[i], address)) return;
    }
    runs_[count_++] = {address, address + width_};
  }

  /// Appends the accesses in the order of their first lanes. `instructions` are those since the agent's last access,
  /// which go before the first one; they are taken, set to zero, if there is one. REQUIRES: has_room_for_warp(block).
  void append_to(AccessBlock& block, Op op, std::uint16_t agent, std::uint64_t& instructions) const {
    if (count_ == 0) return;
    if (instructions > Access::kMaxGap) {
      add_event(block, EventKind::kCompute, agent).value = instructions - Access::kMaxGap;
      instructions = Access::kMaxGap;
    }
    auto gap = static_cast<std::uint16_t>(std::exchange(instructions, 0));
    for (std::size_t i = 0; i < count_; ++i) {
      const auto size = static_cast<std::uint32_t>(runs_[i].end - runs_[i].begin);
      block.accesses.push_back(Access::make(runs_[i].begin, size, op, std::exchange(gap, std::uint16_t{0}), agent));
    }
  }

 private:
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };

  /// Puts the lane into the run if it lies in it, right behind it or right before it.
  bool join(Run& run, std::uint64_t address) const {
    if (address == run.end) {
      run.end += width_;
    } else if (address + width_ == run.begin) {
      run.begin = address;
    } else if (address < run.begin || address + width_ > run.end) {
      return false;
    }
    return true;
  }

  std::uint32_t width_;
  std::size_t count_ = 0;
  std::array<Run, kLanes> runs_;
};

/// Whether the block has room for what one instruction of a warp, or a line with events, yields.
inline bool has_room_for_warp(const AccessBlock& block) {
  return block.accesses.size() + WarpCoalescer::kLanes <= kBlockAccesses &&
         block.events.size() + kEventsAtOnce <= kBlockAccesses;
}

}  // namespace farfault::traces
