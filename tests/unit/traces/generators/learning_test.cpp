// Programs of machine learning against closed forms.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "tests/unit/traces/generators/tally.h"
#include "tests/unit/traces/testing.h"

namespace farfault::traces {
namespace learning_test {

using testing::ceil_div;
using testing::check_repeats;
using testing::lines;
using testing::program_of;
using testing::refusal;
using testing::set;
using testing::Settings;
using testing::Tally;
using testing::tally;
using testing::Traffic;

Traffic times(std::uint64_t n, std::uint64_t bytes, std::uint64_t piece) {
  return {n * ceil_div(bytes, piece), n * bytes};
}

TEST_CASE("traces: dnn_training goes forward and back") {
  for (const auto& [layers, w, a, iterations] :
       {std::array<std::uint64_t, 4>{3, 100'000, 300'001, 2}, {1, 130, 70, 3}, {4, 1, 1, 1}}) {
    const Tally t = tally("dnn_training", {set("layers", layers),
                                           {"weight_bytes", Bytes(w)},
                                           {"activation_bytes", Bytes(a)},
                                           set("iterations", iterations)});
    const auto number = [](std::uint64_t l) { return '_' + std::to_string(l); };
    CHECK(t.arrays.size() == 5 * layers + 4);
    CHECK(t.arrays.front() == "input");
    CHECK(t.launches.size() == layers + iterations * (3 * layers + 1));
    CHECK(t.synchronizations == iterations);
    Traffic gradient_reads;
    Traffic gradient_writes;
    for (const char* buffer : {"activation_gradients_0", "activation_gradients_1"}) {
      gradient_reads.bytes += t.on_gpu(buffer).reads.bytes;
      gradient_writes.bytes += t.on_gpu(buffer).writes.bytes;
    }
    CHECK(gradient_reads.bytes == iterations * layers * a);
    CHECK(gradient_writes.bytes == iterations * layers * a);
    CHECK(t.on_cpu("input").writes == Traffic{iterations * lines(a), iterations * a});
    CHECK(t.on_gpu("input").reads == times(2 * iterations, a, 512));
    CHECK(t.on_cpu("loss").reads == Traffic{iterations, 4 * iterations});
    CHECK(t.on_gpu("loss").writes == Traffic{iterations, 4 * iterations});
    for (std::uint64_t l = 0; l < layers; ++l) {
      CHECK(t.on_cpu("weights" + number(l)).writes == Traffic{lines(w), w});
      CHECK(t.on_gpu("weights" + number(l)).reads == times(2 * iterations, w, 512));
      CHECK(t.on_gpu("weights" + number(l)).updates == times(iterations, w, 512));
      CHECK(t.on_gpu("gradients" + number(l)).writes == times(iterations, w, 512));
      CHECK(t.on_gpu("gradients" + number(l)).reads == times(iterations, w, 512));
      for (const char* state : {"momentum", "variance"}) {
        CHECK(t.on_gpu(state + number(l)).writes == times(1, w, 512));
        CHECK(t.on_gpu(state + number(l)).updates == times(iterations, w, 512));
      }
      CHECK(t.on_gpu("activations" + number(l)).writes == times(iterations, a, 512));
      // By the next layer, both ways; or by the loss.
      CHECK(t.on_gpu("activations" + number(l)).reads == times(iterations * (l + 1 < layers ? 2 : 1), a, 512));
    }
  }
}

TEST_CASE("traces: moe reads as many experts as tokens are sent to") {
  constexpr std::uint64_t kExpert = 5000;
  constexpr std::uint64_t kShared = 3000;
  const auto run = [&](std::uint64_t experts, std::uint64_t per_token, std::uint64_t batch, double skew) {
    return tally("moe", {set("layers", 4),
                         set("experts", experts),
                         set("experts_per_token", per_token),
                         {"expert_bytes", Bytes(kExpert)},
                         {"shared_bytes", Bytes(kShared)},
                         set("tokens", 250),
                         set("batch", batch),
                         {"skew", skew},
                         {"access_size", Bytes(1024)}});
  };
  const Tally t = run(8, 2, 1, 0.5);
  CHECK(t.launches_of("expert") == 4 * 250 * 2);
  CHECK(t.launches_of("attention") == 4 * 250);
  CHECK(t.synchronizations == 250);
  for (std::uint64_t l = 0; l < 4; ++l) {
    const std::string number = std::to_string(l);
    CHECK(t.on_cpu("experts_" + number).writes == times(1, 8 * kExpert, 4096));
    CHECK(t.on_cpu("shared_" + number).writes == times(1, kShared, 4096));
    CHECK(t.on_gpu("experts_" + number).reads == times(500, kExpert, 1024));
    CHECK(t.on_gpu("shared_" + number).reads == times(250, kShared, 1024));
  }
  CHECK(t.on_gpu("token_ids").writes == Traffic{250, 1000});
  CHECK(t.on_cpu("token_ids").reads == Traffic{250, 1000});
  // All experts, whatever the law.
  CHECK(run(3, 3, 2, 10).on_gpu("experts_1").reads == times(750, kExpert, 1024));
  // Sequences share experts: four tokens go to at least one and at most four.
  const std::uint64_t shared = run(8, 1, 4, 0).launches_of("expert");
  // 8 * (1 - (7/8)^4) = 3.31 on average.
  CHECK(static_cast<double>(shared) / 1000 == doctest::Approx(3.31).epsilon(0.05));
}

TEST_CASE("traces: moe sends tokens by the law of its skew") {
  const auto shares = [](double skew) {
    const auto source = program_of("moe", {set("layers", 1),
                                           set("experts", 4),
                                           set("experts_per_token", 1),
                                           {"expert_bytes", Bytes(4096)},
                                           {"shared_bytes", Bytes(1)},
                                           set("tokens", 20'000),
                                           {"skew", skew},
                                           {"access_size", Bytes(4096)}});
    const auto reader = source->open();
    AccessBlock block;
    std::map<std::uint64_t, std::uint64_t> counts;
    while (reader->next(block)) {
      for (const Access& access : block.accesses) {
        if (access.agent == 1 && access.size() == 4096) ++counts[access.address];
      }
    }
    std::vector<double> out;
    out.reserve(counts.size());
    for (const auto& [address, count] : counts) out.push_back(static_cast<double>(count) / 20'000);
    std::sort(out.rbegin(), out.rend());
    return out;
  };
  for (const double share : shares(0)) CHECK(share == doctest::Approx(0.25).epsilon(0.05));
  const std::vector<double> harmonic = shares(1);
  REQUIRE(harmonic.size() == 4);
  for (std::size_t rank = 0; rank < 4; ++rank) {
    CHECK(harmonic[rank] == doctest::Approx(12.0 / 25 / static_cast<double>(rank + 1)).epsilon(0.05));
  }
}

/// A small model, and what follows from its sizes.
struct SmallModel {
  std::uint64_t layers = 3;
  std::uint64_t hidden = 64;
  std::uint64_t kv = 32;  ///< 2 of 4 heads
  std::uint64_t ffn = 100;
  std::uint64_t vocabulary = 99;
  std::uint64_t context = 10;
  std::uint64_t tokens = 7;
  std::uint64_t batch = 3;
  std::uint64_t page = 4;

  Settings settings() const {
    return {set("layers", layers),
            set("hidden_size", hidden),
            set("heads", 4),
            set("kv_heads", 2),
            set("ffn_size", ffn),
            set("context_length", context),
            set("tokens", tokens),
            set("batch", batch),
            set("tokens_per_page", page),
            set("vocabulary", vocabulary),
            {"access_size", Bytes(128)}};
  }
  /// Bytes of the matrices and the two norms.
  std::uint64_t layer() const {
    return 2 * (hidden * (hidden + 2 * kv) + hidden * hidden + 3 * hidden * ffn + 2 * hidden);
  }
  /// Sum over the decoded tokens of the tokens that each sees.
  std::uint64_t seen() const { return tokens * context + tokens * (tokens + 1) / 2; }
  std::uint64_t passes() const { return tokens + (context == 0 ? 0 : 1); }
};

void check_model(const Tally& t, const SmallModel& m) {
  for (std::uint64_t l = 0; l < m.layers; ++l) {
    const std::string cache = "kv_cache_" + std::to_string(l);
    CHECK(t.on_cpu("layer_" + std::to_string(l)).writes == times(1, m.layer(), 4096));
    CHECK(t.on_gpu(cache).writes.bytes == m.batch * 2 * 2 * m.kv * (m.context + m.tokens));
    CHECK(t.on_gpu(cache).reads.bytes == m.batch * 2 * 2 * m.kv * m.seen());
    // Pages of 4 tokens of 64 bytes, in pieces of 128.
    std::uint64_t pieces = 0;
    for (std::uint64_t n = m.context + 1; n <= m.context + m.tokens; ++n) {
      for (std::uint64_t at = 0; at < n; at += m.page) pieces += ceil_div(std::min(m.page, n - at) * 2 * m.kv, 128);
    }
    CHECK(t.on_gpu(cache).reads.accesses == 2 * m.batch * pieces);
  }
  CHECK(t.on_gpu("embedding").reads.bytes == 2 * m.hidden * m.batch * m.tokens);
  CHECK(t.on_gpu("lm_head").reads == times(m.tokens, 2 * m.hidden * m.vocabulary, 128));
  CHECK(t.on_gpu("logits").writes == times(m.tokens, 4 * m.batch * m.vocabulary, 128));
  CHECK(t.on_gpu("logits").reads == times(m.tokens, 4 * m.batch * m.vocabulary, 128));
  CHECK(t.on_cpu("token_ids").reads == times(m.tokens, 4 * m.batch, 128));
  const std::uint64_t pages = ceil_div(m.context + m.tokens, m.page);
  CHECK(t.on_cpu("block_table").writes == Traffic{m.batch * pages, 4 * m.batch * pages});
  std::uint64_t entries = 0;
  for (std::uint64_t position = m.context; position < m.context + m.tokens; ++position) {
    entries += position / m.page + 1;
  }
  CHECK(t.on_gpu("block_table").reads.bytes == 4 * m.layers * m.batch * entries);
  CHECK(t.launches_of("prefill") == (m.context == 0 ? 0 : m.layers));
  CHECK(t.launches_of("paged_attention") == m.layers * m.tokens);
  CHECK(t.launches.size() == t.launches_of("prefill") + m.tokens * (3 + 6 * m.layers));
  CHECK(t.synchronizations == m.tokens);
}

TEST_CASE("traces: llm_decode reads its weights once a token and its cache up to the token") {
  SmallModel odd;
  SmallModel fresh;
  fresh.context = 0;
  SmallModel whole_pages;
  whole_pages.context = 8;
  whole_pages.batch = 1;
  for (const SmallModel& m : {odd, fresh, whole_pages}) {
    const Tally t = tally("llm_decode", m.settings());
    check_model(t, m);
    for (std::uint64_t l = 0; l < m.layers; ++l) {
      CHECK(t.on_gpu("layer_" + std::to_string(l)).reads.bytes == m.passes() * m.layer());
    }
  }
}

TEST_CASE("traces: llm_decode fills each place of its cache once and reads only what is there") {
  const SmallModel m;
  const auto source = program_of("llm_decode", m.settings());
  const auto reader = source->open();
  AccessBlock block;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::set<std::uint64_t> filled;  // by 64 bytes: a token's keys or values
  std::uint64_t twice = 0;
  std::uint64_t empty = 0;
  while (reader->next(block)) {
    for (const Event& event : block.events) {
      if (event.name != "kv_cache_1") continue;
      begin = event.address;
      end = event.address + event.length;
    }
    for (const Access& access : block.accesses) {
      if (access.address < begin || access.address >= end) continue;
      REQUIRE(access.size() % 64 == 0);
      for (std::uint64_t at = access.address; at < access.address + access.size(); at += 64) {
        if (access.is_write()) {
          twice += filled.insert(at).second ? 0 : 1;
        } else {
          empty += filled.contains(at) ? 0 : 1;
        }
      }
    }
  }
  CHECK(filled.size() == 2 * m.batch * (m.context + m.tokens));
  CHECK(twice == 0);
  CHECK(empty == 0);
}

TEST_CASE("traces: llm_decode with streamed weights copies each layer ahead of its kernels") {
  const SmallModel m;
  Settings settings = m.settings();
  settings.push_back({"weights", std::string("streamed")});
  const Tally t = tally("llm_decode", settings);
  check_model(t, m);
  for (std::uint64_t l = 0; l < m.layers; ++l) CHECK(t.on_gpu("layer_" + std::to_string(l)).reads == Traffic{});
  CHECK(t.on_gpu("staging_0").reads.bytes + t.on_gpu("staging_1").reads.bytes == m.passes() * m.layers * m.layer());

  std::map<std::string, std::uint64_t> address_of;
  std::map<std::uint64_t, std::string> name_of;
  std::map<std::uint64_t, std::string> holds;  // a buffer's layer
  std::map<std::uint64_t, std::uint64_t> records;
  std::uint64_t copies = 0;
  std::uint64_t wrong = 0;
  std::vector<std::string> order;
  const auto source = program_of("llm_decode", settings);
  const auto reader = source->open();
  AccessBlock block;
  while (reader->next(block)) {
    for (const Event& event : block.events) {
      switch (event.kind) {
        case EventKind::kMmap:
          address_of[event.name] = event.address;
          name_of[event.address] = event.name;
          break;
        case EventKind::kMemcpy:
          ++copies;
          wrong += event.agent == 2 && event.length == m.layer() && event.value2 == 1 ? 0 : 1;
          holds[event.value] = name_of[event.address];
          break;
        case EventKind::kEventRecord:
          ++records[event.value];
          break;
        case EventKind::kEventWait:
          wrong += records[event.value] == 0 ? 1 : 0;
          // The compute stream goes on with what is in the buffer that it waited for.
          if (event.agent == 1) order.push_back(holds[address_of["staging_" + std::to_string(event.value)]]);
          break;
        default:
          break;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(copies == m.passes() * m.layers);
  CHECK(reader->agents().size() == 3);
  REQUIRE(order.size() == m.passes() * m.layers);
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == "layer_" + std::to_string(i % m.layers));
}

TEST_CASE("traces: programs of machine learning repeat themselves and refuse what is out of range") {
  check_repeats("dnn_training",
                {set("layers", 2), {"weight_bytes", Bytes::kib(64)}, {"activation_bytes", Bytes::kib(64)}});
  check_repeats("moe", {set("layers", 2), {"expert_bytes", Bytes::kib(64)}, {"shared_bytes", Bytes::kib(64)}});
  check_repeats("llm_decode", SmallModel().settings());
  CHECK(refusal("dnn_training", {{"weight_bytes", Bytes(0)}}) ==
        "generator dnn_training: weight_bytes 0 B is not in 1 B to 64 GiB; give a size in this range");
  CHECK(refusal("dnn_training", {{"access_size", Bytes(64)}}) ==
        "generator dnn_training: access_size 64 B is below 128 B, a line of a device; give a power of two from 128 B "
        "to 4 KiB");
  CHECK(refusal("moe", {set("experts_per_token", 9)}) ==
        "generator moe: experts_per_token 9 is above experts 8; give at most as many as there are");
  CHECK(refusal("moe", {{"skew", 11.0}}).starts_with("generator moe: skew 11"));
  CHECK(refusal("llm_decode", {set("heads", 24), set("kv_heads", 24)})
            .starts_with("generator llm_decode: hidden_size 4096"));
  CHECK(refusal("llm_decode", {set("kv_heads", 5)}).starts_with("generator llm_decode: heads 32 is not a multiple of"));
  CHECK(refusal("llm_decode", {{"access_size", Bytes(100)}}).starts_with("generator llm_decode: access_size 100 B"));
  CHECK(refusal("llm_decode", {{"weights", std::string("paged")}})
            .starts_with("generator llm_decode: weights \"paged\""));
}

TEST_CASE("traces: a model that does not fit the address space is an error at its first read") {
  const auto source = program_of("llm_decode", {set("layers", 1024), set("hidden_size", 1U << 16U),
                                                set("ffn_size", 1U << 18U), set("bytes_per_weight", 8)});
  const auto reader = source->open();
  AccessBlock block;
  CHECK_THROWS_WITH_AS(reader->next(block), doctest::Contains("do not fit the address space"), InputError);
}

}  // namespace learning_test
}  // namespace farfault::traces
