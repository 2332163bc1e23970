#include "traces/generators/polybench/fdtd2d.h"

#include <array>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/polybench/matrix_product.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace fdtd2d_program {

/// The port's CPU prints every so many elements of hz.
constexpr std::uint64_t kPrintEvery = 1000;

struct Settings {
  std::uint64_t nx = 0;  ///< rows
  std::uint64_t ny = 0;
  std::uint64_t tmax = 0;
  std::uint64_t resident_blocks = 0;
};

/// Addresses of the fields: ex has nx rows of ny + 1, ey nx + 1 rows of ny, hz nx rows of ny.
struct Fields {
  std::uint64_t columns = 0;
  std::uint64_t fict = 0;
  std::uint64_t ex = 0;
  std::uint64_t ey = 0;
  std::uint64_t hz = 0;

  std::uint64_t ex_at(const RowSegment& s) const { return ex + kFloat * (s.row * (columns + 1) + s.column); }
  std::uint64_t ey_at(const RowSegment& s) const { return ey + kFloat * (s.row * columns + s.column); }
  std::uint64_t hz_at(const RowSegment& s) const { return hz + kFloat * (s.row * columns + s.column); }
  std::uint64_t row() const { return kFloat * columns; }
};

/// One memory instruction of a warp; `step` numbers the kernel's, `time` the iteration.
using Instruction = void (*)(Emitter& out, const Fields& f, const RowSegment& warp, std::uint64_t step,
                             std::uint64_t time);

void update_ey(Emitter& out, const Fields& f, const RowSegment& warp, std::uint64_t step, std::uint64_t time) {
  if (step == 3) return out.write(f.ey_at(warp), warp.bytes());
  if (warp.row == 0) {  // the source: one value for all
    if (step == 0) out.read(f.fict + kFloat * time, kFloat);
    return;
  }
  if (step == 0) return out.read(f.ey_at(warp), warp.bytes());
  out.read(f.hz_at(warp) - (step == 2 ? f.row() : 0), warp.bytes());
}

void update_ex(Emitter& out, const Fields& f, const RowSegment& warp, std::uint64_t step, std::uint64_t) {
  const RowSegment active = warp.within(1, f.columns);
  if (active.lanes == 0) return;
  if (step == 3) return out.write(f.ex_at(active), active.bytes());
  if (step == 0) return out.read(f.ex_at(active), active.bytes());
  out.read(f.hz_at(active) - (step == 2 ? kFloat : 0), active.bytes());
}

void update_hz(Emitter& out, const Fields& f, const RowSegment& warp, std::uint64_t step, std::uint64_t) {
  switch (step) {
    case 0:
      return out.read(f.hz_at(warp), warp.bytes());
    case 1:
      return out.read(f.ex_at(warp) + kFloat, warp.bytes());
    case 2:
      return out.read(f.ex_at(warp), warp.bytes());
    case 3:
      return out.read(f.ey_at(warp) + f.row(), warp.bytes());
    case 4:
      return out.read(f.ey_at(warp), warp.bytes());
    default:
      return out.write(f.hz_at(warp), warp.bytes());
  }
}

struct Kernel {
  const char* name;
  std::uint64_t steps;
  Instruction instruction;
};
constexpr std::array<Kernel, 3> kKernels{Kernel{"fdtd_step1_kernel", 4, update_ey},
                                         Kernel{"fdtd_step2_kernel", 4, update_ex},
                                         Kernel{"fdtd_step3_kernel", 6, update_hz}};

Program run_kernel(Emitter& out, Settings s, Fields fields, Kernel kernel, std::uint64_t time) {
  const MatrixGrid grid(s.nx, s.ny);
  out.launch(kernel.name, 0, s.resident_blocks);
  GridBlocks turns(grid.blocks(), MatrixGrid::kWarps, kernel.steps, {kernel.steps - 1});  // the store
  while (turns.next()) {
    turns.tell(out);
    const RowSegment warp = grid.warp(turns.block(), turns.warp());
    if (warp.lanes != 0) kernel.instruction(out, fields, warp, turns.step(), time);
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Program fdtd2d(Emitter& out, Settings s) {
  Fields f;
  f.columns = s.ny;
  f.fict = map_array(out, "fict", s.tmax, kFloat);
  f.ex = map_array(out, "ex", s.nx * (s.ny + 1), kFloat);
  f.ey = map_array(out, "ey", (s.nx + 1) * s.ny, kFloat);
  f.hz = map_array(out, "hz", s.nx * s.ny, kFloat);

  for (Program fill = sweep_matrix(out, Op::kWrite, f.fict, s.tmax); fill.resume();) co_yield Pause{};
  // As the original does: all three at i * ny + j, so that the last nx elements of ex, and the last row of ey, are
  // left.
  for (CpuSweep fill({{f.ex, kFloat, Op::kWrite}, {f.ey, kFloat, Op::kWrite}, {f.hz, kFloat, Op::kWrite}}, s.nx * s.ny);
       fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (std::uint64_t time = 0; time < s.tmax; ++time) {
    for (const Kernel& kernel : kKernels) {
      for (Program running = run_kernel(out, s, f, kernel, time); running.resume();) co_yield Pause{};
      out.synchronize();
    }
  }
  for (std::uint64_t i = 0; i < s.nx * s.ny; i += kPrintEvery) {
    out.read(f.hz + kFloat * i, kFloat);
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace fdtd2d_program

GeneratorInfo fdtd2d_generator() {
  using namespace fdtd2d_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource = "UVMSmart's port of PolyBench-GPU's FDTD-2D; the original has 2048 x 2048, 500 steps";
  ProgramDescription description;
  description.name = "fdtd2d";
  description.summary = "PolyBench's fdtd-2d: three kernels a time step over three fields";
  description.parameters = {count_parameter("nx", 1200, "rows", kSource, 1, 1U << 20U),
                            count_parameter("ny", 1200, "columns", kSource, 1, 1U << 20U),
                            count_parameter("tmax", 5, "time steps", kSource, 1, 1U << 20U),
                            resident_blocks_parameter(kPolybenchBlocks, kPolybenchBlocksSource)};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("nx"), parameters.get<std::uint64_t>("ny"),
                            parameters.get<std::uint64_t>("tmax"), parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return fdtd2d(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
