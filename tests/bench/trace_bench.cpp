// What decoding a trace costs beside replaying it, in accesses per second of processor time.
//
// For five traces, as .fft files in memory or on disk, gone through again and again until there are 50 M accesses:
//
//   decode/NAME   a reader alone: decompression, checksums, columns
//   replay/NAME   a whole simulation that reads the same .fft file, decoding on its second thread: `accesses` a second
//   of
//                 the replaying thread, `wall` by the wall clock. All of the trace runs on the device, which has room.
//
// Decoding does not hold the replay up where its rate is the higher one.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "tests/bench/measure.h"
#include "traces/native/writer.h"
#include "traces/source.h"

namespace farfault {
namespace {

constexpr std::uint64_t kAccesses = 50'000'000;

/// A trace over and over; its events only the first time.
class Repeated final : public traces::Source {
 public:
  explicit Repeated(const std::string& path) : source_(traces::open_file(path)) {}
  std::unique_ptr<traces::Reader> open() const override { return std::make_unique<RepeatedReader>(*source_); }
  std::string description() const override { return source_->description(); }

 private:
  class RepeatedReader final : public traces::Reader {
   public:
    explicit RepeatedReader(const traces::Source& source) : source_(source), reader_(source.open()) {}
    std::string_view format() const override { return reader_->format(); }
    const std::vector<traces::Agent>& agents() const override { return reader_->agents(); }
    const traces::TraceLimits& limits() const override { return reader_->limits(); }
    bool next(traces::AccessBlock& block) override {
      block.clear();
      if (done_ >= kAccesses) return false;
      while (!reader_->next(block)) {
        reader_ = source_.open();
        first_ = false;
      }
      if (!first_) block.events.clear();
      done_ += block.accesses.size();
      return true;
    }

   private:
    const traces::Source& source_;
    std::unique_ptr<traces::Reader> reader_;
    bool first_ = true;
    std::uint64_t done_ = 0;
  };

  std::unique_ptr<traces::Source> source_;
};

void decode(benchmark::State& state, const std::string& path) {
  const Repeated source(path);
  double accesses = 0;
  double seconds = 0;
  for (auto _ : state) {
    const double before = bench::thread_seconds();
    const auto reader = source.open();
    traces::AccessBlock block;
    while (reader->next(block)) {
      benchmark::DoNotOptimize(block.accesses.data());
      accesses += static_cast<double>(block.accesses.size());
    }
    const double spent = bench::thread_seconds() - before;
    state.SetIterationTime(spent);
    seconds += spent;
  }
  state.counters["accesses"] = benchmark::Counter(accesses / seconds);
}

void replay(benchmark::State& state, const std::string& path) {
  Catalogue catalogue = make_catalogue();
  traces::GeneratorInfo repeated;
  repeated.name = "repeated";
  repeated.make = [path](const Parameters&, std::uint64_t) { return std::make_unique<Repeated>(path); };
  catalogue.generators.add(repeated);
  const RunSpec spec =
      load_scenario_text(R"({"workload": {"generator": "repeated"}})", "bench", ".", {}, {"configs"}, catalogue);
  bench::Measured sum;
  for (auto _ : state) {
    const bench::Measured measured = bench::measure_in_child(spec, catalogue);
    state.SetIterationTime(measured.thread_seconds);
    sum.accesses += measured.accesses;
    sum.wall_seconds += measured.wall_seconds;
    sum.thread_seconds += measured.thread_seconds;
  }
  state.counters["accesses"] = benchmark::Counter(sum.accesses / sum.thread_seconds);
  state.counters["wall"] = benchmark::Counter(sum.accesses / sum.wall_seconds);
}

/// The trace as a .fft file; made, where it is none, in the folder of temporary files.
std::string as_native(const std::string& name) {
  const std::string native = "traces/samples/" + name + ".fft";
  if (std::filesystem::exists(native)) return native;
  const std::string made =
      (std::filesystem::temp_directory_path() / ("farfault-bench-" + std::to_string(::getpid()) + '-' + name + ".fft"))
          .string();
  traces::NativeWriter writer(traces::create_file(made, true));
  traces::convert(*traces::open_once("traces/samples/" + name + ".lackey.zst"), writer);
  return made;
}

}  // namespace
}  // namespace farfault

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::string> made;
  for (const char* name : {"stream", "bfs", "gzip", "sort", "xz"}) {
    const std::string path = farfault::as_native(name);
    if (!path.starts_with("traces/")) made.push_back(path);
    const auto add = [&](const std::string& what, void (*body)(benchmark::State&, const std::string&)) {
      benchmark::RegisterBenchmark((what + name).c_str(), [path, body](benchmark::State& state) { body(state, path); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond)
          ->Iterations(1);
    };
    add("decode/", farfault::decode);
    add("replay/", farfault::replay);
  }
  benchmark::RunSpecifiedBenchmarks();
  for (const std::string& path : made) std::filesystem::remove(path);
  return 0;
}
