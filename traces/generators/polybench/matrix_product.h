/// The kernel that PolyBench's gemm and 2mm are made of: a product of matrices, without tiling.
#pragma once

#include <cstdint>
#include <string>

#include "traces/generators/program.h"

namespace farfault::traces {

/// Row-major matrices of floats by address: C of rows x columns, A of rows x depth, B of depth x columns.
struct MatrixProduct {
  std::string kernel;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::uint64_t depth = 0;
  bool scales = false;  ///< C is scaled, and stored, before the loop
  std::uint64_t resident_blocks = 0;
};

/// Launches C += A B, a thread an element of C, blocks of 32 x 8; each k is loads and a store. A warp reads one element
/// of A for all of its lanes and 32 neighbours of B. C is loaded once and stored once an iteration, for the compiler
/// cannot know that it is neither A nor B.
Program multiply_matrices(Emitter& out, MatrixProduct product);

/// The CPU fills, or reads, a matrix from front to back.
Program sweep_matrix(Emitter& out, Op op, std::uint64_t address, std::uint64_t elements);

}  // namespace farfault::traces
