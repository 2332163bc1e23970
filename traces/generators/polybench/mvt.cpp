#include "traces/generators/polybench/mvt.h"

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/polybench/matrix_vector.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace mvt_program {

Program mvt(Emitter& out, std::uint64_t n, std::uint64_t resident_blocks) {
  const std::uint64_t a = map_array(out, "A", n * n, kFloat);
  const std::uint64_t x1 = map_array(out, "x1", n, kFloat);
  const std::uint64_t x2 = map_array(out, "x2", n, kFloat);
  const std::uint64_t y1 = map_array(out, "y1", n, kFloat);
  const std::uint64_t y2 = map_array(out, "y2", n, kFloat);

  for (std::uint64_t i = 0; i < n; ++i) {
    for (const std::uint64_t vector : {x1, x2, y1, y2}) out.write(vector + kFloat * i, kFloat);
    for (CpuSweep row({{a + kFloat * i * n, kFloat, Op::kWrite}}, n); row.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
  Program rows = multiply_by_rows(out, {"mvt_kernel1", a, n, n, y1, x1, false, resident_blocks});
  while (rows.resume()) co_yield Pause{};
  Program columns = multiply_by_columns(out, {"mvt_kernel2", a, n, n, y2, x2, false, resident_blocks});
  while (columns.resume()) co_yield Pause{};
  out.synchronize();
  for (const std::uint64_t vector : {x1, x2}) {
    for (CpuSweep results({{vector, kFloat, Op::kRead}}, n); results.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
}

}  // namespace mvt_program

GeneratorInfo mvt_generator() {
  using namespace mvt_program;  // NOLINT(google-build-using-namespace): what is above
  ProgramDescription description;
  description.name = "mvt";
  description.summary = "PolyBench's x1 += A y1, a thread a row, then x2 += A^T y2, a thread a column";
  description.parameters = {
      count_parameter("n", 4096, "rows and columns of A", "PolyBench-GPU 1.0's mvt, N", 1, 1U << 20U),
      resident_blocks_parameter(kPolybenchBlocks, kPolybenchBlocksSource)};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const auto n = parameters.get<std::uint64_t>("n");
    const auto resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
    return [n, resident_blocks](Emitter& out) { return mvt(out, n, resident_blocks); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
