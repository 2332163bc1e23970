#include "traces/generators/rodinia/nw.h"

#include <string>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace nw_program {

constexpr const char* kName = "nw";
constexpr const char* kOrigin = "Rodinia 3.1 needle.cu";
constexpr std::uint64_t kInt = 4;
constexpr std::uint64_t kTile = 16;  ///< side of a tile, and threads of a block

struct Settings {
  std::uint64_t size = 0;
  std::uint64_t resident_blocks = 0;
};

/// Both matrices have size + 1 rows and columns.
struct Matrices {
  std::uint64_t reference = 0;
  std::uint64_t itemsets = 0;
  std::uint64_t pitch = 0;  ///< elements of a row

  std::uint64_t r(std::uint64_t row, std::uint64_t column) const { return reference + at(row, column); }
  std::uint64_t m(std::uint64_t row, std::uint64_t column) const { return itemsets + at(row, column); }

 private:
  std::uint64_t at(std::uint64_t row, std::uint64_t column) const { return (row * pitch + column) * kInt; }
};

/// A tile: the corner before it, its part of the reference, the column and the row before it; then its results, row by
/// row. The second kernel loads the reference before the corner.
constexpr std::uint64_t kSteps = 1 + kTile + 2 + kTile;
void issue_tile(Emitter& out, const Matrices& matrices, std::uint64_t tile_x, std::uint64_t tile_y,
                bool reference_first, std::uint64_t step) {
  const std::uint64_t row = kTile * tile_y;
  const std::uint64_t column = kTile * tile_x;
  if (step == (reference_first ? kTile : 0)) {
    out.read(matrices.m(row, column), kInt);
  } else if (step <= kTile) {
    out.read(matrices.r(row + step + (reference_first ? 1 : 0), column + 1), kTile * kInt);
  } else if (step == kTile + 1) {
    WarpInstruction load;
    for (std::uint64_t lane = 0; lane < kTile; ++lane) load.lanes(matrices.m(row + 1 + lane, column), kInt);
    load.issue(out, Op::kRead);
  } else if (step == kTile + 2) {
    out.read(matrices.m(row, column + 1), kTile * kInt);
  } else {
    out.write(matrices.m(row + step - kTile - 2, column + 1), kTile * kInt);
  }
}

/// Barriers are behind the reference, the column and the row; the second kernel loads the corner with the column.
bool follows_barrier(bool reference_first, std::uint64_t step) {
  return step == (reference_first ? kTile : kTile + 1) || step == kTile + 2 || step == kTile + 3;
}

/// The border of M without its corner: the first column, one element a row, and the first row.
Program write_border(Emitter& out, Matrices matrices, std::uint64_t size) {
  for (std::uint64_t row = 1; row <= size; ++row) {
    out.write(matrices.m(row, 0), kInt);
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep sweep({{matrices.m(0, 1), kInt, Op::kWrite}}, size); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

/// The sequences go into the border of M, and the scores of all pairs of their elements into R; then M's border gets
/// the penalties.
Program initialise(Emitter& out, Matrices matrices, std::uint64_t size) {
  for (CpuSweep sweep({{matrices.itemsets, kInt, Op::kWrite}}, (size + 1) * (size + 1)); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (Program border = write_border(out, matrices, size); border.resume();) co_yield Pause{};
  for (std::uint64_t row = 1; row <= size; ++row) {
    out.read(matrices.m(row, 0), kInt);
    for (CpuSweep sweep({{matrices.m(0, 1), kInt, Op::kRead}, {matrices.r(row, 1), kInt, Op::kWrite}}, size);
         sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
  for (Program border = write_border(out, matrices, size); border.resume();) co_yield Pause{};
}

/// From the last row and column but one. The path depends on the data; here it is the diagonal, as of two equal
/// sequences.
Program trace_back(Emitter& out, Matrices matrices, std::uint64_t size) {
  out.read(matrices.m(size - 1, size - 1), kInt);
  for (std::uint64_t i = size - 1; i > 0; --i) {
    out.read(matrices.m(i - 1, i - 1), kInt);
    out.read(matrices.m(i, i - 1), kInt);
    out.read(matrices.m(i - 1, i), kInt);
    out.read(matrices.r(i, i), kInt);
    if (out.full()) co_yield Pause{};
  }
}

Program nw(Emitter& out, Settings s) {
  Matrices matrices;
  matrices.pitch = s.size + 1;
  matrices.reference = map_array(out, "reference", matrices.pitch * matrices.pitch, kInt);
  matrices.itemsets = map_array(out, "itemsets", matrices.pitch * matrices.pitch, kInt);
  for (Program part = initialise(out, matrices, s.size); part.resume();) co_yield Pause{};

  const std::uint64_t tiles = s.size / kTile;
  for (std::uint64_t diagonal = 1; diagonal < 2 * tiles; ++diagonal) {
    const bool growing = diagonal <= tiles;
    const std::uint64_t blocks = growing ? diagonal : 2 * tiles - diagonal;
    out.launch(growing ? "needle_cuda_shared_1" : "needle_cuda_shared_2");
    for (GridWalk walk(blocks, s.resident_blocks, kSteps); walk.next();) {
      walk.wait(out, follows_barrier(!growing, walk.step()));
      const std::uint64_t x = growing ? walk.block() : walk.block() + tiles - blocks;
      const std::uint64_t y = growing ? blocks - 1 - walk.block() : tiles - 1 - walk.block();
      issue_tile(out, matrices, x, y, !growing, walk.step());
      if (out.full()) co_yield Pause{};
    }
    out.end_kernel();
  }
  out.synchronize();
  for (Program part = trace_back(out, matrices, s.size); part.resume();) co_yield Pause{};
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.size = parameters.get<std::uint64_t>("size");
  if (s.size % kTile != 0) {
    refuse(kName, "size " + std::to_string(s.size) + " is not a multiple of 16, the side of a tile",
           "give a multiple, 1024");
  }
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return nw(out, s); };
}

}  // namespace nw_program

GeneratorInfo nw_generator() {
  using namespace nw_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = kName,
      .summary = "Rodinia nw: alignment of two sequences, tiles along the diagonals of a matrix",
      .parameters = {count_parameter("size", 1024, "length of both sequences, a multiple of 16", kOrigin, kTile,
                                     1U << 20U),
                     resident_blocks_parameter(896, "UVMSmart: 32 blocks on each of 28 SMs")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
