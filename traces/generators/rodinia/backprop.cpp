#include "traces/generators/rodinia/backprop.h"

#include <string>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace backprop_program {

constexpr const char* kName = "backprop";
constexpr const char* kOrigin = "Rodinia 3.1 backprop_cuda.cu";
constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kHidden = 16;  ///< units of the hidden layer; also both sides of a block
constexpr std::uint64_t kOutput = 1;
constexpr std::uint64_t kRowsPerWarp = kWarp / kHidden;
/// Elements of a row of weights: one for each hidden unit, behind one for the bias.
constexpr std::uint64_t kPitch = kHidden + 1;

struct Settings {
  std::uint64_t input_size = 0;
  std::uint64_t resident_blocks = 0;
};

struct Network {
  std::uint64_t input_units, hidden_units, output_units, hidden_delta, output_delta, target;
  std::uint64_t weights, weights2;  ///< between input and hidden layer: the first kernel's, the second kernel's
  std::uint64_t hidden_weights, previous_weights, previous_hidden_weights;
  std::uint64_t partial_sums;
};

std::uint64_t element(std::uint64_t array, std::uint64_t index) { return array + index * kFloat; }
/// Of hidden_weights and previous_hidden_weights: between hidden unit `unit` and the output unit.
std::uint64_t to_output(std::uint64_t array, std::uint64_t unit) { return element(array, unit * (kOutput + 1) + 1); }

Network map_network(Emitter& out, std::uint64_t input_size) {
  const std::uint64_t weights = (input_size + 1) * kPitch;
  const std::uint64_t hidden_weights = kPitch * (kOutput + 1);
  Network net{};
  net.input_units = map_array(out, "input_units", input_size + 1, kFloat);
  net.hidden_units = map_array(out, "hidden_units", kHidden + 1, kFloat);
  net.output_units = map_array(out, "output_units", kOutput + 1, kFloat);
  net.hidden_delta = map_array(out, "hidden_delta", kHidden + 1, kFloat);
  net.output_delta = map_array(out, "output_delta", kOutput + 1, kFloat);
  net.target = map_array(out, "target", kOutput + 1, kFloat);
  net.weights = map_array(out, "input_weights", weights, kFloat);
  net.weights2 = map_array(out, "input_weights2", weights, kFloat);
  net.hidden_weights = map_array(out, "hidden_weights", hidden_weights, kFloat);
  net.previous_weights = map_array(out, "input_prev_weights", weights, kFloat);
  net.previous_hidden_weights = map_array(out, "hidden_prev_weights", hidden_weights, kFloat);
  map_array(out, "output_hidden", kHidden + 1, kFloat);  // never accessed
  net.partial_sums = map_array(out, "partial_sum", input_size, kFloat);
  return net;
}

/// A block has 16 rows of the weights, of 16 columns: a thread each.
class Block {
 public:
  Block(Emitter& out, std::uint64_t block, std::uint64_t warp)
      : out_(out), first_unit_(block * kHidden), rows_(part_of(warp, kRowsPerWarp, 0, kHidden)) {}

  /// Thread (tx, ty) at its own weight.
  void weights(std::uint64_t array, Op op) {
    issue_rows(out_, op, kRowsPerWarp, rows_.begin, rows_.end, kHidden * kFloat,
               [&](std::uint64_t ty) { return element(array, (first_unit_ + ty + 1) * kPitch + 1); });
  }
  /// One float for each row ty, be it by one thread or by all of the row.
  void per_row(std::uint64_t array, std::uint64_t first, Op op) {
    issue_rows(out_, op, kRowsPerWarp, rows_.begin, rows_.end, kFloat,
               [&](std::uint64_t ty) { return element(array, first + first_unit_ + ty); });
  }
  /// One float for each column tx, in all rows.
  void per_column(std::uint64_t array, std::uint64_t first) {
    issue_rows(out_, Op::kRead, kRowsPerWarp, rows_.begin, rows_.end, kHidden * kFloat,
               [&](std::uint64_t) { return element(array, first); });
  }
  /// The first block's 16 threads of the first row at the bias's weights.
  void bias(std::uint64_t array, Op op) {
    if (first_unit_ == 0 && rows_.begin == 0) out_.access(element(array, 1), kHidden * kFloat, op);
  }

 private:
  Emitter& out_;
  std::uint64_t first_unit_;
  Clipped rows_;
};

/// Products of inputs and weights, summed up within the block in shared memory. Barriers behind both loads.
constexpr std::uint64_t kForwardSteps = 4;
void issue_forward(Block block, const Network& net, std::uint64_t step) {
  switch (step) {
    case 0:
      return block.per_row(net.input_units, 1, Op::kRead);
    case 1:
      return block.weights(net.weights, Op::kRead);
    case 2:
      return block.weights(net.weights, Op::kWrite);
    default:
      return block.per_row(net.partial_sums, 0, Op::kWrite);
  }
}

/// w += f(delta, input, previous), previous = f(...). What the second line loads again is taken as kept in registers.
/// Behind a barrier the first block does the same for the bias.
constexpr std::uint64_t kAdjustSteps = 10;
void issue_adjust(Block block, const Network& net, std::uint64_t step) {
  switch (step) {
    case 0:
      return block.weights(net.weights2, Op::kRead);
    case 1:
      return block.per_column(net.hidden_delta, 1);
    case 2:
      return block.per_row(net.input_units, 1, Op::kRead);
    case 3:
      return block.weights(net.previous_weights, Op::kRead);
    case 4:
      return block.weights(net.weights2, Op::kWrite);
    case 5:
      return block.weights(net.previous_weights, Op::kWrite);
    case 6:
      return block.bias(net.weights2, Op::kRead);
    case 7:
      return block.bias(net.previous_weights, Op::kRead);
    case 8:
      return block.bias(net.weights2, Op::kWrite);
    default:
      return block.bias(net.previous_weights, Op::kWrite);
  }
}

