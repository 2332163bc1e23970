/// Kernels in which thread i does something to element i of some arrays.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/generators/cpu_init.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {

/// One launch. A step of a block, as GridWalk counts them, is one operand: one instruction of all its warps.
struct ElementwiseKernel {
  struct Operand {
    std::uint64_t array;  ///< address of element 0
    Op op;
  };
  std::vector<Operand> operands;  ///< in the order of the instructions
  std::uint64_t elements;
  std::uint64_t element_size;
  std::uint64_t block_threads;

  /// Of a launch, for blocks of whole warps.
  std::uint64_t blocks() const { return (elements + block_threads - 1) / block_threads; }
  std::uint64_t warps() const { return block_threads / kWarp; }
  void issue(Emitter& out, std::uint64_t block, std::uint64_t warp, std::uint64_t step) const;
  /// The steps that store what the steps before have loaded, as GridBlocks takes them.
  std::vector<std::uint64_t> waiting() const {
    std::vector<std::uint64_t> out;
    for (std::uint64_t step = 1; step < operands.size(); ++step) {
      if (writes(operands[step].op) && !writes(operands[step - 1].op)) out.push_back(step);
    }
    return out;
  }
};

/// A whole program around one such kernel over vectors of floats: the CPU fills all vectors in one loop, launches the
/// kernel with 256 threads a block, waits, and reads one vector.
struct VectorProgram {
  struct Operand {
    std::size_t vector;  ///< index into `vectors`
    Op op;
  };
  std::string kernel;
  std::vector<std::string> vectors;  ///< names, in the order of allocation and initialisation
  std::vector<Operand> operands;
  std::size_t result = 0;  ///< the vector that the CPU reads
  std::uint64_t elements = 0;
  std::uint64_t resident_blocks = 0;
  SweepDetail cpu_init = SweepDetail::kLines;
  SweepDetail cpu_result = SweepDetail::kLines;
};

/// `shape` but for its elements, resident blocks and what the CPU does, which are parameters of the generator.
GeneratorInfo vector_generator(std::string name, std::string summary, const std::string& source, VectorProgram shape);

}  // namespace farfault::traces
