#include "traces/generators/patterns/passes.h"

#include <algorithm>
#include <string>

#include "traces/generators/cpu_init.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/random_numbers.h"

namespace farfault::traces {
namespace passes_program {

constexpr const char* kName = "passes";
constexpr const char* kOrigin = "Garg and Sakharnykh, Improving GPU Memory Oversubscription Performance, NVIDIA, 2021";
/// Rounds of the loop whose loads are under way at a time: compilers unroll a loop of unknown length four times.
constexpr std::uint64_t kUnrolled = 4;

enum class Order : std::uint8_t { kGridStride, kBlockStride, kRandom };

struct Settings {
  std::uint64_t bytes = 0;
  std::uint64_t passes = 0;
  std::uint64_t access_size = 0;
  Order order = Order::kGridStride;
  Op op = Op::kRead;
  std::uint64_t warps = 0;   ///< of a block
  std::uint64_t blocks = 0;  ///< of the grid; all are resident
  SweepDetail cpu_init = SweepDetail::kLines;
  std::uint64_t seed = 0;

  /// Accesses of a pass.
  std::uint64_t pieces() const { return (bytes + access_size - 1) / access_size; }
  /// Of a block's own part, for block stride.
  std::uint64_t pieces_per_block() const { return (pieces() + blocks - 1) / blocks; }
  /// Of the loop: accesses that a warp makes.
  std::uint64_t rounds() const {
    if (order == Order::kBlockStride) return (pieces_per_block() + warps - 1) / warps;
    return (pieces() + warps * blocks - 1) / (warps * blocks);
  }
};

/// What a warp accesses in a round, as the number of a piece; pieces() or more: nothing.
std::uint64_t piece_of(const Settings& s, std::uint64_t round, std::uint64_t block, std::uint64_t warp) {
  if (s.order != Order::kBlockStride) return (round * s.blocks + block) * s.warps + warp;
  const std::uint64_t in_block = round * s.warps + warp;
  return in_block < s.pieces_per_block() ? block * s.pieces_per_block() + in_block : s.pieces();
}

Program run_pass(Emitter& out, Settings s, std::uint64_t array, std::uint64_t pass) {
  out.launch(kName);
  Xoshiro256 numbers(SplitMix64::mix(s.seed + pass));
  for (GridWalk walk(s.blocks, s.blocks, s.rounds()); walk.next();) {
    walk.wait(out, s.op != Op::kWrite && walk.step() % kUnrolled == 0);
    for (std::uint64_t warp = 0; warp < s.warps; ++warp) {
      std::uint64_t piece = piece_of(s, walk.step(), walk.block(), warp);
      if (piece >= s.pieces()) break;
      if (s.order == Order::kRandom) piece = numbers.below(s.pieces());
      const std::uint64_t offset = piece * s.access_size;
      out.access(array + offset, std::min(s.access_size, s.bytes - offset), s.op);
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Program passes(Emitter& out, Settings s) {
  const std::uint64_t array = map_array(out, "array", s.bytes, 1);
  Program fill = sweep_arrays(out, s.cpu_init, {{array, 1, Op::kWrite}}, s.bytes);
  while (fill.resume()) co_yield Pause{};
  for (std::uint64_t pass = 0; pass < s.passes; ++pass) {
    for (Program running = run_pass(out, s, array, pass); running.resume();) co_yield Pause{};
    out.synchronize();
  }
}

Order order_of(const Parameters& parameters) {
  const auto& text = parameters.get<std::string>("order");
  if (text == "random") return Order::kRandom;
  return text == "block_stride" ? Order::kBlockStride : Order::kGridStride;
}

}  // namespace passes_program

GeneratorInfo passes_generator() {
  using namespace passes_program;  // NOLINT(google-build-using-namespace): what is above
  ParameterInfo access_size = access_size_parameter();
  access_size.description = "bytes of a warp's access; the last one of the footprint may be shorter";
  access_size.source = std::string(kOrigin) + ": 32 lanes of 4 bytes";
  ProgramDescription description;
  description.name = kName;
  description.summary = "kernels that go over an array, which may be larger than the device, once each";
  description.seeded = true;
  description.parameters = {
      footprint_parameter(),
      count_parameter("passes", 2, "launches, each of which makes as many accesses as the footprint holds",
                      "assumption", 1, 1U << 20U),
      access_size,
      choice_parameter("order", {"grid_stride", "block_stride", "random"},
                       "all blocks go on side by side; each has a part of its own; or each warp goes anywhere",
                       kOrigin),
      operation_parameter("op", "read", "what is done to the array"),
      count_parameter("warps_per_block", 8, "warps of a block", "assumption: 256 threads", 1, 32),
      resident_blocks_parameter(640, "assumption: 80 multiprocessors x 8 blocks; the whole grid"),
      cpu_init_parameter()};
  description.prepare = [](const Parameters& parameters, std::uint64_t seed) -> StartProgram {
    const Settings s{footprint_of(parameters, kName).count(),
                     parameters.get<std::uint64_t>("passes"),
                     access_size_of(parameters, kName).count(),
                     order_of(parameters),
                     operation_of(parameters, "op"),
                     parameters.get<std::uint64_t>("warps_per_block"),
                     parameters.get<std::uint64_t>("resident_blocks"),
                     cpu_init_of(parameters),
                     seed};
    return [s](Emitter& out) { return passes(out, s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
