#include "traces/generators/polybench/matrix_vector.h"

#include <algorithm>

#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace {

constexpr std::uint64_t kMatrixVectorThreads = 256;

/// Calls body(first thread, lanes) for each warp of a block of which `threads` is the number in the grid.
template <class Body>
void for_each_warp(std::uint64_t block, std::uint64_t threads, Body body) {
  const std::uint64_t end = std::min(threads, (block + 1) * kMatrixVectorThreads);
  for (std::uint64_t first = block * kMatrixVectorThreads; first < end; first += kWarp) {
    body(first, std::min(kWarp, end - first));
  }
}

/// A launch of `threads` threads: a step in which the sums are loaded or cleared; then for each of `length` elements a
/// step of loads(element, first thread, lanes), by each warp, and one in which the sums are stored.
template <class Loads>
Program multiply(Emitter& out, MatrixVector product, std::uint64_t threads, std::uint64_t length, Loads loads) {
  out.launch(product.kernel);
  GridWalk walk((threads + kMatrixVectorThreads - 1) / kMatrixVectorThreads, product.resident_blocks, 1 + 2 * length);
  while (walk.next()) {
    const std::uint64_t step = walk.step();
    walk.wait(out, step != 0 && step % 2 == 0);
    for_each_warp(walk.block(), threads, [&](std::uint64_t first, std::uint64_t lanes) {
      if (step % 2 == 1) return loads(step / 2, first, lanes);
      out.access(product.sums + kFloat * first, kFloat * lanes, step != 0 || product.clears ? Op::kWrite : Op::kRead);
    });
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

}  // namespace

Program multiply_by_rows(Emitter& out, MatrixVector product) {
  return multiply(out, product, product.rows, product.columns,
                  [&out, product](std::uint64_t column, std::uint64_t first, std::uint64_t lanes) {
                    WarpInstruction loads;
                    for (std::uint64_t row = first; row < first + lanes; ++row) {
                      loads.lanes(product.matrix + kFloat * (row * product.columns + column), kFloat);
                    }
                    loads.issue(out, Op::kRead);
                    out.read(product.vector + kFloat * column, kFloat);
                  });
}

Program multiply_by_columns(Emitter& out, MatrixVector product) {
  return multiply(out, product, product.columns, product.rows,
                  [&out, product](std::uint64_t row, std::uint64_t first, std::uint64_t lanes) {
                    out.read(product.matrix + kFloat * (row * product.columns + first), kFloat * lanes);
                    out.read(product.vector + kFloat * row, kFloat);
                  });
}

}  // namespace farfault::traces
