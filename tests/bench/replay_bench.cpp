// Replay speed, in accesses per second of one core.
//
// Each row runs whole simulations, one in a child process each (so that none finds memory that another has touched).
// The trace is generated before and handed over from memory, so that rows measure the replay and not a generator; the
// rate is taken from the processor time of the replaying thread, which other load on the machine disturbs little.
// `wall` is the rate by the wall clock.
//
//   resident_sequential   64 MiB in order, 128 B an access, over and over; everything fits
//   resident_random       1 M pages (4 GiB) at random, 128 B an access; everything fits
//   resident_random_lru   the same under a policy that wants to hear of every access
//   zipf_*                zipf 0.9 over 1 M pages, capacity 50 %:
//     _4k                   4 KiB LRU, no prefetch: what cache simulators do, plus time
//     _64k                  64 KiB LRU, 64 KiB prefetch
//     _2m                   2 MiB LRU, tree prefetch (the default policies)
//   .../timeline          a run in turn with and without the time series that `farfault run` writes, three times:
//                         timeline_cost is the ratio of the fastest ones, less 1
//   ..._scrambled         hot pages spread over the footprint instead of side by side
#include <benchmark/benchmark.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "tests/bench/measure.h"

namespace farfault {
namespace {

using bench::measure_in_child;
using bench::Measured;
using bench::SharedSource;

/// Hands out the blocks of another source, read once, as often as asked.
class MemorySource final : public traces::Source {
 public:
  MemorySource(const traces::Source& source, std::uint64_t accesses) : accesses_(accesses) {
    const auto reader = source.open();
    traces::AccessBlock block;
    while (reader->next(block)) blocks_.push_back(block);
    agents_ = reader->agents();
  }

  std::unique_ptr<traces::Reader> open() const override { return std::make_unique<MemoryReader>(*this); }
  std::string description() const override { return "from memory"; }

 private:
  class MemoryReader final : public traces::Reader {
   public:
    explicit MemoryReader(const MemorySource& source) : source_(source) {}
    std::string_view format() const override { return "memory"; }
    const std::vector<traces::Agent>& agents() const override { return source_.agents_; }
    const traces::TraceLimits& limits() const override { return limits_; }
    bool next(traces::AccessBlock& block) override {
      block.clear();
      if (done_ >= source_.accesses_) return false;
      const traces::AccessBlock& from = source_.blocks_[next_++ % source_.blocks_.size()];
      block.accesses.assign(from.accesses.begin(), from.accesses.end());
      if (done_ == 0) block.events = from.events;
      done_ += block.accesses.size();
      return true;
    }

   private:
    const MemorySource& source_;
    traces::TraceLimits limits_;
    std::size_t next_ = 0;
    std::uint64_t done_ = 0;
  };

