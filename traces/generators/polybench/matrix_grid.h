/// What PolyBench's kernels over matrices have in common: blocks of 32 x 8 threads, a thread an element.
#pragma once

#include <algorithm>
#include <cstdint>

#include "traces/generators/program.h"

namespace farfault::traces {

inline constexpr std::uint64_t kFloat = sizeof(float);

/// Neighbouring elements of a row, one a lane of a warp.
struct RowSegment {
  std::uint64_t row = 0;
  std::uint64_t column = 0;
  std::uint64_t lanes = 0;  ///< 0: no thread of the warp is active

  std::uint64_t bytes() const { return kFloat * lanes; }
  /// Without the columns below `low` and from `high` on.
  RowSegment within(std::uint64_t low, std::uint64_t high) const {
    const std::uint64_t begin = std::max(column, low);
    const std::uint64_t end = std::min(column + lanes, high);
    return {row, begin, begin < end ? end - begin : 0};
  }
};

/// A grid over a row-major matrix of rows x columns. Block ids go along the columns first; a block's eight warps are
/// eight rows of 32 elements.
class MatrixGrid {
 public:
  static constexpr std::uint64_t kWarps = 8;

  MatrixGrid(std::uint64_t rows, std::uint64_t columns)
      : rows_(rows), columns_(columns), blocks_across_((columns + kWarp - 1) / kWarp) {}

  std::uint64_t blocks() const { return blocks_across_ * ((rows_ + kWarps - 1) / kWarps); }
  RowSegment warp(std::uint64_t block, std::uint64_t warp) const {
    const std::uint64_t row = block / blocks_across_ * kWarps + warp;
    const std::uint64_t column = block % blocks_across_ * kWarp;
    return {row, column, row < rows_ ? std::min(kWarp, columns_ - column) : 0};
  }

 private:
  std::uint64_t rows_;
  std::uint64_t columns_;
  std::uint64_t blocks_across_;
};

/// Blocks that 28 multiprocessors of 2048 threads hold: 8 blocks of 256 threads each.
inline constexpr std::uint64_t kPolybenchBlocks = 224;
inline constexpr const char* kPolybenchBlocksSource =
    "28 multiprocessors x 8 blocks of 256 threads (UVMSmart's Titan X Pascal)";

}  // namespace farfault::traces
