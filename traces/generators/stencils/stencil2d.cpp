#include "traces/generators/stencils/stencil2d.h"

#include <array>
#include <utility>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace stencil2d_program {

constexpr const char* kOrigin = "assumption; thread blocks as in PolyBench-GPU jacobi-2d";
constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kWidth = 32;  ///< of a block
constexpr std::uint64_t kHeight = 8;

struct Settings {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint64_t iterations = 0;
  std::uint64_t resident_blocks = 0;
};

/// Steps: load the cell and its neighbours above, below, left and right; store. Cells of the border do nothing.
constexpr std::uint64_t kSteps = 6;
void issue(Emitter& out, const Settings& s, std::uint64_t source, std::uint64_t target, std::uint64_t block,
           std::uint64_t warp, std::uint64_t step) {
  const std::uint64_t blocks_across = (s.cols + kWidth - 1) / kWidth;
  const std::uint64_t first_column = block % blocks_across * kWidth;
  const std::uint64_t first_row = block / blocks_across * kHeight;
  const auto interior = [](std::uint64_t first, std::uint64_t count, std::uint64_t limit) {
    return clip(static_cast<std::int64_t>(first), count, limit - 1).within(first == 0 ? 1 : 0, count);
  };
  const Clipped inside = interior(first_row, kHeight, s.rows);
  const Clipped rows = part_of(warp, 1, inside.begin, inside.end);
  const Clipped columns = interior(first_column, kWidth, s.cols);
  // Of the loads, in elements; what is subtracted wraps around and back.
  const std::array<std::uint64_t, kSteps - 1> offsets{0, 0 - s.cols, s.cols, 0 - std::uint64_t{1}, 1};
  const bool store = step == kSteps - 1;
  const std::uint64_t array = store ? target : source + offsets[step] * kFloat;
  issue_rows(
      out, store ? Op::kWrite : Op::kRead, 1, rows.begin, rows.end, columns.size() * kFloat,
      [&](std::uint64_t ty) { return array + ((first_row + ty) * s.cols + first_column + columns.begin) * kFloat; });
}

Program stencil2d(Emitter& out, Settings s) {
  const std::uint64_t cells = s.rows * s.cols;
  std::uint64_t source = map_array(out, "A", cells, kFloat);
  std::uint64_t target = map_array(out, "B", cells, kFloat);
  for (CpuSweep sweep({{source, kFloat, Op::kWrite}, {target, kFloat, Op::kWrite}}, cells); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  const std::uint64_t blocks = ((s.cols + kWidth - 1) / kWidth) * ((s.rows + kHeight - 1) / kHeight);
  for (std::uint64_t iteration = 0; iteration < s.iterations; ++iteration) {
    out.launch("jacobi", 0, s.resident_blocks);
    for (GridBlocks turns(blocks, kHeight, kSteps, {kSteps - 1}); turns.next();) {
      turns.tell(out);
      issue(out, s, source, target, turns.block(), turns.warp(), turns.step());
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
  s.rows = parameters.get<std::uint64_t>("rows");
  s.cols = parameters.get<std::uint64_t>("cols");
  s.iterations = parameters.get<std::uint64_t>("iterations");
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return stencil2d(out, s); };
}

}  // namespace stencil2d_program

GeneratorInfo stencil2d_generator() {
  using namespace stencil2d_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = "stencil2d",
      .summary = "5-point Jacobi iterations in two dimensions, one thread a cell",
      .parameters = {count_parameter("rows", 1024, "rows of cells, with the border", kOrigin, 3, 1U << 20U),
                     count_parameter("cols", 1024, "columns of cells, with the border", kOrigin, 3, 1U << 20U),
                     count_parameter("iterations", 10, "launches; the arrays change roles", kOrigin, 1, 1U << 30U),
                     resident_blocks_parameter(224, "assumption: 8 blocks on each of 28 SMs, as in UVMSmart")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
