#include "traces/generators/polybench/mm2.h"

#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/polybench/matrix_product.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace mm2_program {

struct Settings {
  std::uint64_t ni = 0;
  std::uint64_t nj = 0;
  std::uint64_t nk = 0;
  std::uint64_t nl = 0;
  std::uint64_t resident_blocks = 0;
};

Program mm2(Emitter& out, Settings s) {
  const std::uint64_t a = map_array(out, "A", s.ni * s.nk, kFloat);
  const std::uint64_t b = map_array(out, "B", s.nk * s.nj, kFloat);
  const std::uint64_t c = map_array(out, "C", s.ni * s.nj, kFloat);
  const std::uint64_t d = map_array(out, "D", s.nj * s.nl, kFloat);
  const std::uint64_t e = map_array(out, "E", s.ni * s.nl, kFloat);

  // E is not filled: its first value is whatever memory holds.
  for (Program fill = sweep_matrix(out, Op::kWrite, a, s.ni * s.nk); fill.resume();) co_yield Pause{};
  for (Program fill = sweep_matrix(out, Op::kWrite, b, s.nk * s.nj); fill.resume();) co_yield Pause{};
  for (Program fill = sweep_matrix(out, Op::kWrite, c, s.ni * s.nj); fill.resume();) co_yield Pause{};
  for (Program fill = sweep_matrix(out, Op::kWrite, d, s.nj * s.nl); fill.resume();) co_yield Pause{};
  Program first = multiply_matrices(out, {"mm2_kernel1", a, b, c, s.ni, s.nj, s.nk, false, s.resident_blocks});
  while (first.resume()) co_yield Pause{};
  out.synchronize();
  Program second = multiply_matrices(out, {"mm2_kernel2", c, d, e, s.ni, s.nl, s.nj, false, s.resident_blocks});
  while (second.resume()) co_yield Pause{};
  out.synchronize();
  for (Program results = sweep_matrix(out, Op::kRead, e, s.ni * s.nl); results.resume();) co_yield Pause{};
}

}  // namespace mm2_program

GeneratorInfo mm2_generator() {
  using namespace mm2_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource = "PolyBench-GPU 1.0's 2mm has 2048, PolyBench-ACC's 1024";
  ProgramDescription description;
  description.name = "mm2";
  description.summary = "PolyBench's 2mm: C = A B, then E = C D, a thread an element, without tiling";
  description.parameters = {count_parameter("ni", 1024, "rows of A, C and E", kSource, 1, 1U << 18U),
                            count_parameter("nj", 1024, "columns of B and C, rows of D", kSource, 1, 1U << 18U),
                            count_parameter("nk", 1024, "columns of A, rows of B", kSource, 1, 1U << 18U),
                            count_parameter("nl", 1024, "columns of D and E", kSource, 1, 1U << 18U),
                            resident_blocks_parameter(kPolybenchBlocks, kPolybenchBlocksSource)};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("ni"), parameters.get<std::uint64_t>("nj"),
                            parameters.get<std::uint64_t>("nk"), parameters.get<std::uint64_t>("nl"),
                            parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return mm2(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
