#include "traces/generators/streaming/stream.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/streaming/elementwise.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace stream_program {

constexpr const char* kName = "stream";
constexpr const char* kOrigin = "BabelStream, CUDA with managed memory, as in uvm-eval";
constexpr std::uint64_t kDouble = 8;
constexpr std::uint64_t kBlockThreads = 1024;
constexpr std::uint64_t kDotBlocks = 256;
constexpr const char* kDot = "dot";
/// Loads of dot that are under way at a time: compilers unroll a loop of unknown length four times.
constexpr std::uint64_t kDotUnrolled = 2 * 4;

struct Settings {
  std::uint64_t elements = 0;
  std::string kernels;
  std::uint64_t iterations = 0;
  std::uint64_t resident_blocks = 0;
};

struct Arrays {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  std::uint64_t sums = 0;  ///< one for each block of dot
};

ElementwiseKernel kernel_of(const std::string& name, const Arrays& d, std::uint64_t elements) {
  ElementwiseKernel kernel{{}, elements, kDouble, kBlockThreads};
  if (name == "copy") kernel.operands = {{d.a, Op::kRead}, {d.c, Op::kWrite}};
  if (name == "mul") kernel.operands = {{d.c, Op::kRead}, {d.b, Op::kWrite}};
  if (name == "add") kernel.operands = {{d.a, Op::kRead}, {d.b, Op::kRead}, {d.c, Op::kWrite}};
  if (name == "triad") kernel.operands = {{d.b, Op::kRead}, {d.c, Op::kRead}, {d.a, Op::kWrite}};
  return kernel;
}

/// Steps of a block of dot: for each element of a thread a load of a and one of b, and at last the block's sum.
std::uint64_t dot_steps(std::uint64_t elements) {
  const std::uint64_t grid = kDotBlocks * kBlockThreads;
  return 2 * ((elements + grid - 1) / grid) + 1;
}

/// Thread i takes elements i, i + grid, i + 2 * grid ...; the reduction is in shared memory.
void issue_dot(Emitter& out, const Arrays& d, std::uint64_t elements, std::uint64_t block, std::uint64_t step) {
  if (step + 1 == dot_steps(elements)) {
    out.write(d.sums + block * kDouble, kDouble);
    return;
  }
  const std::uint64_t first = (step / 2 * kDotBlocks + block) * kBlockThreads;
  if (first >= elements) return;
  issue_threads(out, Op::kRead, 0, std::min(kBlockThreads, elements - first),
                (step % 2 == 0 ? d.a : d.b) + first * kDouble, kDouble);
}

/// One launch, which the CPU waits for.
Program run_kernel(Emitter& out, Settings s, Arrays d, std::string name) {
  const ElementwiseKernel kernel = kernel_of(name, d, s.elements);
  out.launch(name + "_kernel", 0, s.resident_blocks);
  for (GridBlocks turns(kernel.blocks(), kernel.warps(), kernel.operands.size(), kernel.waiting()); turns.next();) {
    turns.tell(out);
    kernel.issue(out, turns.block(), turns.warp(), turns.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
  out.synchronize();
}

/// The CPU adds up the blocks' sums.
Program run_dot(Emitter& out, Settings s, Arrays d) {
  out.launch("dot_kernel");
  for (GridWalk walk(kDotBlocks, s.resident_blocks, dot_steps(s.elements)); walk.next();) {
    walk.wait(out, walk.step() % kDotUnrolled == 0 || walk.step() + 1 == dot_steps(s.elements));
    issue_dot(out, d, s.elements, walk.block(), walk.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
  out.synchronize();
  for (CpuSweep sweep({{d.sums, kDouble, Op::kRead}}, kDotBlocks); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Program stream(Emitter& out, Settings s) {
  // The host's own vectors, zeroed, exist before the device's arrays.
  std::array<std::uint64_t, 3> host{};
  for (std::size_t i = 0; i < host.size(); ++i) {
    host[i] = map_array(out, std::string("host_") + "abc"[i], s.elements, kDouble);
    for (CpuSweep sweep({{host[i], kDouble, Op::kWrite}}, s.elements); sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
  Arrays d;
  d.a = map_array(out, "a", s.elements, kDouble);
  d.b = map_array(out, "b", s.elements, kDouble);
  d.c = map_array(out, "c", s.elements, kDouble);
  d.sums = map_array(out, "sums", kDotBlocks, kDouble);
  for (CpuSweep sweep({{d.a, kDouble, Op::kWrite}, {d.b, kDouble, Op::kWrite}, {d.c, kDouble, Op::kWrite}}, s.elements);
       sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }

  std::vector<std::string> kernels{s.kernels};
  if (s.kernels == "all") kernels = {"copy", "mul", "add", "triad", kDot};
  for (std::uint64_t iteration = 0; iteration < s.iterations; ++iteration) {
    for (const std::string& name : kernels) {
      Program kernel = name == kDot ? run_dot(out, s, d) : run_kernel(out, s, d, name);
      while (kernel.resume()) co_yield Pause{};
    }
  }

  const std::array<std::uint64_t, 3> device{d.a, d.b, d.c};
  for (std::size_t i = 0; i < host.size(); ++i) {
    for (CpuSweep sweep({{device[i], kDouble, Op::kRead}, {host[i], kDouble, Op::kWrite}}, s.elements);
         sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.elements = parameters.get<std::uint64_t>("elements");
  if (s.elements % kBlockThreads != 0) {
    refuse(kName, "elements " + std::to_string(s.elements) + " is not a multiple of 1024, a thread block",
           "give a multiple, 33554432");
  }
  s.kernels = parameters.get<std::string>("kernels");
  s.iterations = parameters.get<std::uint64_t>("iterations");
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return stream(out, s); };
}

}  // namespace stream_program

GeneratorInfo stream_generator() {
  using namespace stream_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = kName,
      .summary = "BabelStream: streaming kernels over three arrays of doubles, and the CPU's copy of the results",
      .parameters = {count_parameter("elements", std::uint64_t{1} << 25U,
                                     "doubles of each array, a multiple of 1024; uvm-eval: 125000704 (3 GB in all) to "
                                     "750004224",
                                     kOrigin, kBlockThreads, std::uint64_t{1} << 40U),
                     choice_parameter("kernels", {"triad", "all", "copy", "mul", "add", kDot},
                                      "which kernels an iteration launches; all: copy, mul, add, triad, dot", kOrigin),
                     count_parameter("iterations", 1, "times that the kernels are launched",
                                     "uvm-eval; BabelStream 100", 1, 1U << 30U),
                     resident_blocks_parameter(160, "2 blocks of 1024 threads on each of 80 SMs (Titan V)")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
