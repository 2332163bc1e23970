#include "traces/generators/learning/llm_decode.h"

#include <algorithm>
#include <vector>

#include "traces/generators/learning/tensors.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace llm_decode_program {

constexpr const char* kName = "llm_decode";
constexpr std::uint64_t kHalf = 2;  ///< bytes of an activation, a key's or a value's element
constexpr std::uint64_t kInt = 4;   ///< token and page numbers
constexpr std::uint64_t kLogit = 4;
/// Words of natural language by rank.
constexpr double kTokenSkew = 1;

constexpr unsigned kComputeStream = 0;
constexpr unsigned kCopyStream = 1;

struct Settings {
  std::uint64_t layers = 0;
  std::uint64_t hidden = 0;
  std::uint64_t heads = 0;
  std::uint64_t kv_heads = 0;
  std::uint64_t ffn = 0;
  std::uint64_t vocabulary = 0;
  std::uint64_t weight = 0;  ///< bytes
  std::uint64_t context = 0;
  std::uint64_t tokens = 0;
  std::uint64_t batch = 0;
  std::uint64_t tokens_per_page = 0;
  bool streamed = false;
  std::uint64_t access_size = 0;
  std::uint64_t seed = 0;

  std::uint64_t kv_width() const { return hidden / heads * kv_heads; }  ///< elements of a token's keys
  std::uint64_t kv_bytes() const { return kv_width() * kHalf; }
  std::uint64_t page_bytes() const { return tokens_per_page * kv_bytes(); }
  std::uint64_t context_pages() const { return (context + tokens_per_page - 1) / tokens_per_page; }
  std::uint64_t pages() const { return (context + tokens + tokens_per_page - 1) / tokens_per_page; }  ///< a sequence

  // The weights of a layer, in this order, one behind the other.
  std::uint64_t qkv() const { return (hidden + hidden * (hidden + 2 * kv_width())) * weight; }  ///< and a norm
  std::uint64_t output() const { return hidden * hidden * weight; }
  std::uint64_t gate_up() const { return (hidden + 2 * hidden * ffn) * weight; }  ///< and a norm
  std::uint64_t down() const { return hidden * ffn * weight; }
  std::uint64_t layer() const { return qkv() + output() + gate_up() + down(); }
};

struct Model {
  Tensor embedding;
  std::vector<Tensor> layers;
  std::vector<Tensor> kv_cache;  ///< by layer: pages of keys, then as many of values
  Tensor lm_head;
  Tensor hidden_states;
  Tensor intermediate;
  Tensor logits;
  Tensor token_ids;
  Tensor block_table;  ///< by sequence: the physical page of each of its pages
  Tensor staging[2];   ///< of streamed weights; else not there
};

Model map_model(Emitter& out, const Settings& s) {
  Model m;
  m.embedding = map_tensor(out, "embedding", s.vocabulary * s.hidden * s.weight);
  for (std::uint64_t l = 0; l < s.layers; ++l) {
    m.layers.push_back(map_tensor(out, "layer_" + std::to_string(l), s.layer()));
  }
  m.lm_head = map_tensor(out, "lm_head", s.vocabulary * s.hidden * s.weight);
  for (std::uint64_t l = 0; l < s.layers; ++l) {
    m.kv_cache.push_back(map_tensor(out, "kv_cache_" + std::to_string(l), 2 * s.batch * s.pages() * s.page_bytes()));
  }
  m.hidden_states = map_tensor(out, "hidden_states", s.batch * s.hidden * kHalf);
  m.intermediate = map_tensor(out, "intermediate", s.batch * std::max(2 * s.ffn, s.hidden + 2 * s.kv_width()) * kHalf);
  m.logits = map_tensor(out, "logits", s.batch * s.vocabulary * kLogit);
  m.token_ids = map_tensor(out, "token_ids", s.batch * kInt);
  m.block_table = map_tensor(out, "block_table", s.batch * s.pages() * kInt);
  if (s.streamed) {
    m.staging[0] = map_tensor(out, "staging_0", s.layer());
    m.staging[1] = map_tensor(out, "staging_1", s.layer());
  }
  return m;
}

