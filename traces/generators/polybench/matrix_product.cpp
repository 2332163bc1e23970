#include "traces/generators/polybench/matrix_product.h"

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/polybench/matrix_grid.h"

namespace farfault::traces {
namespace {

void emit_step(Emitter& out, const MatrixProduct& p, const RowSegment& warp, std::uint64_t k) {
  const std::uint64_t c = p.c + kFloat * (warp.row * p.columns + warp.column);
  if (k == 0) {
    out.read(c, warp.bytes());
    if (p.scales) out.write(c, warp.bytes());
  }
  out.read(p.a + kFloat * (warp.row * p.depth + k), kFloat);
  out.read(p.b + kFloat * (k * p.columns + warp.column), warp.bytes());
  out.write(c, warp.bytes());
}

}  // namespace

Program multiply_matrices(Emitter& out, MatrixProduct product) {
  out.launch(product.kernel);
  const MatrixGrid grid(product.rows, product.columns);
  GridWalk walk(grid.blocks(), product.resident_blocks, product.depth);
  while (walk.next()) {
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
