#include "traces/generators/streaming/elementwise.h"

#include <algorithm>
#include <utility>

#include "traces/generators/warp.h"

namespace farfault::traces {
namespace {

constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kElementwiseThreads = 256;

Program vector_program(Emitter& out, VectorProgram s) {
  std::vector<std::uint64_t> vectors;
  std::vector<CpuSweep::Array> filled;
  for (const std::string& name : s.vectors) {
    vectors.push_back(map_array(out, name, s.elements, kFloat));
    filled.push_back({vectors.back(), kFloat, Op::kWrite});
  }
  for (Program sweep = sweep_arrays(out, s.cpu_init, filled, s.elements); sweep.resume();) co_yield Pause{};

  ElementwiseKernel kernel{{}, s.elements, kFloat, kElementwiseThreads};
  for (const VectorProgram::Operand& operand : s.operands)
    kernel.operands.push_back({vectors[operand.vector], operand.op});
  out.launch(s.kernel, 0, s.resident_blocks);
  for (GridBlocks turns(kernel.blocks(), kernel.warps(), kernel.operands.size(), kernel.waiting()); turns.next();) {
    turns.tell(out);
    kernel.issue(out, turns.block(), turns.warp(), turns.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
  out.synchronize();
  Program sweep = sweep_arrays(out, s.cpu_result, {{vectors[s.result], kFloat, Op::kRead}}, s.elements);
  while (sweep.resume()) co_yield Pause{};
}

}  // namespace

void ElementwiseKernel::issue(Emitter& out, std::uint64_t block, std::uint64_t warp, std::uint64_t step) const {
  const std::uint64_t first = block * block_threads;
  const Operand& operand = operands[step];
  const Clipped threads = part_of(warp, kWarp, 0, std::min(block_threads, elements - first));
  issue_threads(out, operand.op, threads.begin, threads.end, operand.array + first * element_size, element_size);
}

GeneratorInfo vector_generator(std::string name, std::string summary, const std::string& source, VectorProgram shape) {
  return program_generator({
      .name = std::move(name),
      .summary = std::move(summary),
      .parameters = {count_parameter("elements", std::uint64_t{1} << 20U, "floats of each vector", source, 1,
                                     std::uint64_t{1} << 40U),
                     resident_blocks_parameter(224, source + ", on 28 SMs"), cpu_init_parameter(),
                     cpu_result_parameter()},
      .prepare = [shape = std::move(shape)](const Parameters& parameters, std::uint64_t) -> StartProgram {
        VectorProgram program = shape;
        program.elements = parameters.get<std::uint64_t>("elements");
        program.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
        program.cpu_init = cpu_init_of(parameters);
        program.cpu_result = cpu_result_of(parameters);
        return [program](Emitter& out) { return vector_program(out, program); };
      },
  });
}

}  // namespace farfault::traces