/// Pages are handed out as they are needed: those of the contexts sequence by sequence, then one for each sequence
/// whenever the last ones are full.
std::uint64_t physical_page(const Settings& s, std::uint64_t sequence, std::uint64_t page) {
  if (page < s.context_pages()) return sequence * s.context_pages() + page;
  return s.batch * s.context_pages() + (page - s.context_pages()) * s.batch + sequence;
}

/// The first `tokens` tokens of a page of keys (half 0) or values (half 1).
Tensor kv_page(const Settings& s, const Tensor& cache, std::uint64_t half, std::uint64_t sequence, std::uint64_t page,
               std::uint64_t tokens) {
  const std::uint64_t physical = half * s.batch * s.pages() + physical_page(s, sequence, page);
  return cache.part(physical * s.page_bytes(), tokens * s.kv_bytes());
}

/// A sequence's keys, then its values, of `tokens` tokens from the first one on.
Program stream_kv(Emitter& out, Op op, const Settings& s, Tensor cache, std::uint64_t sequence, std::uint64_t tokens) {
  for (std::uint64_t half = 0; half < 2; ++half) {
    for (std::uint64_t begin = 0; begin < tokens; begin += s.tokens_per_page) {
      const Tensor page =
          kv_page(s, cache, half, sequence, begin / s.tokens_per_page, std::min(s.tokens_per_page, tokens - begin));
      for (Program part = stream_tensor(out, op, page, s.access_size); part.resume();) co_yield Pause{};
    }
  }
}

/// A matrix product: loads the input, goes through the weights, stores the output.
Program project(Emitter& out, const Settings& s, const char* kernel, Tensor weights, Tensor input, Tensor output) {
  out.launch(kernel, kComputeStream);
  for (Program part = stream_tensor(out, Op::kRead, input, s.access_size); part.resume();) co_yield Pause{};
  for (Program part = stream_tensor(out, Op::kRead, weights, s.access_size); part.resume();) co_yield Pause{};
  out.dependency();
  for (Program part = stream_tensor(out, Op::kWrite, output, s.access_size); part.resume();) co_yield Pause{};
  out.end_kernel();
}

/// Attention over `position` + 1 tokens of each sequence, the last of which joins the cache at first.
Program attend(Emitter& out, const Settings& s, const Model& m, std::uint64_t layer, std::uint64_t position) {
  const Tensor qkv = m.intermediate.part(0, s.batch * (s.hidden + 2 * s.kv_width()) * kHalf);
  const Tensor attention = m.intermediate.part(0, s.batch * s.hidden * kHalf);
  const std::uint64_t page = position / s.tokens_per_page;
  out.launch("append_kv", kComputeStream);
  const Tensor new_kv = qkv.part(attention.bytes, qkv.bytes - attention.bytes);
  for (Program part = stream_tensor(out, Op::kRead, new_kv, s.access_size); part.resume();) co_yield Pause{};
  out.dependency();
  for (std::uint64_t sequence = 0; sequence < s.batch; ++sequence) {
    for (std::uint64_t half = 0; half < 2; ++half) {
      const std::uint64_t before = position % s.tokens_per_page * s.kv_bytes();
      const Tensor slot = kv_page(s, m.kv_cache[layer], half, sequence, page, 1).part(before, s.kv_bytes());
      for (Program part = stream_tensor(out, Op::kWrite, slot, s.access_size); part.resume();) co_yield Pause{};
    }
  }
  out.end_kernel();

  out.launch("paged_attention", kComputeStream);
  for (Program part = stream_tensor(out, Op::kRead, attention, s.access_size); part.resume();) co_yield Pause{};
  for (std::uint64_t sequence = 0; sequence < s.batch; ++sequence) {
    const Tensor table = m.block_table.part(sequence * s.pages() * kInt, (page + 1) * kInt);
    for (Program part = stream_tensor(out, Op::kRead, table, s.access_size); part.resume();) co_yield Pause{};
    out.dependency();
    Program kv = stream_kv(out, Op::kRead, s, m.kv_cache[layer], sequence, position + 1);
    while (kv.resume()) co_yield Pause{};
  }
  out.dependency();
  for (Program part = stream_tensor(out, Op::kWrite, attention, s.access_size); part.resume();) co_yield Pause{};
  out.end_kernel();
}

