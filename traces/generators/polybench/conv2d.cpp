#include "traces/generators/polybench/conv2d.h"

#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/polybench/matrix_product.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace conv2d_program {

constexpr std::uint64_t kNeighbours = 9;
/// The port's CPU prints every so many elements of the result.
constexpr std::uint64_t kPrintEvery = 10'000;

struct Settings {
  std::uint64_t ni = 0;
  std::uint64_t nj = 0;
  std::uint64_t resident_blocks = 0;
};

/// Instruction 0 to 8: loads of the neighbours, row by row; 9: the store.
void emit_step(Emitter& out, std::uint64_t a, std::uint64_t b, std::uint64_t columns, const RowSegment& warp,
               std::uint64_t step) {
  const std::uint64_t element = warp.row * columns + warp.column;
  if (step == kNeighbours) return out.write(b + kFloat * element, warp.bytes());
  out.read(a + kFloat * (element + step / 3 * columns + step % 3 - columns - 1), warp.bytes());
}

Program conv2d(Emitter& out, Settings s) {
  const std::uint64_t a = map_array(out, "A", s.ni * s.nj, kFloat);
  const std::uint64_t b = map_array(out, "B", s.ni * s.nj, kFloat);

  for (Program fill = sweep_matrix(out, Op::kWrite, a, s.ni * s.nj); fill.resume();) co_yield Pause{};
  const MatrixGrid grid(s.ni, s.nj);
  out.launch("Convolution2D_kernel", 0, s.resident_blocks);
  GridBlocks turns(grid.blocks(), MatrixGrid::kWarps, kNeighbours + 1, {kNeighbours});
  while (turns.next()) {
    turns.tell(out);
    const RowSegment warp = grid.warp(turns.block(), turns.warp()).within(1, s.nj - 1);
    const bool interior = warp.row >= 1 && warp.row + 1 < s.ni;
    if (interior && warp.lanes != 0) emit_step(out, a, b, s.nj, warp, turns.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
  out.synchronize();
  for (std::uint64_t i = 0; i < s.ni * s.nj; i += kPrintEvery) {
    out.read(b + kFloat * i, kFloat);
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace conv2d_program

GeneratorInfo conv2d_generator() {
  using namespace conv2d_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource = "UVMSmart's port of PolyBench-GPU's 2DConvolution; the original's is 4096";
  ProgramDescription description;
  description.name = "conv2d";
  description.summary = "PolyBench's 2dconv: a 3 x 3 convolution, a thread an element";
  description.parameters = {count_parameter("ni", 1024, "rows", kSource, 1, 1U << 20U),
                            count_parameter("nj", 1024, "columns", kSource, 1, 1U << 20U),
                            resident_blocks_parameter(kPolybenchBlocks, kPolybenchBlocksSource)};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("ni"), parameters.get<std::uint64_t>("nj"),
                            parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return conv2d(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
