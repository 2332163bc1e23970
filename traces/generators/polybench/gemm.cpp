#include "traces/generators/polybench/gemm.h"

#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/polybench/matrix_product.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace gemm_program {

struct Settings {
  std::uint64_t ni = 0;
  std::uint64_t nj = 0;
  std::uint64_t nk = 0;
  std::uint64_t resident_blocks = 0;
};

Program gemm(Emitter& out, Settings s) {
  const std::uint64_t a = map_array(out, "A", s.ni * s.nk, kFloat);
  const std::uint64_t b = map_array(out, "B", s.nk * s.nj, kFloat);
  const std::uint64_t c = map_array(out, "C", s.ni * s.nj, kFloat);

  for (Program fill = sweep_matrix(out, Op::kWrite, a, s.ni * s.nk); fill.resume();) co_yield Pause{};
  for (Program fill = sweep_matrix(out, Op::kWrite, b, s.nk * s.nj); fill.resume();) co_yield Pause{};
  for (Program fill = sweep_matrix(out, Op::kWrite, c, s.ni * s.nj); fill.resume();) co_yield Pause{};
  Program product = multiply_matrices(out, {"gemm_kernel", a, b, c, s.ni, s.nj, s.nk, true, s.resident_blocks});
  while (product.resume()) co_yield Pause{};
  out.synchronize();
  for (Program results = sweep_matrix(out, Op::kRead, c, s.ni * s.nj); results.resume();) co_yield Pause{};
}

}  // namespace gemm_program

GeneratorInfo gemm_generator() {
  using namespace gemm_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource =
      "PolyBench-GPU 1.0's gemm; its grid has NI and NJ swapped, which shows if they differ";
  ProgramDescription description;
  description.name = "gemm";
  description.summary = "PolyBench's C = beta C + alpha A B, a thread an element, without tiling";
  description.parameters = {count_parameter("ni", 512, "rows of A and C", kSource, 1, 1U << 18U),
                            count_parameter("nj", 512, "columns of B and C", kSource, 1, 1U << 18U),
                            count_parameter("nk", 512, "columns of A, rows of B", kSource, 1, 1U << 18U),
                            resident_blocks_parameter(kPolybenchBlocks, kPolybenchBlocksSource)};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("ni"), parameters.get<std::uint64_t>("nj"),
                            parameters.get<std::uint64_t>("nk"), parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return gemm(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