Program run_layer(Emitter& out, const Settings& s, const Model& m, std::uint64_t layer, Tensor weights,
                  std::uint64_t position) {
  const Tensor qkv = m.intermediate.part(0, s.batch * (s.hidden + 2 * s.kv_width()) * kHalf);
  const Tensor attention = m.intermediate.part(0, s.batch * s.hidden * kHalf);
  const Tensor gated = m.intermediate.part(0, s.batch * 2 * s.ffn * kHalf);
  const Tensor activated = m.intermediate.part(0, s.batch * s.ffn * kHalf);
  const std::uint64_t output = s.qkv();
  const std::uint64_t gate_up = output + s.output();
  const std::uint64_t down = gate_up + s.gate_up();

  Program first = project(out, s, "qkv_projection", weights.part(0, s.qkv()), m.hidden_states, qkv);
  while (first.resume()) co_yield Pause{};
  for (Program attention_kernels = attend(out, s, m, layer, position); attention_kernels.resume();) co_yield Pause{};
  Program second = project(out, s, "output_projection", weights.part(output, s.output()), attention, m.hidden_states);
  while (second.resume()) co_yield Pause{};
  Program third = project(out, s, "gate_up_projection", weights.part(gate_up, s.gate_up()), m.hidden_states, gated);
  while (third.resume()) co_yield Pause{};
  Program fourth = project(out, s, "down_projection", weights.part(down, s.down()), activated, m.hidden_states);
  while (fourth.resume()) co_yield Pause{};
}

/// Where a layer's weights are when its kernels run. Streamed weights are copied to one of two buffers in turn, by a
/// stream of their own: the next layer's while this one's kernels run.
class WeightStreaming {
 public:
  WeightStreaming(const Settings& settings, const Model& model) : settings_(settings), model_(model) {}

  /// The weights of the next layer, the first one after the last; the compute stream waits for them. `last`: no layer
  /// comes after it.
  Tensor next(Emitter& out, bool last) {
    const std::uint64_t layer = used_ % settings_.layers;
    if (!settings_.streamed) {
      ++used_;
      return model_.layers[layer];
    }
    if (used_ == 0) copy(out);
    if (!last) copy(out);
    const std::uint64_t buffer = used_++ % 2;
    out.stream(kComputeStream);
    out.event(EventKind::kEventWait).value = copied_event(buffer);
    return model_.staging[buffer];
  }
  /// The kernels that use the weights are launched.
  void release(Emitter& out) const {
    if (!settings_.streamed) return;
    out.stream(kComputeStream);
    out.event(EventKind::kEventRecord).value = free_event((used_ - 1) % 2);
  }

 private:
  static std::uint64_t copied_event(std::uint64_t buffer) { return buffer; }
  static std::uint64_t free_event(std::uint64_t buffer) { return 2 + buffer; }

  void copy(Emitter& out) {
    const std::uint64_t buffer = copied_ % 2;
    out.stream(kCopyStream);
    if (copied_ >= 2) out.event(EventKind::kEventWait).value = free_event(buffer);
    Event& copy = out.event(EventKind::kMemcpy);
    copy.address = model_.layers[copied_ % settings_.layers].address;
    copy.length = settings_.layer();
    copy.value = model_.staging[buffer].address;
    copy.value2 = static_cast<std::uint64_t>(CopyDirection::kHostToDevice);
    out.event(EventKind::kEventRecord).value = copied_event(buffer);
    ++copied_;
  }

  const Settings& settings_;
  const Model& model_;
  std::uint64_t used_ = 0;
  std::uint64_t copied_ = 0;
};

