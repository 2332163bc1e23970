/// The order in which kernels with a thread a row, or a warp a row, go over compressed rows.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "traces/generators/warp.h"

namespace farfault::traces {

/// The threads of the resident blocks that have entries left, each at its next one. In lockstep: in each round every
/// warp takes one more entry a lane; lanes whose rows are at their end idle, and warps without lanes are gone.
///
///     for (; !lanes.empty(); lanes.advance()) {
///       for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) { ... }
///     }
class RowLanes {
 public:
  struct Lane {
    std::uint32_t row;
    std::uint32_t entry;  ///< index of the next entry among all entries
    std::uint32_t end;    ///< of the row's entries
  };
  using Warp = std::span<const Lane>;

  /// `rows_per_warp` neighbouring rows share a warp; in a round a lane goes on by `stride` entries.
  RowLanes(std::uint64_t rows_per_warp, std::uint32_t stride) : rows_per_warp_(rows_per_warp), stride_(stride) {}

  /// Rows in ascending order. A row without entries is not kept.
  void add(std::uint64_t row, std::uint32_t begin, std::uint32_t end) {
    if (begin < end) lanes_.push_back({static_cast<std::uint32_t>(row), begin, end});
  }
  bool empty() const { return lanes_.empty(); }
  Warp first_warp() const { return warp_at(0); }
  Warp warp_after(Warp warp) const {
    return warp_at(static_cast<std::size_t>(warp.data() - lanes_.data()) + warp.size());
  }
  /// Whether this round is the warp's last.
  bool ends(Warp warp) const {
    return std::all_of(warp.begin(), warp.end(), [this](const Lane& lane) { return lane.end - lane.entry <= stride_; });
  }
  void advance() {
    std::erase_if(lanes_, [this](const Lane& lane) { return lane.end - lane.entry <= stride_; });
    for (Lane& lane : lanes_) lane.entry += stride_;
  }

 private:
  Warp warp_at(std::size_t begin) const {
    std::size_t end = begin;
    while (end < lanes_.size() && lanes_[end].row / rows_per_warp_ == lanes_[begin].row / rows_per_warp_) ++end;
    return {lanes_.data() + begin, end - begin};
  }

  std::uint64_t rows_per_warp_;
  std::uint32_t stride_;
  std::vector<Lane> lanes_;  ///< by row; 12 bytes a resident thread
};

/// Some lanes of one warp.
class WarpLanes {
 public:
  /// REQUIRES: at most 32 calls.
  void add(RowLanes::Lane lane) { lanes_[count_++] = lane; }
  operator RowLanes::Warp() const { return {lanes_.data(), count_}; }  // NOLINT(google-explicit-constructor): a view
  const RowLanes::Lane* begin() const { return lanes_.data(); }
  const RowLanes::Lane* end() const { return lanes_.data() + count_; }

 private:
  std::array<RowLanes::Lane, kWarp> lanes_;
  std::size_t count_ = 0;
};

/// An instruction in which each lane of a warp accesses `bytes` at address_of(lane).
template <class AddressOf>
void issue_lanes(Emitter& out, Op op, RowLanes::Warp warp, std::uint64_t bytes, AddressOf address_of) {
  WarpInstruction instruction;
  for (const RowLanes::Lane& lane : warp) instruction.lanes(address_of(lane), bytes);
  instruction.issue(out, op);
}

/// The rows of the blocks that are resident at a time, and their warps:
///
///     for (RowWave wave(rows, rows_per_block, resident); !wave.empty(); wave.advance()) ...
class RowWave {
 public:
  RowWave(std::uint64_t rows, std::uint64_t rows_per_block, std::uint64_t resident_blocks)
      : rows_(rows), step_(rows_per_block * resident_blocks) {}

  bool empty() const { return begin_ >= rows_; }
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return std::min(rows_, begin_ + step_); }
  void advance() { begin_ += step_; }
  /// The blocks take the places of earlier ones, which have ended.
  void wait(Emitter& out) const {
    if (begin_ != 0) out.dependency();
  }

 private:
  std::uint64_t rows_;
  std::uint64_t step_;
  std::uint64_t begin_ = 0;
};

}  // namespace farfault::traces
