#include "traces/generators/stencils/stencil3d.h"

#include <algorithm>
#include <utility>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace stencil3d_program {

constexpr const char* kOrigin = "Parboil stencil, cuda version";
constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kWidth = 32;  ///< threads of a block; each has two cells of a plane, at x and x + 32
constexpr std::uint64_t kHeight = 4;

struct Settings {
  std::uint64_t nx = 0;
  std::uint64_t ny = 0;
  std::uint64_t nz = 0;
  std::uint64_t iterations = 0;
  std::uint64_t resident_blocks = 0;
};

std::uint64_t blocks_across(const Settings& s) { return (s.nx - 1) / (2 * kWidth) + 1; }
std::uint64_t blocks_down(const Settings& s) { return (s.ny - 1) / kHeight + 1; }

/// Half of a block's columns: 32 threads across, 4 down, one cell each in every plane.
class HalfBlock {
 public:
  HalfBlock(Emitter& out, const Settings& s, std::uint64_t block, std::uint64_t half)
      : out_(out),
        s_(s),
        half_(half),
        first_x_((block % blocks_across(s) * 2 + half) * kWidth),
        first_y_(block / blocks_across(s) * kHeight) {
    const auto part = [](std::uint64_t first, std::uint64_t count, std::uint64_t limit) {
      return clip(static_cast<std::int64_t>(first), count, limit);
    };
    columns_ = part(first_x_, kWidth, s.nx);
    rows_ = part(first_y_, kHeight, s.ny);
    inner_columns_ = part(first_x_, kWidth, s.nx - 1).within(first_x_ == 0 ? 1 : 0, kWidth);
    inner_rows_ = part(first_y_, kHeight, s.ny - 1).within(first_y_ == 0 ? 1 : 0, kHeight);
  }

  /// All cells of plane z.
  void load(std::uint64_t array, std::uint64_t z) { issue(array, Op::kRead, columns_, rows_, 0, z); }
  /// The inner cells of plane z.
  void store(std::uint64_t array, std::uint64_t z) { issue(array, Op::kWrite, inner_columns_, inner_rows_, 0, z); }
  /// The neighbours that are not in the block's shared memory: of its last row below, of its first row above.
  void load_rows_around(std::uint64_t array, std::uint64_t z) {
    issue(array, Op::kRead, inner_columns_, inner_rows_.within(kHeight - 1, kHeight), s_.nx, z);
    issue(array, Op::kRead, inner_columns_, inner_rows_.within(0, 1), 0 - s_.nx, z);
  }
  /// The same at the sides: left of the first half, right of the second.
  void load_column_beside(std::uint64_t array, std::uint64_t z) {
    const bool first = half_ == 0;
    issue(array, Op::kRead, first ? inner_columns_.within(0, 1) : inner_columns_.within(kWidth - 1, kWidth),
          inner_rows_, first ? 0 - std::uint64_t{1} : 1, z);
  }

 private:
  /// `offset` is in elements from each thread's own cell; a negative one wraps around and back.
  void issue(std::uint64_t array, Op op, Clipped columns, Clipped rows, std::uint64_t offset, std::uint64_t z) {
    issue_rows(out_, op, 1, rows.begin, rows.end, columns.size() * kFloat, [&](std::uint64_t ty) {
      return array + ((z * s_.ny + first_y_ + ty) * s_.nx + first_x_ + columns.begin + offset) * kFloat;
    });
  }

  Emitter& out_;
  const Settings& s_;
  std::uint64_t half_;
  std::uint64_t first_x_;
  std::uint64_t first_y_;
  Clipped columns_;  ///< threads inside the grid ...
  Clipped rows_;
  Clipped inner_columns_;  ///< ... and not at its border
  Clipped inner_rows_;
};

/// Steps: planes 0 and 1; then for each inner plane z four: plane z + 1, the neighbours in plane z above and below, and
/// beside, that other blocks have in their shared memory; the results.
std::uint64_t steps(const Settings& s) { return 2 + 4 * (s.nz - 2); }
void issue(Emitter& out, const Settings& s, std::uint64_t source, std::uint64_t target, std::uint64_t block,
           std::uint64_t step) {
  for (std::uint64_t half = 0; half < 2; ++half) {
    HalfBlock cells(out, s, block, half);
    if (step < 2) {
      cells.load(source, step);
      continue;
    }
    const std::uint64_t z = (step - 2) / 4 + 1;
    switch ((step - 2) % 4) {
      case 0:
        cells.load(source, z + 1);
        break;
      case 1:
        cells.load_rows_around(source, z);
        break;
      case 2:
        cells.load_column_beside(source, z);
        break;
      default:
        cells.store(target, z);
    }
  }
}

Program stencil3d(Emitter& out, Settings s) {
  const std::uint64_t cells = s.nx * s.ny * s.nz;
  std::uint64_t source = map_array(out, "A0", cells, kFloat);
  std::uint64_t target = map_array(out, "Anext", cells, kFloat);
  for (const std::uint64_t array : {target, source, target}) {  // zeroed; then both from the same file
    for (CpuSweep sweep({{array, kFloat, Op::kWrite}}, cells); sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
  for (std::uint64_t iteration = 0; iteration < s.iterations; ++iteration) {
    out.launch("block2D_hybrid_coarsen_x");
    // A barrier behind the first two planes; stores.
    for (GridWalk walk(blocks_across(s) * blocks_down(s), s.resident_blocks, steps(s)); walk.next();) {
      walk.wait(out, walk.step() == 2 || (walk.step() > 2 && (walk.step() - 2) % 4 == 3));
      issue(out, s, source, target, walk.block(), walk.step());
      if (out.full()) co_yield Pause{};
    }
    out.end_kernel();
    std::swap(source, target);
  }
  out.synchronize();
  for (CpuSweep sweep({{source, kFloat, Op::kRead}}, cells); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.nx = parameters.get<std::uint64_t>("nx");
  s.ny = parameters.get<std::uint64_t>("ny");
  s.nz = parameters.get<std::uint64_t>("nz");
  s.iterations = parameters.get<std::uint64_t>("iterations");
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return stencil3d(out, s); };
}

}  // namespace stencil3d_program

GeneratorInfo stencil3d_generator() {
  using namespace stencil3d_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr std::uint64_t kMaxSide = 1U << 14U;
  return program_generator({
      .name = "stencil3d",
      .summary = "Parboil stencil: 7-point Jacobi iterations in three dimensions; blocks march through the planes",
      .parameters = {count_parameter("nx", 512, "cells in x, with the border; fastest in memory", kOrigin, 3, kMaxSide),
                     count_parameter("ny", 512, "cells in y, with the border", kOrigin, 3, kMaxSide),
                     count_parameter("nz", 64, "planes, with the border", kOrigin, 3, kMaxSide),
                     count_parameter("iterations", 10, "launches; the arrays change roles", kOrigin, 1, 1U << 30U),
                     resident_blocks_parameter(392, "UVMSmart: 14 blocks on each of 28 SMs")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