/// The contexts: every layer's weights are read once, and the keys and values of all tokens stored. Activations are
/// left out.
Program prefill(Emitter& out, const Settings& s, const Model& m, WeightStreaming& streaming) {
  for (std::uint64_t l = 0; l < s.layers; ++l) {
    const Tensor weights = streaming.next(out, false);
    out.launch("prefill", kComputeStream);
    for (Program part = stream_tensor(out, Op::kRead, weights, s.access_size); part.resume();) co_yield Pause{};
    out.dependency();
    for (std::uint64_t sequence = 0; sequence < s.batch; ++sequence) {
      Program kv = stream_kv(out, Op::kWrite, s, m.kv_cache[l], sequence, s.context);
      while (kv.resume()) co_yield Pause{};
    }
    out.end_kernel();
    streaming.release(out);
  }
}

/// The CPU hands out page `page` of every sequence.
Program hand_out_page(Emitter& out, const Settings& s, const Model& m, std::uint64_t page) {
  out.host();
  for (std::uint64_t sequence = 0; sequence < s.batch; ++sequence) {
    out.write(m.block_table.address + (sequence * s.pages() + page) * kInt, kInt);
    if (out.full()) co_yield Pause{};
  }
}

Program embed(Emitter& out, const Settings& s, const Model& m, const ZipfSampler& popularity, Xoshiro256& numbers) {
  out.launch("embedding", kComputeStream);
  for (Program ids = stream_tensor(out, Op::kRead, m.token_ids, s.access_size); ids.resume();) co_yield Pause{};
  out.dependency();
  for (std::uint64_t sequence = 0; sequence < s.batch; ++sequence) {
    const Tensor row = m.embedding.part((popularity.next(numbers) - 1) * s.hidden * s.weight, s.hidden * s.weight);
    for (Program part = stream_tensor(out, Op::kRead, row, s.access_size); part.resume();) co_yield Pause{};
  }
  out.dependency();
  for (Program part = stream_tensor(out, Op::kWrite, m.hidden_states, s.access_size); part.resume();) {
    co_yield Pause{};
  }
  out.end_kernel();
}

/// A token of each sequence: embedding, layers, the next token; the CPU reads it.
Program decode(Emitter& out, const Settings& s, const Model& m, WeightStreaming& streaming, std::uint64_t token) {
  for (std::uint64_t l = 0; l < s.layers; ++l) {
    const Tensor weights = streaming.next(out, token + 1 == s.tokens && l + 1 == s.layers);
    Program layer = run_layer(out, s, m, l, weights, s.context + token);
    while (layer.resume()) co_yield Pause{};
    streaming.release(out);
  }
  Program logits = project(out, s, "lm_head", m.lm_head, m.hidden_states, m.logits);
  while (logits.resume()) co_yield Pause{};
  Program sample = project(out, s, "sample", Tensor{}, m.logits, m.token_ids);
  while (sample.resume()) co_yield Pause{};
  out.synchronize(kComputeStream);
  for (Program ids = stream_tensor(out, Op::kRead, m.token_ids, s.access_size); ids.resume();) co_yield Pause{};
}

Program llm_decode(Emitter& out, Settings s) {
  const Model m = map_model(out, s);
  for (Program load = load_tensor(out, m.embedding); load.resume();) co_yield Pause{};
  for (const Tensor& layer : m.layers) {
    for (Program load = load_tensor(out, layer); load.resume();) co_yield Pause{};
  }
  for (Program load = load_tensor(out, m.lm_head); load.resume();) co_yield Pause{};
  for (std::uint64_t page = 0; page < s.context_pages(); ++page) {
    for (Program handing = hand_out_page(out, s, m, page); handing.resume();) co_yield Pause{};
  }
  for (Program ids = stream_tensor(out, Op::kWrite, m.token_ids, s.access_size); ids.resume();) co_yield Pause{};

  WeightStreaming streaming(s, m);
  if (s.context != 0) {
    for (Program contexts = prefill(out, s, m, streaming); contexts.resume();) co_yield Pause{};
  }
  const ZipfSampler popularity(s.vocabulary, kTokenSkew);
  Xoshiro256 numbers(s.seed);
  for (std::uint64_t token = 0; token < s.tokens; ++token) {
    const std::uint64_t page = (s.context + token) / s.tokens_per_page;
    if ((s.context + token) % s.tokens_per_page == 0) {
      for (Program handing = hand_out_page(out, s, m, page); handing.resume();) co_yield Pause{};
    }
    for (Program first = embed(out, s, m, popularity, numbers); first.resume();) co_yield Pause{};
    for (Program rest = decode(out, s, m, streaming, token); rest.resume();) co_yield Pause{};
  }
}

