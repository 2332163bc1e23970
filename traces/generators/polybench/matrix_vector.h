/// The kernels that PolyBench's atax, bicg and mvt are made of: products of a matrix and a vector, without tiling.
#pragma once

#include <cstdint>
#include <string>

#include "traces/generators/program.h"

namespace farfault::traces {

/// A row-major matrix of floats, a vector and the sums, by address.
struct MatrixVector {
  std::string kernel;
  std::uint64_t matrix = 0;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::uint64_t vector = 0;
  std::uint64_t sums = 0;
  bool clears = false;  ///< each thread stores a zero to its sum at first; else it loads the sum
  std::uint64_t resident_blocks = 0;
};

/// Launches sums[i] += matrix[i][j] * vector[j], a thread a row, 256 threads a block; each j is loads and a store. The
/// 32 lanes of a warp read 32 rows: 32 accesses, unless there is one column. Sums are stored once an iteration, for the
/// compiler cannot know that they are not the vector.
Program multiply_by_rows(Emitter& out, MatrixVector product);

/// Launches sums[j] += matrix[i][j] * vector[i], a thread a column; each i is loads and a store. A warp reads
/// neighbours: one access.
Program multiply_by_columns(Emitter& out, MatrixVector product);

}  // namespace farfault::traces
