#include "traces/generators/rodinia/pathfinder.h"

#include <algorithm>
#include <array>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace pathfinder_program {

constexpr const char* kOrigin = "Rodinia 3.1 pathfinder.cu";
constexpr std::uint64_t kInt = 4;
constexpr std::uint64_t kBlockThreads = 256;

struct Settings {
  std::uint64_t cols = 0;
  std::uint64_t rows = 0;
  std::uint64_t pyramid_height = 0;
  std::uint64_t resident_blocks = 0;
};

struct Launch {
  std::uint64_t source = 0;
  std::uint64_t wall = 0;  ///< the launch's first row
  std::uint64_t target = 0;
  std::uint64_t cols = 0;
  std::uint64_t height = 0;      ///< the pyramid's: a block begins so far before its columns
  std::uint64_t iterations = 0;  ///< rows of this launch: the height, or fewer in the last one
};

/// Steps: load the results so far; then a row of the wall each, with one thread less at each end each time; store the
/// results that the block completes.
void issue(Emitter& out, const Launch& launch, std::uint64_t block, std::uint64_t step) {
  const std::int64_t first = static_cast<std::int64_t>(block * (kBlockThreads - 2 * launch.iterations)) -
                             static_cast<std::int64_t>(launch.height);
  const Clipped inside = clip(first, kBlockThreads, launch.cols);
  const bool load = step == 0;
  const bool store = step == launch.iterations + 1;
  const std::uint64_t margin = store ? launch.iterations : step;
  const Clipped threads = inside.within(margin, kBlockThreads - margin);
  std::uint64_t row = launch.wall + (step - 1) * launch.cols * kInt;
  if (load || store) row = load ? launch.source : launch.target;
  // Wraps below the row where the first thread is outside; threads that take part are inside.
  issue_threads(out, store ? Op::kWrite : Op::kRead, threads.begin, threads.end,
                row + static_cast<std::uint64_t>(first) * kInt, kInt);
}

Program pathfinder(Emitter& out, Settings s) {
  std::array<std::uint64_t, 2> results{};
  results[0] = map_array(out, "gpuResult[0]", s.cols, kInt);
  results[1] = map_array(out, "gpuResult[1]", s.cols, kInt);
  const std::uint64_t wall_cells = (s.rows - 1) * s.cols;
  const std::uint64_t wall = map_array(out, "gpuWall", wall_cells, kInt);
  for (const Op op : {Op::kWrite, Op::kRead}) {  // filled, then printed
    for (CpuSweep sweep({{results[0], kInt, op}}, s.cols); sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
    for (CpuSweep sweep({{wall, kInt, op}}, wall_cells); sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }

  const std::uint64_t cols_per_block = kBlockThreads - 2 * s.pyramid_height;
  const std::uint64_t blocks = (s.cols + cols_per_block - 1) / cols_per_block;
  std::size_t source = 0;
  for (std::uint64_t row = 0; row < s.rows - 1; row += s.pyramid_height) {
    const Launch launch{results[source], wall + row * s.cols * kInt, results[1 - source],
                        s.cols,          s.pyramid_height,           std::min(s.pyramid_height, s.rows - 1 - row)};
    out.launch("dynproc_kernel");
    for (GridWalk walk(blocks, s.resident_blocks, launch.iterations + 2); walk.next();) {
      walk.wait(out, true);  // a barrier a row
      issue(out, launch, walk.block(), walk.step());
      if (out.full()) co_yield Pause{};
    }
    out.end_kernel();
    source = 1 - source;
  }
  out.synchronize();
  for (CpuSweep sweep({{results[source], kInt, Op::kRead}}, s.cols); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.cols = parameters.get<std::uint64_t>("cols");
  s.rows = parameters.get<std::uint64_t>("rows");
  s.pyramid_height = parameters.get<std::uint64_t>("pyramid_height");
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return pathfinder(out, s); };
}

}  // namespace pathfinder_program

GeneratorInfo pathfinder_generator() {
  using namespace pathfinder_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = "pathfinder",
      .summary = "Rodinia pathfinder: the cheapest way through a matrix, row by row",
      .parameters = {count_parameter("cols", 50'000, "columns", kOrigin, 1, 1U << 24U),
                     count_parameter("rows", 200, "rows; the first one is the initial result", kOrigin, 2, 1U << 20U),
                     count_parameter("pyramid_height", 10, "rows in one launch", kOrigin, 1, kBlockThreads / 2 - 1),
                     resident_blocks_parameter(224, "UVMSmart: 8 blocks on each of 28 SMs")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
