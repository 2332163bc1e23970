#include "traces/generators/numerical/gauss_seidel.h"

#include <algorithm>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace {

constexpr std::uint64_t kDouble = sizeof(double);
constexpr std::uint64_t kBlockThreads = 256;
constexpr std::uint64_t kNeighbours = 9;

struct Settings {
  std::uint64_t n = 0;
  std::uint64_t tsteps = 0;
  bool on_cpu = false;
  std::uint64_t resident_blocks = 0;
};

/// The points of the interior that can be updated side by side: 2 i + j is the same for all of them, so that the three
/// points above and the one to the left are of earlier wavefronts.
struct Wavefront {
  std::uint64_t number = 0;     ///< 2 i + j
  std::uint64_t first_row = 0;  ///< a thread a row, from here on
  std::uint64_t points = 0;

  Wavefront(std::uint64_t n, std::uint64_t wavefront) : number(wavefront) {
    const std::uint64_t last = n - 2;  // interior rows and columns are 1 to last
    first_row = number > last + 2 ? (number - last + 1) / 2 : 1;
    const std::uint64_t last_row = std::min(last, (number - 1) / 2);
    points = last_row >= first_row ? last_row - first_row + 1 : 0;
  }
};

/// Instructions 0 to 8: loads of the neighbours, row by row; 9: the store.
void emit_step(Emitter& out, std::uint64_t a, std::uint64_t n, const Wavefront& front, std::uint64_t first,
               std::uint64_t step) {
  WarpInstruction instruction;
  const std::uint64_t end = std::min(front.points, first + kWarp);
  for (std::uint64_t thread = first; thread < end; ++thread) {
    const std::uint64_t i = front.first_row + thread;
    const std::uint64_t point = i * n + front.number - 2 * i;
    const std::uint64_t element = step == kNeighbours ? point : point + step / 3 * n + step % 3 - n - 1;
    instruction.lanes(a + kDouble * element, kDouble);
  }
  instruction.issue(out, step == kNeighbours ? Op::kWrite : Op::kRead);
}

Program run_wavefront(Emitter& out, Settings s, std::uint64_t a, Wavefront front) {
  out.launch("seidel_wavefront");
  const std::uint64_t blocks = (front.points + kBlockThreads - 1) / kBlockThreads;
  for (GridWalk walk(blocks, s.resident_blocks, kNeighbours + 1); walk.next();) {
    walk.wait(out, walk.step() == kNeighbours);
    const std::uint64_t end = std::min(front.points, (walk.block() + 1) * kBlockThreads);
    for (std::uint64_t first = walk.block() * kBlockThreads; first < end; first += kWarp) {
      emit_step(out, a, s.n, front, first, walk.step());
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// A launch a wavefront; the device's stream keeps them in order.
Program sweep_on_device(Emitter& out, Settings s, std::uint64_t a) {
  for (std::uint64_t number = 3; number <= 3 * (s.n - 2); ++number) {
    for (Program running = run_wavefront(out, s, a, Wavefront(s.n, number)); running.resume();) co_yield Pause{};
    if (out.full()) co_yield Pause{};
  }
}

/// Row by row. A point needs one column more of each of the three rows than the point before it, which it shares two
/// columns with.
Program sweep_on_cpu(Emitter& out, Settings s, std::uint64_t a) {
  const std::uint64_t row_bytes = kDouble * s.n;
  for (std::uint64_t i = 1; i + 1 < s.n; ++i) {
    const std::uint64_t row = a + i * row_bytes;
    for (const std::uint64_t each : {row - row_bytes, row, row + row_bytes}) out.read(each, 2 * kDouble);
    const std::uint64_t right = row + 2 * kDouble;
    for (CpuSweep sweep({{right - row_bytes, kDouble, Op::kRead},
                         {right, kDouble, Op::kRead},
                         {right + row_bytes, kDouble, Op::kRead},
                         {row + kDouble, kDouble, Op::kWrite}},
                        s.n - 2);
         sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
}

Program gauss_seidel(Emitter& out, Settings s) {
  const std::uint64_t a = map_array(out, "A", s.n * s.n, kDouble);
  for (CpuSweep fill({{a, kDouble, Op::kWrite}}, s.n * s.n); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (std::uint64_t t = 0; t < s.tsteps; ++t) {
    Program sweep = s.on_cpu ? sweep_on_cpu(out, s, a) : sweep_on_device(out, s, a);
    while (sweep.resume()) co_yield Pause{};
  }
  if (!s.on_cpu) out.synchronize();
  for (CpuSweep results({{a, kDouble, Op::kRead}}, s.n * s.n); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace

GeneratorInfo gauss_seidel_generator() {
  ProgramDescription description;
  description.name = "gauss_seidel";
  description.summary = "9-point Gauss-Seidel sweeps in place: a kernel a wavefront, or in order on the CPU";
  description.parameters = {
      count_parameter("n", 1000, "rows and columns, of doubles", "PolyBench 3's seidel-2d, standard dataset", 3,
                      1U << 20U),
      count_parameter("tsteps", 20, "sweeps", "PolyBench 3's seidel-2d, standard dataset", 1, 1U << 20U),
      choice_parameter("processor", {"gpu", "cpu"},
                       "who sweeps: a device, by wavefronts of equal 2 i + j, or the CPU, in order", "assumption"),
      resident_blocks_parameter(224, "assumption: 28 multiprocessors x 8 blocks of 256 threads")};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("n"), parameters.get<std::uint64_t>("tsteps"),
                            parameters.get<std::string>("processor") == "cpu",
                            parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return gauss_seidel(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
