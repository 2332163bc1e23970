// Cost of eviction policies: nanoseconds for a touch of a resident chunk, and for a victim with the chunk that comes in
// its place, over 65,536 chunks. Touches are skewed (a square of a uniform number), as most programs' are.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "models/policies/future.h"
#include "models/policies/registry.h"
#include "sim/core/mix.h"

namespace farfault {
namespace {

constexpr std::uint32_t kChunks = 65'536;
constexpr std::size_t kTouches = 1U << 20U;

struct Everything final : EvictionView {
  explicit Everything(ChunkId chunk) : comes(chunk) {}
  bool evictable(ChunkId /*chunk*/) const override { return true; }
  std::optional<ChunkId> wanted() const override { return comes; }
  unsigned pages_to_copy(ChunkId chunk) const override { return chunk.value() % 2; }
  ChunkId comes;
};

/// Each chunk is used again some time, no two in the order in which they were used last.
struct SomeFuture final : FutureUses {
  std::uint64_t next_use(ChunkId chunk) const override { return mix64(++asked ^ chunk.value()) >> 1U; }
  std::uint64_t use_after_next(ChunkId chunk) const override { return next_use(chunk); }
  std::optional<BlockPages> ahead(std::size_t /*chunks*/) override { return std::nullopt; }
  mutable std::uint64_t asked = 0;
};

std::vector<ChunkId> skewed(std::uint32_t below) {
  std::mt19937_64 numbers(1);
  std::vector<ChunkId> chunks;
  for (std::size_t i = 0; i < kTouches; ++i) {
    const double uniform = static_cast<double>(numbers() >> 11U) * 0x1p-53;
    chunks.emplace_back(static_cast<std::uint32_t>(uniform * uniform * below));
  }
  return chunks;
}

std::unique_ptr<EvictionPolicy> filled(const PolicyInfo<EvictionPolicy>& info) {
  static const SomeFuture future;
  Parameters parameters = Parameters::defaults(info.parameters);
  parameters.set("granularity", kPageSize);
  auto policy = info.make(parameters, 1);
  policy->foresee(future);
  for (std::uint32_t chunk = 0; chunk < kChunks; ++chunk) policy->on_resident(ChunkId(chunk), SimTime::zero());
  return policy;
}

void touch(benchmark::State& state, const PolicyInfo<EvictionPolicy>& info) {
  const auto policy = filled(info);
  const std::vector<ChunkId> chunks = skewed(kChunks);
  for (auto _ : state) policy->on_touches(chunks, SimTime::zero());
  state.counters["per_touch"] = benchmark::Counter(static_cast<double>(state.iterations() * kTouches),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Twice as many chunks as there is room for: what comes is touched at once, as after a fault.
void replace(benchmark::State& state, const PolicyInfo<EvictionPolicy>& info) {
  const auto policy = filled(info);
  const std::vector<ChunkId> chunks = skewed(2 * kChunks);
  std::vector<bool> there(std::size_t{2} * kChunks);
  for (std::uint32_t chunk = 0; chunk < kChunks; ++chunk) there[chunk] = true;
  std::int64_t victims = 0;
  for (auto _ : state) {
    for (const ChunkId chunk : chunks) {
      if (!there[chunk.value()]) {
        const auto victim = policy->victim(Everything(chunk));
        policy->on_removed(*victim);
        there[victim->value()] = false;
        policy->on_resident(chunk, SimTime::zero());
        there[chunk.value()] = true;
        ++victims;
      }
      policy->on_touches(std::span(&chunk, 1), SimTime::zero());
    }
  }
  // With the touches of the accesses that lead to one.
  state.counters["per_victim"] =
      benchmark::Counter(static_cast<double>(victims), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace
}  // namespace farfault

int main(int argc, char** argv) {
  using namespace farfault;  // NOLINT(google-build-using-namespace): a program of one file
  PolicyRegistry registry;
  register_policies(registry);
  for (const auto& [name, info] : registry.eviction) {
    benchmark::RegisterBenchmark(("touch/" + name).c_str(), [&info = info](benchmark::State& s) { touch(s, info); });
    benchmark::RegisterBenchmark(("replace/" + name).c_str(),
                                 [&info = info](benchmark::State& s) { replace(s, info); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
