/// Memory instructions of warps, coalesced as a device does first: what neighbouring lanes want of neighbouring
/// elements is one access, and what several lanes want of the same elements is one access too.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "traces/generators/program.h"

namespace farfault::traces {

/// One instruction of one warp. Lanes are added in order; lanes that do not take part are left out.
class WarpInstruction {
 public:
  /// Further lanes, which cover `bytes` from `address` on. REQUIRES: bytes > 0; at most 32 calls.
  void lanes(std::uint64_t address, std::uint64_t bytes) {
    const std::uint64_t end = address + bytes;
    if (count_ != 0 && address == runs_[count_ - 1].end) {
      runs_[count_ - 1].end = end;
      return;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (runs_[i].begin <= address && end <= runs_[i].end) return;  // other lanes have asked for it
    }
    runs_[count_++] = {address, end};
  }

  void issue(Emitter& out, Op op) const {
    for (std::size_t i = 0; i < count_; ++i) out.access(runs_[i].begin, runs_[i].end - runs_[i].begin, op);
  }

 private:
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };
  std::array<Run, kWarp> runs_;
  std::size_t count_ = 0;
};

/// An instruction of a two-dimensional thread block whose width divides 32: every warp holds `rows_per_warp` of its
/// rows. In the rows from `begin` to before `end`, the active threads cover `bytes` from address_of(row) on.
template <class AddressOf>
void issue_rows(Emitter& out, Op op, std::uint64_t rows_per_warp, std::uint64_t begin, std::uint64_t end,
                std::uint64_t bytes, AddressOf address_of) {
  if (bytes == 0) return;
  for (std::uint64_t row = begin; row < end;) {
    const std::uint64_t warp_end = std::min(end, (row / rows_per_warp + 1) * rows_per_warp);
    WarpInstruction instruction;
    for (; row < warp_end; ++row) instruction.lanes(address_of(row), bytes);
    instruction.issue(out, op);
  }
}

/// An instruction of a one-dimensional thread block, in which the threads from `begin` to before `end` are active and
/// thread t accesses the element at `thread_0 + t * element_size`. One access a warp.
inline void issue_threads(Emitter& out, Op op, std::uint64_t begin, std::uint64_t end, std::uint64_t thread_0,
                          std::uint64_t element_size) {
  while (begin < end) {
    const std::uint64_t warp_end = std::min(end, (begin / kWarp + 1) * kWarp);
    out.access(thread_0 + begin * element_size, (warp_end - begin) * element_size, op);
    begin = warp_end;
  }
}

/// The part of `count` neighbouring positions, of which the first is at `first`, that lies within 0 .. limit - 1: the
/// threads of a block that are inside a grid. Empty is begin == end.
struct Clipped {
  std::uint64_t begin = 0;  ///< of 0 .. count
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  /// Without the positions below `low` and from `high` on.
  Clipped within(std::uint64_t low, std::uint64_t high) const {
    const std::uint64_t from = std::max(begin, low);
    return {from, std::max(from, std::min(end, high))};
  }
};
/// What of begin .. end is a warp's, whose threads or rows are `each` from warp * each on.
inline Clipped part_of(std::uint64_t warp, std::uint64_t each, std::uint64_t begin, std::uint64_t end) {
  return Clipped{begin, end}.within(warp * each, (warp + 1) * each);
}
/// REQUIRES: everything is below 2^62.
inline Clipped clip(std::int64_t first, std::uint64_t count, std::uint64_t limit) {
  const auto signed_count = static_cast<std::int64_t>(count);
  const std::int64_t begin = std::clamp<std::int64_t>(-first, 0, signed_count);
  const std::int64_t end = std::clamp<std::int64_t>(static_cast<std::int64_t>(limit) - first, begin, signed_count);
  return {static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)};
}

}  // namespace farfault::traces
