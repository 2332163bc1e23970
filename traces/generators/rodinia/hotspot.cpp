#include "traces/generators/rodinia/hotspot.h"

#include <algorithm>
#include <array>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace hotspot_program {

constexpr const char* kOrigin = "Rodinia 3.1 hotspot.cu";
constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kSide = 16;  ///< of a block
constexpr std::uint64_t kRowsPerWarp = kWarp / kSide;

struct Settings {
  std::uint64_t size = 0;
  std::uint64_t pyramid_height = 0;
  std::uint64_t steps = 0;
  std::uint64_t resident_blocks = 0;
};

struct Launch {
  std::uint64_t source = 0;
  std::uint64_t power = 0;
  std::uint64_t target = 0;
  std::uint64_t size = 0;        ///< of the grid of cells, per side
  std::uint64_t height = 0;      ///< the pyramid's: a block begins so far before its cells
  std::uint64_t iterations = 0;  ///< of this launch: the height, or fewer in the last one
  std::uint64_t blocks_per_side = 0;
};

/// The cell of a block's thread 0 along one axis: blocks advance by the cells that they complete.
std::int64_t first_cell(const Launch& launch, std::uint64_t block) {
  return static_cast<std::int64_t>(block * (kSide - 2 * launch.iterations)) - static_cast<std::int64_t>(launch.height);
}

/// Steps: load the old temperature, load the power, store the new temperature of the cells that the block completes.
constexpr std::uint64_t kSteps = 3;
void issue(Emitter& out, const Launch& launch, std::uint64_t block, std::uint64_t warp, std::uint64_t step) {
  const std::int64_t first_row = first_cell(launch, block / launch.blocks_per_side);
  const std::int64_t first_column = first_cell(launch, block % launch.blocks_per_side);
  Clipped rows = clip(first_row, kSide, launch.size);
  Clipped columns = clip(first_column, kSide, launch.size);
  if (step == 2) {
    rows = rows.within(launch.iterations, kSide - launch.iterations);
    columns = columns.within(launch.iterations, kSide - launch.iterations);
  }
  rows = part_of(warp, kRowsPerWarp, rows.begin, rows.end);
  const std::array<std::uint64_t, kSteps> arrays{launch.source, launch.power, launch.target};
  const auto address_of = [&](std::uint64_t thread_row) {
    const std::uint64_t row = static_cast<std::uint64_t>(first_row) + thread_row;  // wraps to where it is meant to be
    const std::uint64_t column = static_cast<std::uint64_t>(first_column) + columns.begin;
    return arrays[step] + (row * launch.size + column) * kFloat;
  };
  issue_rows(out, step == 2 ? Op::kWrite : Op::kRead, kRowsPerWarp, rows.begin, rows.end, columns.size() * kFloat,
             address_of);
}

Program hotspot(Emitter& out, Settings s) {
  const std::uint64_t cells = s.size * s.size;
  std::array<std::uint64_t, 2> temperature{};
  temperature[0] = map_array(out, "MatrixTemp[0]", cells, kFloat);
  temperature[1] = map_array(out, "MatrixTemp[1]", cells, kFloat);
  const std::uint64_t power = map_array(out, "MatrixPower", cells, kFloat);
  for (const std::uint64_t array : {temperature[0], power}) {
    for (CpuSweep sweep({{array, kFloat, Op::kWrite}}, cells); sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }

  const std::uint64_t cells_per_block = kSide - 2 * s.pyramid_height;
  const std::uint64_t blocks_per_side = (s.size + cells_per_block - 1) / cells_per_block;
  std::size_t source = 0;
  for (std::uint64_t done = 0; done < s.steps; done += s.pyramid_height) {
    const Launch launch{temperature[source],     power,
                        temperature[1 - source], s.size,
                        s.pyramid_height,        std::min(s.pyramid_height, s.steps - done),
                        blocks_per_side};
    out.launch("calculate_temp", 0, s.resident_blocks);
    for (GridBlocks turns(blocks_per_side * blocks_per_side, kSide / kRowsPerWarp, kSteps, {2}); turns.next();) {
      turns.tell(out);
      issue(out, launch, turns.block(), turns.warp(), turns.step());
      if (out.full()) co_yield Pause{};
    }
    out.end_kernel();
    source = 1 - source;
  }
  out.synchronize();
  for (CpuSweep sweep({{temperature[source], kFloat, Op::kRead}}, cells); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.size = parameters.get<std::uint64_t>("size");
  s.pyramid_height = parameters.get<std::uint64_t>("pyramid_height");
  s.steps = parameters.get<std::uint64_t>("steps");
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return hotspot(out, s); };
}

}  // namespace hotspot_program

GeneratorInfo hotspot_generator() {
  using namespace hotspot_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = "hotspot",
      .summary = "Rodinia hotspot: temperatures of a chip, a 2-D stencil in overlapping 16 x 16 blocks",
      .parameters = {count_parameter("size", 1024, "rows and columns of cells", kOrigin, 1, 1U << 20U),
                     count_parameter("pyramid_height", 2, "time steps in one launch", kOrigin, 1, kSide / 2 - 1),
                     count_parameter("steps", 8, "time steps in all", kOrigin, 1, 1U << 30U),
                     resident_blocks_parameter(196, "UVMSmart: 7 blocks on each of 28 SMs")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
