#include "traces/generators/polybench/matrix_vector.h"

#include <algorithm>

#include "traces/generators/polybench/matrix_grid.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace {

constexpr std::uint64_t kBlockThreads = 256;

/// Calls body(first thread, lanes) for each warp of a block of which `threads` is the number in the grid.
template <class Body>
void for_each_warp(std::uint64_t block, std::uint64_t threads, Body body) {
  const std::uint64_t end = std::min(threads, (block + 1) * kBlockThreads);
  for (std::uint64_t first = block * kBlockThreads; first < end; first += kWarp) {
    body(first, std::min(kWarp, end - first));
  }
}

/// What a warp does with its sums around the loads of a step.
struct Sums {
  Emitter& out;
  const MatrixVector& product;

  void before(std::uint64_t step, std::uint64_t first, std::uint64_t lanes) const {
    if (step == 0) out.access(at(first), kFloat * lanes, product.clears ? Op::kWrite : Op::kRead);
  }
  void store(std::uint64_t first, std::uint64_t lanes) const { out.write(at(first), kFloat * lanes); }
  std::uint64_t at(std::uint64_t thread) const { return product.sums + kFloat * thread; }
};

}  // namespace

Program multiply_by_rows(Emitter& out, MatrixVector product) {
  out.launch(product.kernel);
  const Sums sums{out, product};
  GridWalk walk((product.rows + kBlockThreads - 1) / kBlockThreads, product.resident_blocks, product.columns);
  while (walk.next()) {
    for_each_warp(walk.block(), product.rows, [&](std::uint64_t first, std::uint64_t lanes) {
      sums.before(walk.step(), first, lanes);
      WarpInstruction loads;
      for (std::uint64_t row = first; row < first + lanes; ++row) {
        loads.lanes(product.matrix + kFloat * (row * product.columns + walk.step()), kFloat);
      }
      loads.issue(out, Op::kRead);
      out.read(product.vector + kFloat * walk.step(), kFloat);
      sums.store(first, lanes);
    });
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Program multiply_by_columns(Emitter& out, MatrixVector product) {
  out.launch(product.kernel);
  const Sums sums{out, product};
  GridWalk walk((product.columns + kBlockThreads - 1) / kBlockThreads, product.resident_blocks, product.rows);
  while (walk.next()) {
    for_each_warp(walk.block(), product.columns, [&](std::uint64_t first, std::uint64_t lanes) {
      sums.before(walk.step(), first, lanes);
      out.read(product.matrix + kFloat * (walk.step() * product.columns + first), kFloat * lanes);
      out.read(product.vector + kFloat * walk.step(), kFloat);
      sums.store(first, lanes);
    });
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

}  // namespace farfault::traces
