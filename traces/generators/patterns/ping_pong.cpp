#include "traces/generators/patterns/ping_pong.h"

#include <algorithm>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace ping_pong_program {

constexpr const char* kName = "ping_pong";
constexpr std::uint64_t kElement = 4;

struct Settings {
  std::uint64_t footprint = 0;
  std::uint64_t rounds = 0;
  Op cpu = Op::kRead;
  Op gpu = Op::kRead;
};

/// A round: the CPU goes through the range line by line, then a kernel does, warp by warp.
Program ping_pong(Emitter& out, Settings s) {
  const std::uint64_t range = out.map("range", Bytes(s.footprint));
  for (std::uint64_t round = 0; round < s.rounds; ++round) {
    for (CpuSweep sweep({{range, 1, s.cpu}}, s.footprint); sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
    out.launch("pong");
    for (std::uint64_t offset = 0; offset < s.footprint; offset += kWarp * kElement) {
      out.access(range + offset, std::min(kWarp * kElement, s.footprint - offset), s.gpu);
      if (out.full()) co_yield Pause{};
    }
    out.end_kernel();
    out.synchronize();
  }
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.footprint = footprint_of(parameters, kName).count();
  s.rounds = parameters.get<std::uint64_t>("rounds");
  s.cpu = operation_of(parameters, "cpu_operation");
  s.gpu = operation_of(parameters, "gpu_operation");
  return [s](Emitter& out) { return ping_pong(out, s); };
}

}  // namespace ping_pong_program

GeneratorInfo ping_pong_generator() {
  using namespace ping_pong_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = kName,
      .summary = "the CPU and a kernel take turns over the whole footprint",
      .parameters = {footprint_parameter(),
                     count_parameter("rounds", 10, "turns of each", "assumption", 1, std::uint64_t{1} << 40U),
                     operation_parameter("cpu_operation", "read_modify_write", "what the CPU does to each byte"),
                     operation_parameter("gpu_operation", "read_modify_write", "what the kernel does to each byte")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
