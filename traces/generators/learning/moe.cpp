#include "traces/generators/learning/moe.h"

#include <algorithm>
#include <vector>

#include "traces/generators/learning/tensors.h"
#include "traces/generators/portable_math.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/random_numbers.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace moe_program {

constexpr const char* kName = "moe";
constexpr double kMaxSkew = 10;

struct Settings {
  std::uint64_t layers = 0;
  std::uint64_t experts = 0;
  std::uint64_t experts_per_token = 0;
  double skew = 0;
  std::uint64_t expert_bytes = 0;
  std::uint64_t shared_bytes = 0;
  std::uint64_t tokens = 0;
  std::uint64_t batch = 0;
  std::uint64_t access_size = 0;
  std::uint64_t seed = 0;
};

struct Layer {
  Tensor shared;   ///< what every token reads: attention and the router
  Tensor experts;  ///< one behind the other
};

/// Sends tokens to experts: different ones, one after the other, the expert of rank k in proportion to k^-skew among
/// those that are left. Which expert has which rank differs from layer to layer.
class Router {
 public:
  explicit Router(const Settings& s) : settings_(s), numbers_(s.seed) {
    for (std::uint64_t rank = 1; rank <= s.experts; ++rank) {
      weights_.push_back(portable_exp(-s.skew * portable_log(static_cast<double>(rank))));
    }
  }

  /// Whom the next token of every sequence of the batch is sent to: by expert, whether anybody.
  std::vector<bool> chosen(std::uint64_t layer) {
    const Permutation expert_of_rank(settings_.experts, SplitMix64::mix(settings_.seed + layer + 1));
    std::vector<bool> out(settings_.experts);
    for (std::uint64_t i = 0; i < settings_.batch; ++i) {
      for (const std::uint64_t rank : choose_ranks()) out[expert_of_rank(rank)] = true;
    }
    return out;
  }

 private:
  std::vector<std::uint64_t> choose_ranks() {
    std::vector<std::uint64_t> left(settings_.experts);
    for (std::uint64_t rank = 0; rank < left.size(); ++rank) left[rank] = rank;
    std::vector<std::uint64_t> out;
    while (out.size() < settings_.experts_per_token) {
      double total = 0;
      for (const std::uint64_t rank : left) total += weights_[rank];
      double point = numbers_.unit() * total;
      auto it = left.begin();
      // The last one takes what rounding leaves.
      for (; it + 1 != left.end() && point >= weights_[*it]; ++it) point -= weights_[*it];
      out.push_back(*it);
      left.erase(it);
    }
    return out;
  }

  Settings settings_;
  std::vector<double> weights_;
  Xoshiro256 numbers_;
};

/// Kernels of a layer for one token of every sequence. An expert that several sequences go to is read once.
Program run_layer(Emitter& out, const Settings& s, Layer layer, std::vector<bool> chosen) {
  out.launch("attention");
  for (Program part = stream_tensor(out, Op::kRead, layer.shared, s.access_size); part.resume();) co_yield Pause{};
  out.end_kernel();
  for (std::uint64_t expert = 0; expert < s.experts; ++expert) {
    if (!chosen[expert]) continue;
    out.launch("expert");
    const Tensor weights = layer.experts.part(expert * s.expert_bytes, s.expert_bytes);
    for (Program part = stream_tensor(out, Op::kRead, weights, s.access_size); part.resume();) co_yield Pause{};
    out.end_kernel();
  }
}

/// Activations and the cache of keys and values are left out: they are small beside the experts.
Program moe(Emitter& out, Settings s) {
  std::vector<Layer> layers;
  for (std::uint64_t l = 0; l < s.layers; ++l) {
    Layer layer;
    layer.shared = map_tensor(out, "shared_" + std::to_string(l), s.shared_bytes);
    layer.experts = map_tensor(out, "experts_" + std::to_string(l), s.experts * s.expert_bytes);
    layers.push_back(layer);
  }
  const Tensor token_ids = map_tensor(out, "token_ids", 4 * s.batch);

  for (const Layer& layer : layers) {
    for (Program load = load_tensor(out, layer.shared); load.resume();) co_yield Pause{};
    for (Program load = load_tensor(out, layer.experts); load.resume();) co_yield Pause{};
  }
  Router router(s);
  for (std::uint64_t token = 0; token < s.tokens; ++token) {
    for (std::uint64_t l = 0; l < s.layers; ++l) {
      for (Program layer = run_layer(out, s, layers[l], router.chosen(l)); layer.resume();) co_yield Pause{};
    }
    out.launch("sample");
    for (Program ids = stream_tensor(out, Op::kWrite, token_ids, s.access_size); ids.resume();) co_yield Pause{};
    out.end_kernel();
    out.synchronize();
    for (Program ids = stream_tensor(out, Op::kRead, token_ids, s.access_size); ids.resume();) co_yield Pause{};
  }
}

}  // namespace moe_program

GeneratorInfo moe_generator() {
  using namespace moe_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kMixtral = "Mixtral 8x7B (Jiang et al. 2024)";
  const ParameterInfo expert = bytes_parameter(
      "expert_bytes", Bytes(3ULL * 4096 * 14'336 * 2),
      "weights of an expert of a layer: three matrices of 4096 x 14336, 16 bits", kMixtral, Bytes::gib(16));
  const ParameterInfo shared =
      bytes_parameter("shared_bytes", Bytes(2ULL * 4096 * 4096 * 2 + 2ULL * 4096 * 1024 * 2 + 8ULL * 4096 * 2),
                      "weights of a layer that every token reads: attention and the router", kMixtral, Bytes::gib(16));
  ParameterInfo skew;
  skew.name = "skew";
  skew.fallback = 0.5;
  skew.description = "a token goes to the expert of rank k in proportion to k^-skew; 0 is balanced";
  skew.source = "assumption; Switch Transformers (Fedus, Zoph, Shazeer 2022) balances by a loss, not fully";
  skew.minimum = 0;
  skew.maximum = kMaxSkew;

  ProgramDescription description;
  description.name = kName;
  description.summary = "mixture of experts: each token reads each layer's shared weights and the experts it goes to";
  description.seeded = true;
  description.parameters = {count_parameter("layers", 32, "layers", kMixtral, 1, 1024),
                            count_parameter("experts", 8, "experts of a layer", kMixtral, 1, 4096),
                            count_parameter("experts_per_token", 2, "experts that a token goes to", kMixtral, 1, 4096),
                            skew,
                            expert,
                            shared,
                            count_parameter("tokens", 4, "tokens that each sequence gets", "assumption", 1, 1U << 20U),
                            count_parameter("batch", 1, "sequences", "assumption", 1, 4096),
                            tensor_access_size_parameter()};
  description.prepare = [expert, shared](const Parameters& parameters, std::uint64_t seed) -> StartProgram {
    const Settings s{parameters.get<std::uint64_t>("layers"),
                     parameters.get<std::uint64_t>("experts"),
                     parameters.get<std::uint64_t>("experts_per_token"),
                     ratio_of(parameters, kName, "skew", kMaxSkew),
                     bytes_of(parameters, kName, expert),
                     bytes_of(parameters, kName, shared),
                     parameters.get<std::uint64_t>("tokens"),
                     parameters.get<std::uint64_t>("batch"),
                     tensor_access_size_of(parameters, kName),
                     seed};
    if (s.experts_per_token > s.experts) {
      refuse(
          kName,
          "experts_per_token " + std::to_string(s.experts_per_token) + " is above experts " + std::to_string(s.experts),
          "give at most as many as there are");
    }
    return [s](Emitter& out) { return moe(out, s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
