#include "traces/generators/polybench/bicg.h"

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/polybench/matrix_vector.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace bicg_program {

struct Settings {
  std::uint64_t nx = 0;  ///< rows of A
  std::uint64_t ny = 0;
  std::uint64_t resident_blocks = 0;
};

Program bicg(Emitter& out, Settings s) {
  const std::uint64_t a = map_array(out, "A", s.nx * s.ny, kFloat);
  const std::uint64_t r = map_array(out, "r", s.nx, kFloat);
  const std::uint64_t sums = map_array(out, "s", s.ny, kFloat);
  const std::uint64_t p = map_array(out, "p", s.ny, kFloat);
  const std::uint64_t q = map_array(out, "q", s.nx, kFloat);

  for (std::uint64_t i = 0; i < s.nx; ++i) {
    out.write(r + kFloat * i, kFloat);
    for (CpuSweep row({{a + kFloat * i * s.ny, kFloat, Op::kWrite}}, s.ny); row.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
  for (CpuSweep fill({{p, kFloat, Op::kWrite}}, s.ny); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  Program columns = multiply_by_columns(out, {"bicg_kernel1", a, s.nx, s.ny, r, sums, true, s.resident_blocks});
  while (columns.resume()) co_yield Pause{};
  out.synchronize();
  Program rows = multiply_by_rows(out, {"bicg_kernel2", a, s.nx, s.ny, p, q, true, s.resident_blocks});
  while (rows.resume()) co_yield Pause{};
  out.synchronize();
  for (CpuSweep results({{sums, kFloat, Op::kRead}}, s.ny); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep results({{q, kFloat, Op::kRead}}, s.nx); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace bicg_program

GeneratorInfo bicg_generator() {
  using namespace bicg_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource = "PolyBench-GPU 1.0's bicg, NX = NY";
  ProgramDescription description;
  description.name = "bicg";
  description.summary = "PolyBench's s = A^T r, a thread a column, then q = A p, a thread a row";
  description.parameters = {count_parameter("nx", 4096, "rows of A", kSource, 1, 1U << 20U),
                            count_parameter("ny", 4096, "columns of A", kSource, 1, 1U << 20U),
                            resident_blocks_parameter(kPolybenchBlocks, kPolybenchBlocksSource)};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("nx"), parameters.get<std::uint64_t>("ny"),
                            parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return bicg(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
