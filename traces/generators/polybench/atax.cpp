#include "traces/generators/polybench/atax.h"

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/polybench/matrix_vector.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace atax_program {

struct Settings {
  std::uint64_t nx = 0;  ///< rows of A
  std::uint64_t ny = 0;
  std::uint64_t resident_blocks = 0;
};

Program atax(Emitter& out, Settings s) {
  const std::uint64_t a = map_array(out, "A", s.nx * s.ny, kFloat);
  const std::uint64_t x = map_array(out, "x", s.ny, kFloat);
  const std::uint64_t y = map_array(out, "y", s.ny, kFloat);
  const std::uint64_t tmp = map_array(out, "tmp", s.nx, kFloat);

  // The original fills x in the loop over rows; with more rows than columns it would run over x's end.
  for (std::uint64_t i = 0; i < s.nx; ++i) {
    if (i < s.ny) out.write(x + kFloat * i, kFloat);
    for (CpuSweep row({{a + kFloat * i * s.ny, kFloat, Op::kWrite}}, s.ny); row.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
  Program rows = multiply_by_rows(out, {"atax_kernel1", a, s.nx, s.ny, x, tmp, false, s.resident_blocks});
  while (rows.resume()) co_yield Pause{};
  Program columns = multiply_by_columns(out, {"atax_kernel2", a, s.nx, s.ny, tmp, y, false, s.resident_blocks});
  while (columns.resume()) co_yield Pause{};
  out.synchronize();
  for (CpuSweep results({{y, kFloat, Op::kRead}}, s.ny); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace atax_program

GeneratorInfo atax_generator() {
  using namespace atax_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource = "UVMSmart's port of PolyBench-GPU's atax, NX = NY; the original's is 4096";
  ProgramDescription description;
  description.name = "atax";
  description.summary = "PolyBench's y = A^T (A x): a thread a row, then a thread a column";
  description.parameters = {count_parameter("nx", 1200, "rows of A", kSource, 1, 1U << 20U),
                            count_parameter("ny", 1200, "columns of A", kSource, 1, 1U << 20U),
                            resident_blocks_parameter(kPolybenchBlocks, kPolybenchBlocksSource)};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("nx"), parameters.get<std::uint64_t>("ny"),
                            parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return atax(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
