#include "traces/generators/numerical/gauss_seidel.h"

#include <algorithm>
#include <array>

#include "traces/generators/cpu_init.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace gauss_seidel_program {

constexpr std::uint64_t kDouble = sizeof(double);
constexpr std::uint64_t kBlockThreads = 256;
constexpr std::uint64_t kNeighbours = 9;

/// Of a device's cache.
constexpr std::uint64_t kLine = 128;
constexpr std::uint64_t kPointsPerLine = kLine / kDouble;

enum class Order : std::uint8_t {
  kWavefront,       ///< every thread's accesses
  kWavefrontLines,  ///< by lines, as they come from and go to memory
  kRedBlack,
};

struct Settings {
  std::uint64_t n = 0;
  std::uint64_t tsteps = 0;
  bool on_cpu = false;
  Order order = Order::kWavefront;
  std::uint64_t resident_blocks = 0;
  SweepDetail cpu_init = SweepDetail::kLines;
  SweepDetail cpu_result = SweepDetail::kLines;
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
  out.launch("seidel_wavefront", 0, s.resident_blocks);
  const std::uint64_t blocks = (front.points + kBlockThreads - 1) / kBlockThreads;
  for (GridBlocks turns(blocks, kBlockThreads / kWarp, kNeighbours + 1, {kNeighbours}); turns.next();) {
    turns.tell(out);
    const std::uint64_t first = turns.block() * kBlockThreads + turns.warp() * kWarp;
    if (first < front.points) emit_step(out, a, s.n, front, first, turns.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// A wavefront by what it moves from and to memory: a thread's row loads a line of the row below it, whose points no
/// wavefront has needed yet, when its three columns enter one, and stores a line when it leaves it. What is between is
/// in the cache: 16 wavefronts of as many lines as there are rows. The first row of the matrix is loaded likewise.
Program run_wavefront_lines(Emitter& out, Settings s, std::uint64_t a, Wavefront front) {
  out.launch("seidel_wavefront", 0, s.resident_blocks);
  const std::uint64_t last = s.n - 2;
  const auto column_of = [&](std::uint64_t row) { return front.number - 2 * row; };
  /// The part of a line of a row that is inside it; lines are those of memory.
  const auto line = [&](std::uint64_t row, std::uint64_t column, Op op) {
    const std::uint64_t row_begin = row * s.n;
    const std::uint64_t begin = std::max(row_begin, (row_begin + column) / kPointsPerLine * kPointsPerLine);
    const std::uint64_t end =
        std::min(row_begin + s.n, (row_begin + column) / kPointsPerLine * kPointsPerLine + kPointsPerLine);
    out.access(a + kDouble * begin, kDouble * (end - begin), op);
  };
  const auto begins_line = [&](std::uint64_t row, std::uint64_t column) {
    return column == 0 || (row * s.n + column) % kPointsPerLine == 0;
  };
  const std::uint64_t blocks = (front.points + kBlockThreads - 1) / kBlockThreads;
  for (GridBlocks turns(blocks, kBlockThreads / kWarp, 2, {1}); turns.next();) {
    turns.tell(out);
    const std::uint64_t first = turns.block() * kBlockThreads + turns.warp() * kWarp;
    const std::uint64_t end = std::min(front.points, first + kWarp);
    for (std::uint64_t thread = first; thread < end; ++thread) {
      const std::uint64_t row = front.first_row + thread;
      const std::uint64_t column = column_of(row);
      if (turns.step() == 1) {
        if (column == last || begins_line(row, column + 1)) line(row, column, Op::kWrite);
        continue;
      }
      // The first column brings three columns at once.
      for (std::uint64_t j = column == 1 ? 0 : column + 1; j <= column + 1; ++j) {
        if (begins_line(row + 1, j)) line(row + 1, j, Op::kRead);
        if (row != 1) continue;
        for (const std::uint64_t above : {std::uint64_t{0}, std::uint64_t{1}}) {
          if (begins_line(above, j)) line(above, j, Op::kRead);
        }
      }
      if (out.full()) co_yield Pause{};
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// Points of one colour, i + j odd or even: a block has 256 of them, all of one row, and a warp's 32 are every second
/// of 64 columns. An instruction is one access over what the lanes have between them, for all of its sectors are in
/// use. Loads of the five points of the cross; the store.
constexpr std::uint64_t kCross = 5;
Program run_colour(Emitter& out, Settings s, std::uint64_t a, std::uint64_t colour) {
  const std::uint64_t last = s.n - 2;  // interior rows and columns are 1 to last
  const auto first_column = [&](std::uint64_t row) { return 1 + (row + 1 + colour) % 2; };
  const auto points_of = [&](std::uint64_t row) {
    return last >= first_column(row) ? (last - first_column(row)) / 2 + 1 : 0;
  };
  out.launch(colour == 0 ? "seidel_red" : "seidel_black", 0, s.resident_blocks);
  const std::uint64_t blocks_per_row = ((last + 1) / 2 + kBlockThreads - 1) / kBlockThreads;
  for (GridBlocks turns(blocks_per_row * last, kBlockThreads / kWarp, kCross + 1, {kCross}); turns.next();) {
    turns.tell(out);
    const std::uint64_t row = 1 + turns.block() / blocks_per_row;
    const std::uint64_t lane = turns.block() % blocks_per_row * kBlockThreads + turns.warp() * kWarp;
    if (lane < points_of(row)) {
      const std::uint64_t lanes = std::min(kWarp, points_of(row) - lane);
      const std::uint64_t point = row * s.n + first_column(row) + 2 * lane;
      // Above, left, the point itself, right, below.
      const std::array<std::uint64_t, kCross> loads{point - s.n, point - 1, point, point + 1, point + s.n};
      const bool store = turns.step() == kCross;
      out.access(a + kDouble * (store ? point : loads[turns.step()]), kDouble * (2 * lanes - 1),
                 store ? Op::kWrite : Op::kRead);
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Program sweep_red_black(Emitter& out, Settings s, std::uint64_t a) {
  for (const std::uint64_t colour : {std::uint64_t{0}, std::uint64_t{1}}) {
    for (Program running = run_colour(out, s, a, colour); running.resume();) co_yield Pause{};
  }
}

/// A launch a wavefront; the device's stream keeps them in order.
Program sweep_wavefronts(Emitter& out, Settings s, std::uint64_t a) {
  for (std::uint64_t number = 3; number <= 3 * (s.n - 2); ++number) {
    const Wavefront front(s.n, number);
    Program running =
        s.order == Order::kWavefront ? run_wavefront(out, s, a, front) : run_wavefront_lines(out, s, a, front);
    while (running.resume()) co_yield Pause{};
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
  Program fill = sweep_arrays(out, s.cpu_init, {{a, kDouble, Op::kWrite}}, s.n * s.n);
  while (fill.resume()) co_yield Pause{};
  for (std::uint64_t t = 0; t < s.tsteps; ++t) {
    Program sweep = s.on_cpu                      ? sweep_on_cpu(out, s, a)
                    : s.order == Order::kRedBlack ? sweep_red_black(out, s, a)
                                                  : sweep_wavefronts(out, s, a);
    while (sweep.resume()) co_yield Pause{};
  }
  if (!s.on_cpu) out.synchronize();
  Program results = sweep_arrays(out, s.cpu_result, {{a, kDouble, Op::kRead}}, s.n * s.n);
  while (results.resume()) co_yield Pause{};
}

Order order_of(const Parameters& parameters) {
  const auto& text = parameters.get<std::string>("order");
  if (text == "red_black") return Order::kRedBlack;
  return text == "wavefront" ? Order::kWavefront : Order::kWavefrontLines;
}

}  // namespace gauss_seidel_program

GeneratorInfo gauss_seidel_generator() {
  using namespace gauss_seidel_program;  // NOLINT(google-build-using-namespace): what is above
  ProgramDescription description;
  description.name = "gauss_seidel";
  description.summary =
      "Gauss-Seidel sweeps in place: a kernel a wavefront (9 points) or colour (5), or in order on the CPU";
  description.parameters = {
      count_parameter("n", 1000, "rows and columns, of doubles", "PolyBench 3's seidel-2d, standard dataset", 3,
                      1U << 20U),
      count_parameter("tsteps", 20, "sweeps", "PolyBench 3's seidel-2d, standard dataset", 1, 1U << 20U),
      choice_parameter("processor", {"gpu", "cpu"},
                       "who sweeps: a device, by wavefronts of equal 2 i + j, or the CPU, in order", "assumption"),
      choice_parameter(
          "order", {"wavefront", "wavefront_lines", "red_black"},
          "of a device: points of equal 2 i + j, each a thread a row; the same by lines of memory, for large "
          "matrices; or every second point of all rows, then the others",
          "assumption: uvm-eval measures a Gauss-Seidel whose source is not at hand"),
      resident_blocks_parameter(224, "assumption: 28 multiprocessors x 8 blocks of 256 threads"),
      cpu_init_parameter(),
      cpu_result_parameter()};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("n"),
                            parameters.get<std::uint64_t>("tsteps"),
                            parameters.get<std::string>("processor") == "cpu",
                            order_of(parameters),
                            parameters.get<std::uint64_t>("resident_blocks"),
                            cpu_init_of(parameters),
                            cpu_result_of(parameters)};
    return [settings](Emitter& out) { return gauss_seidel(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