  std::uint64_t accesses_;
  std::vector<traces::AccessBlock> blocks_;
  std::vector<traces::Agent> agents_;
};

struct Row {
  const char* name;
  const char* generator;  // with parameters
  const char* policy;
  const char* capacity;
  std::uint64_t accesses;
};

constexpr const char* kFifo = R"("policy": {"eviction": "fifo"})";
constexpr const char* kLru4k = R"("policy": {"prefetch": "none", "eviction": {"kind": "lru", "granularity": "4 KiB"}})";
constexpr const char* kLru64k =
    R"("policy": {"prefetch": "block64k", "eviction": {"kind": "lru", "granularity": "64 KiB"}})";
constexpr const char* kDefault = R"("policy": {})";
constexpr const char* kRandom =
    R"({"kind": "random", "footprint": "4 GiB", "access_size": "128 B", "accesses": 20000000})";
constexpr const char* kZipf = R"({"kind": "zipf", "footprint": "4 GiB", "access_size": "128 B", "accesses": 20000000})";
constexpr const char* kScrambled =
    R"({"kind": "zipf", "footprint": "4 GiB", "access_size": "128 B", "accesses": 20000000, "scramble": true})";

constexpr Row kRows[] = {
    {"resident_sequential", R"({"kind": "sequential", "footprint": "64 MiB", "access_size": "128 B"})", kFifo, "8 GiB",
     400'000'000},
    {"resident_random", kRandom, kFifo, "8 GiB", 300'000'000},
    {"resident_random_lru", kRandom, kDefault, "8 GiB", 200'000'000},
    {"zipf_4k", kZipf, kLru4k, "2 GiB", 40'000'000},
    {"zipf_64k", kZipf, kLru64k, "2 GiB", 40'000'000},
    {"zipf_2m", kZipf, kDefault, "2 GiB", 20'000'000},
    {"zipf_4k_scrambled", kScrambled, kLru4k, "2 GiB", 40'000'000},
    {"zipf_2m_scrambled", kScrambled, kDefault, "2 GiB", 2'000'000},
};

/// The row's scenario, its accesses in memory: a generator that is added to the catalogue.
RunSpec prepare(const Row& row, Catalogue& catalogue) {
  const ConfigPaths paths{"configs"};
  const std::string text = std::string(R"({"workload": {"generator": )") + row.generator + "}, " + row.policy +
                           R"(, "memory": {"device_capacity": ")" + row.capacity + R"("}})";
  RunSpec spec = load_scenario_text(text, row.name, ".", {}, paths, catalogue);
  const Choice generator = *spec.workload.generator;
  const auto source = catalogue.generators.find(generator.kind)->make(generator.parameters, spec.seed);
  const auto memory = std::make_shared<MemorySource>(*source, row.accesses);

  traces::GeneratorInfo from_memory;
  from_memory.name = "from-memory";
  from_memory.make = [memory](const Parameters&, std::uint64_t) { return std::make_unique<SharedSource>(memory); };
  catalogue.generators.add(from_memory);
  spec.workload.generator = Choice{"from-memory", {}};
  return spec;
}

void timeline_cost(benchmark::State& state, const Row& row) {
  Catalogue catalogue = make_catalogue();
  const RunSpec spec = prepare(row, catalogue);
  double fastest[2] = {std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
  for (auto _ : state) {
    for (int i = 0; i < 3; ++i) {
      for (const bool timeline : {false, true}) {
        const double seconds = measure_in_child(spec, catalogue, timeline).thread_seconds;
        fastest[timeline ? 1 : 0] = std::min(fastest[timeline ? 1 : 0], seconds);
      }
    }
    state.SetIterationTime(fastest[1]);
  }
  state.counters["timeline_cost"] = fastest[1] / fastest[0] - 1;
}

void replay(benchmark::State& state, const Row& row) {
  Catalogue catalogue = make_catalogue();
  const RunSpec spec = prepare(row, catalogue);
  Measured sum;
  for (auto _ : state) {
    const Measured measured = measure_in_child(spec, catalogue);
    state.SetIterationTime(measured.thread_seconds);
    sum.accesses += measured.accesses;
    sum.wall_seconds += measured.wall_seconds;
    sum.thread_seconds += measured.thread_seconds;
    sum.faults += measured.faults;
  }
  state.counters["accesses"] = benchmark::Counter(sum.accesses / sum.thread_seconds);
  state.counters["wall"] = benchmark::Counter(sum.accesses / sum.wall_seconds);
  if (sum.faults > 0) state.counters["ns_per_fault"] = sum.thread_seconds / sum.faults * 1e9;
  state.counters["faults_per_access"] = sum.faults / sum.accesses;
}

}  // namespace
}  // namespace farfault

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const farfault::Row& row : farfault::kRows) {
    benchmark::RegisterBenchmark(row.name, [&row](benchmark::State& state) { farfault::replay(state, row); })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1);
    benchmark::RegisterBenchmark((std::string(row.name) + "/timeline").c_str(),
                                 [&row](benchmark::State& state) { farfault::timeline_cost(state, row); })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
