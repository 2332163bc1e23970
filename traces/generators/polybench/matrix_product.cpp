#include "traces/generators/polybench/matrix_product.h"

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/polybench/matrix_grid.h"

namespace farfault::traces {
namespace {

/// Steps: load C; then for each k the loads of A and B, and the store of C. C is scaled before the first loads.
std::uint64_t steps(const MatrixProduct& p) { return 1 + 2 * p.depth; }
bool needs_earlier(const MatrixProduct& p, std::uint64_t step) { return step % 2 == 0 || (step == 1 && p.scales); }
void emit_step(Emitter& out, const MatrixProduct& p, const RowSegment& warp, std::uint64_t step) {
  const std::uint64_t c = p.c + kFloat * (warp.row * p.columns + warp.column);
  if (step == 0) return out.read(c, warp.bytes());
  if (step % 2 == 0) return out.write(c, warp.bytes());
  const std::uint64_t k = step / 2;
  if (k == 0 && p.scales) out.write(c, warp.bytes());
  out.read(p.a + kFloat * (warp.row * p.depth + k), kFloat);
  out.read(p.b + kFloat * (k * p.columns + warp.column), warp.bytes());
}

}  // namespace

Program multiply_matrices(Emitter& out, MatrixProduct product) {
  out.launch(product.kernel);
  const MatrixGrid grid(product.rows, product.columns);
  GridWalk walk(grid.blocks(), product.resident_blocks, steps(product));
  while (walk.next()) {
    walk.wait(out, needs_earlier(product, walk.step()));
    for (std::uint64_t w = 0; w < MatrixGrid::kWarps; ++w) {
      const RowSegment warp = grid.warp(walk.block(), w);
      if (warp.lanes != 0) emit_step(out, product, warp, walk.step());
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Program sweep_matrix(Emitter& out, Op op, std::uint64_t address, std::uint64_t elements) {
  for (CpuSweep sweep({{address, kFloat, op}}, elements); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace farfault::traces
