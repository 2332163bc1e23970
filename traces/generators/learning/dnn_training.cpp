#include "traces/generators/learning/dnn_training.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/learning/tensors.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace dnn_training_program {

constexpr const char* kName = "dnn_training";
constexpr std::uint64_t kLoss = 4;

struct Settings {
  std::uint64_t layers = 0;
  std::uint64_t weight_bytes = 0;
  std::uint64_t activation_bytes = 0;
  std::uint64_t iterations = 0;
  std::uint64_t access_size = 0;
};

struct Layer {
  Tensor weights;
  Tensor gradients;
  Tensor momentum;  ///< Adam's two states
  Tensor variance;
  Tensor activations;  ///< what it puts out
};

/// 160 bytes a layer.
struct Network {
  Tensor input;
  std::vector<Layer> layers;
  /// Gradients of activations: layer l reads buffer (l + 1) % 2, and writes buffer l % 2.
  Tensor activation_gradients[2];
  Tensor loss;

  const Tensor& input_of(std::uint64_t layer) const { return layer == 0 ? input : layers[layer - 1].activations; }
};

Network map_network(Emitter& out, const Settings& s) {
  Network network;
  network.input = map_tensor(out, "input", s.activation_bytes);
  for (std::uint64_t l = 0; l < s.layers; ++l) {
    const std::string number = '_' + std::to_string(l);
    Layer layer;
    layer.weights = map_tensor(out, "weights" + number, s.weight_bytes);
    layer.gradients = map_tensor(out, "gradients" + number, s.weight_bytes);
    layer.momentum = map_tensor(out, "momentum" + number, s.weight_bytes);
    layer.variance = map_tensor(out, "variance" + number, s.weight_bytes);
    layer.activations = map_tensor(out, "activations" + number, s.activation_bytes);
    network.layers.push_back(layer);
  }
  network.activation_gradients[0] = map_tensor(out, "activation_gradients_0", s.activation_bytes);
  network.activation_gradients[1] = map_tensor(out, "activation_gradients_1", s.activation_bytes);
  network.loss = map_tensor(out, "loss", kLoss);
  return network;
}

struct Operand {
  Op op = Op::kRead;
  Tensor tensor;
};

/// A kernel that goes through its operands one after the other; results wait for what they are made of.
Program run_kernel(Emitter& out, const char* name, std::vector<Operand> operands, std::uint64_t access_size) {
  out.launch(name);
  Op before = Op::kRead;
  for (const Operand& operand : operands) {
    if (operand.op != std::exchange(before, operand.op)) out.dependency();
    for (Program part = stream_tensor(out, operand.op, operand.tensor, access_size); part.resume();) co_yield Pause{};
  }
  out.end_kernel();
}

/// An elementwise kernel over tensors of one size: goes through all of them side by side.
Program run_elementwise(Emitter& out, const char* name, std::vector<Operand> operands, std::uint64_t access_size) {
  out.launch(name);
  const std::uint64_t bytes = operands.front().tensor.bytes;
  for (std::uint64_t offset = 0; offset < bytes; offset += access_size) {
    for (const Operand& operand : operands) {
      out.access(operand.tensor.address + offset, std::min(access_size, bytes - offset), operand.op);
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// The kernels of an iteration, in order: forward, the loss, backward, and Adam layer by layer.
Program train(Emitter& out, const Settings& s, const Network& network) {
  for (std::uint64_t l = 0; l < s.layers; ++l) {
    const Layer& layer = network.layers[l];
    Program forward = run_kernel(
        out, "forward", {{Op::kRead, network.input_of(l)}, {Op::kRead, layer.weights}, {Op::kWrite, layer.activations}},
        s.access_size);
    while (forward.resume()) co_yield Pause{};
  }
  Program loss = run_kernel(out, "loss",
                            {{Op::kRead, network.layers.back().activations},
                             {Op::kWrite, network.activation_gradients[s.layers % 2]},
                             {Op::kWrite, network.loss}},
                            s.access_size);
  while (loss.resume()) co_yield Pause{};
  for (std::uint64_t l = s.layers; l-- > 0;) {
    const Layer& layer = network.layers[l];
    std::vector<Operand> operands{{Op::kRead, network.activation_gradients[(l + 1) % 2]},
                                  {Op::kRead, network.input_of(l)},
                                  {Op::kRead, layer.weights},
                                  {Op::kWrite, layer.gradients}};
    if (l != 0) operands.push_back({Op::kWrite, network.activation_gradients[l % 2]});  // nobody needs the input's
    Program backward = run_kernel(out, "backward", operands, s.access_size);
    while (backward.resume()) co_yield Pause{};
  }
  for (const Layer& layer : network.layers) {
    Program adam = run_elementwise(out, "adam",
                                   {{Op::kRead, layer.gradients},
                                    {Op::kReadModifyWrite, layer.momentum},
                                    {Op::kReadModifyWrite, layer.variance},
                                    {Op::kReadModifyWrite, layer.weights}},
                                   s.access_size);
    while (adam.resume()) co_yield Pause{};
  }
}

Program dnn_training(Emitter& out, Settings s) {
  const Network network = map_network(out, s);
  for (const Layer& layer : network.layers) {
    for (CpuSweep fill({{layer.weights.address, 1, Op::kWrite}}, s.weight_bytes); fill.next(out);) {
      if (out.full()) co_yield Pause{};
    }
  }
  for (const Layer& layer : network.layers) {
    Program clear = run_elementwise(out, "clear_states", {{Op::kWrite, layer.momentum}, {Op::kWrite, layer.variance}},
                                    s.access_size);
    while (clear.resume()) co_yield Pause{};
  }
  out.host();  // prepares the first batch meanwhile
  for (std::uint64_t i = 0; i < s.iterations; ++i) {
    for (CpuSweep batch({{network.input.address, 1, Op::kWrite}}, s.activation_bytes); batch.next(out);) {
      if (out.full()) co_yield Pause{};
    }
    for (Program iteration = train(out, s, network); iteration.resume();) co_yield Pause{};
    out.synchronize();
    out.read(network.loss.address, kLoss);
  }
}

}  // namespace dnn_training_program

GeneratorInfo dnn_training_generator() {
  using namespace dnn_training_program;  // NOLINT(google-build-using-namespace): what is above
  const ParameterInfo weights =
      bytes_parameter("weight_bytes", Bytes::mib(16), "weights of a layer; gradients and both states have as many",
                      "assumption", Bytes::gib(64));
  const ParameterInfo activations =
      bytes_parameter("activation_bytes", Bytes::mib(64), "what a layer puts out for a batch; the input has as many",
                      "assumption; vDNN (Rhu et al., MICRO 2016): most of the memory is activations", Bytes::gib(64));
  ProgramDescription description;
  description.name = kName;
  description.summary = "training of a deep network: forward, backward, Adam; activations are kept for the way back";
  description.parameters = {count_parameter("layers", 16, "layers", "assumption; VGG-16 has 16", 1, 4096), weights,
                            activations, count_parameter("iterations", 2, "batches", "assumption", 1, 1U << 20U),
                            tensor_access_size_parameter()};
  description.prepare = [weights, activations](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings s{parameters.get<std::uint64_t>("layers"), bytes_of(parameters, kName, weights),
                     bytes_of(parameters, kName, activations), parameters.get<std::uint64_t>("iterations"),
                     tensor_access_size_of(parameters, kName)};
    return [s](Emitter& out) { return dnn_training(out, s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