/// The output layer, on the CPU: forward, the error of both layers, and the weights between them. Element by element.
void output_layer(Emitter& out, const Network& net) {
  out.write(net.hidden_units, kFloat);
  for (std::uint64_t unit = 0; unit <= kHidden; ++unit) {
    out.read(to_output(net.hidden_weights, unit), kFloat);
    out.read(element(net.hidden_units, unit), kFloat);
  }
  out.write(element(net.output_units, 1), kFloat);

  out.read(element(net.output_units, 1), kFloat);
  out.read(element(net.target, 1), kFloat);
  out.write(element(net.output_delta, 1), kFloat);

  for (std::uint64_t unit = 1; unit <= kHidden; ++unit) {
    out.read(element(net.hidden_units, unit), kFloat);
    out.read(element(net.output_delta, 1), kFloat);
    out.read(to_output(net.hidden_weights, unit), kFloat);
    out.write(element(net.hidden_delta, unit), kFloat);
  }

  out.write(net.hidden_units, kFloat);
  for (std::uint64_t unit = 0; unit <= kHidden; ++unit) {
    out.read(element(net.output_delta, 1), kFloat);
    out.read(element(net.hidden_units, unit), kFloat);
    out.read(to_output(net.previous_hidden_weights, unit), kFloat);
    out.read(to_output(net.hidden_weights, unit), kFloat);
    out.write(to_output(net.hidden_weights, unit), kFloat);
    out.write(to_output(net.previous_hidden_weights, unit), kFloat);
  }
}

/// Random weights, their copy for the second kernel, no previous changes, and the input.
Program initialise(Emitter& out, Network net, std::uint64_t input_size) {
  const std::uint64_t weights = (input_size + 1) * kPitch;
  const std::uint64_t hidden_weights = kPitch * (kOutput + 1);
  for (CpuSweep sweep({{net.weights, kFloat, Op::kWrite}}, weights); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep sweep({{net.weights, kFloat, Op::kRead}, {net.weights2, kFloat, Op::kWrite}}, weights);
       sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  struct Filled {
    std::uint64_t array;
    std::uint64_t elements;
  };
  for (const Filled filled : {Filled{net.hidden_weights, hidden_weights}, Filled{net.previous_weights, weights},
                              Filled{net.previous_hidden_weights, hidden_weights}, Filled{net.target, kOutput + 1},
                              Filled{element(net.input_units, 1), input_size}}) {
    for (CpuSweep sweep({{filled.array, kFloat, Op::kWrite}}, filled.elements); sweep.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
}

/// The blocks' sums of each hidden unit, added up by the CPU.
Program hidden_layer(Emitter& out, Network net, std::uint64_t blocks) {
  for (std::uint64_t unit = 1; unit <= kHidden; ++unit) {
    for (std::uint64_t block = 0; block < blocks; ++block) {
      out.read(element(net.partial_sums, block * kHidden + unit - 1), kFloat);
      if (out.full()) co_yield Pause{};
    }
    out.read(element(net.weights, unit), kFloat);
    out.write(element(net.hidden_units, unit), kFloat);
  }
}

Program backprop(Emitter& out, Settings s) {
  const Network net = map_network(out, s.input_size);
  for (Program part = initialise(out, net, s.input_size); part.resume();) co_yield Pause{};

  const std::uint64_t blocks = s.input_size / kHidden;
  out.launch("bpnn_layerforward_CUDA", 0, s.resident_blocks);
  for (GridBlocks turns(blocks, kHidden / kRowsPerWarp, kForwardSteps, {1, 2}); turns.next();) {
    turns.tell(out);
    issue_forward(Block(out, turns.block(), turns.warp()), net, turns.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
  out.synchronize();

  for (Program part = hidden_layer(out, net, blocks); part.resume();) co_yield Pause{};
  output_layer(out, net);

  out.launch("bpnn_adjust_weights_cuda", 0, s.resident_blocks);
  for (GridBlocks turns(blocks, kHidden / kRowsPerWarp, kAdjustSteps, {4, 6, 8}); turns.next();) {
    turns.tell(out);
    issue_adjust(Block(out, turns.block(), turns.warp()), net, turns.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
  out.synchronize();
  for (CpuSweep sweep({{net.input_units, kFloat, Op::kRead}}, s.input_size + 1); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep sweep({{net.weights2, kFloat, Op::kRead}}, (s.input_size + 1) * kPitch); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.input_size = parameters.get<std::uint64_t>("input_size");
  if (s.input_size % kHidden != 0) {
    refuse(kName, "input_size " + std::to_string(s.input_size) + " is not a multiple of 16, the rows of a block",
           "give a multiple, 131056");
  }
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return backprop(out, s); };
}

}  // namespace backprop_program

GeneratorInfo backprop_generator() {
  using namespace backprop_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = kName,
      .summary = "Rodinia backprop: a training step of a network with one hidden layer of 16 units",
      .parameters = {count_parameter("input_size", 131'056, "units of the input layer, a multiple of 16", kOrigin,
                                     kHidden, std::uint64_t{1} << 32U),
                     resident_blocks_parameter(224, "UVMSmart: 8 blocks on each of 28 SMs")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