Settings settings_of(const Parameters& parameters, std::uint64_t seed) {
  const auto count = [&](const char* name) { return parameters.get<std::uint64_t>(name); };
  Settings s;
  s.layers = count("layers");
  s.hidden = count("hidden_size");
  s.heads = count("heads");
  s.kv_heads = count("kv_heads");
  s.ffn = count("ffn_size");
  s.vocabulary = count("vocabulary");
  s.weight = count("bytes_per_weight");
  s.context = count("context_length");
  s.tokens = count("tokens");
  s.batch = count("batch");
  s.tokens_per_page = count("tokens_per_page");
  s.streamed = parameters.get<std::string>("weights") == "streamed";
  s.access_size = tensor_access_size_of(parameters, kName);
  s.seed = seed;
  if (s.hidden % s.heads != 0) {
    refuse(kName, "hidden_size " + std::to_string(s.hidden) + " is not a multiple of heads " + std::to_string(s.heads),
           "give a multiple");
  }
  if (s.heads % s.kv_heads != 0) {
    refuse(kName, "heads " + std::to_string(s.heads) + " is not a multiple of kv_heads " + std::to_string(s.kv_heads),
           "give a multiple");
  }
  return s;
}

}  // namespace llm_decode_program

GeneratorInfo llm_decode_generator() {
  using namespace llm_decode_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kLlama = "Llama 3 8B (Grattafiori et al. 2024)";
  constexpr const char* kVllm = "PagedAttention (Kwon et al., SOSP 2023): vLLM's default block";
  ProgramDescription description;
  description.name = kName;
  description.summary = "decoding by a large language model: weights layer by layer, keys and values in pages";
  description.seeded = true;
  description.streams = 2;
  description.parameters = {
      count_parameter("layers", 32, "layers", kLlama, 1, 1024),
      count_parameter("hidden_size", 4096, "elements of a token's state; a multiple of heads", kLlama, 1, 1U << 16U),
      count_parameter("heads", 32, "attention heads; a multiple of kv_heads", kLlama, 1, 1024),
      count_parameter("kv_heads", 8, "heads that have keys and values of their own", kLlama, 1, 1024),
      count_parameter("ffn_size", 14'336, "width of the feed-forward part, which has three matrices", kLlama, 1,
                      1U << 18U),
      count_parameter("vocabulary", 128'256, "tokens that there are", kLlama, 1, 1U << 20U),
      count_parameter("bytes_per_weight", 2, "bytes of a weight; activations, keys and values have 2", "bfloat16", 1,
                      8),
      count_parameter("context_length", 2048, "tokens of each sequence before the first that is made", "assumption", 0,
                      1U << 24U),
      count_parameter("tokens", 8, "tokens that each sequence gets", "assumption", 1, 1U << 20U),
      count_parameter("batch", 1, "sequences", "assumption", 1, 4096),
      count_parameter("tokens_per_page", 16, "tokens of a page of the cache", kVllm, 1, 1U << 16U),
      choice_parameter(
          "weights", {"resident", "streamed"},
          "resident: kernels read the weights where they are; streamed: each layer is copied to one of two "
          "buffers before its kernels run, by a second stream",
          "FlexGen (Sheng et al., ICML 2023) streams"),
      tensor_access_size_parameter()};
  description.prepare = [](const Parameters& parameters, std::uint64_t seed) -> StartProgram {
    const Settings s = settings_of(parameters, seed);
    return [s](Emitter& out) { return llm_decode(out, s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
