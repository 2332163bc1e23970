// What one page in a hundred tells of an LRU memory's faults, beside the exact curve.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/catalogue.h"
#include "tests/unit/replay/run_scenario.h"
#include "traces/lru_curve.h"

namespace farfault {
namespace sampling_test {

constexpr double kMostError = 0.03;

/// A workload of some million accesses to 240,000 pages and more.
struct LargeTrace {
  std::string name;
  std::vector<std::pair<std::string, ParameterValue>> parameters;
  std::string json;
  bool all_on_device = true;  ///< no access is the host's
};

std::vector<LargeTrace> large_traces() {
  return {{"zipf",
           {{"footprint", Bytes::gib(1)}, {"accesses", std::uint64_t{3'000'000}}},
           R"({"kind": "zipf", "footprint": "1 GiB", "accesses": 3000000})"},
          {"random",
           {{"footprint", Bytes::gib(1)}, {"accesses", std::uint64_t{2'000'000}}},
           R"({"kind": "random", "footprint": "1 GiB", "accesses": 2000000})"},
          {"dnn_training",
           {{"layers", std::uint64_t{8}}, {"access_size", Bytes::kib(4)}, {"iterations", std::uint64_t{2}}},
           R"({"kind": "dnn_training", "layers": 8, "access_size": "4 KiB", "iterations": 2})",
           false}};
}

/// The accesses, generated once and read often.
class KeptTrace final : public traces::Reader {
 public:
  explicit KeptTrace(const LargeTrace& trace) {
    const Catalogue catalogue = make_catalogue();
    const traces::GeneratorInfo* const info = catalogue.generators.find(trace.name);
    REQUIRE(info != nullptr);
    Parameters parameters = Parameters::defaults(info->parameters);
    for (const auto& [key, value] : trace.parameters) parameters.set(key, value);
    const auto reader = info->make(parameters, 1)->open();
    traces::AccessBlock block;
    while (reader->next(block)) accesses_.insert(accesses_.end(), block.accesses.begin(), block.accesses.end());
  }
  std::string_view format() const override { return "kept"; }
  const std::vector<traces::Agent>& agents() const override { return agents_; }
  const traces::TraceLimits& limits() const override { return limits_; }
  bool next(traces::AccessBlock& block) override {
    block.clear();
    const std::size_t count = std::min(accesses_.size() - given_, traces::kBlockAccesses);
    const auto from = accesses_.begin() + static_cast<std::ptrdiff_t>(given_);
    block.accesses.assign(from, from + static_cast<std::ptrdiff_t>(count));
    given_ += count;
    return count != 0;
  }
  void rewind() { given_ = 0; }

 private:
  std::vector<traces::Access> accesses_;
  std::vector<traces::Agent> agents_;
  traces::TraceLimits limits_;
  std::size_t given_ = 0;
};

traces::LruCurve curve_of(KeptTrace& trace, double rate, std::uint64_t seed) {
  trace.rewind();
  return measure_lru_curve(trace, "kept", {.rate = rate, .seed = seed});
}

std::string scenario_of(const LargeTrace& trace, const std::string& capacity) {
  return R"({"platform": "ideal", "policy": {"prefetch": "none", "eviction": {"kind": "lru", "granularity": "4 KiB"}},
    "workload": {"generator": )" +
         trace.json + R"(}, "memory": {"device_capacity": ")" + capacity + R"("}})";
}

TEST_CASE("replay: one page in a hundred tells the fault curve of large traces") {
  for (const LargeTrace& large : large_traces()) {
    CAPTURE(large.name);
    KeptTrace trace(large);
    const traces::LruCurve exact = curve_of(trace, 1, 1);
    REQUIRE(exact.pages() > 240'000);
    for (const std::uint64_t seed : {1, 2}) {
      CAPTURE(seed);
      const traces::LruCurve sampled = curve_of(trace, 0.01, seed);
      CHECK(sampled.sampled_pages() < exact.pages() / 50);
      CHECK(sampled.touches() == exact.touches());
      CHECK(sampled.pages() == exact.pages());
      // Of smaller memories the sample has too few pages.
      for (int percent = 10; percent <= 100; percent += 5) {
        CAPTURE(percent);
        const double capacity = static_cast<double>(exact.pages()) * percent / 100;
        CHECK(std::abs(sampled.miss_ratio(capacity) - exact.miss_ratio(capacity)) <= kMostError);
      }
    }
    if (!large.all_on_device) continue;
    // A simulation of the sample, by shares of the footprint and by bytes.
    for (const double share : {0.2, 0.5}) {
      CAPTURE(share);
      const auto pages = static_cast<std::uint64_t>(static_cast<double>(exact.pages()) * share);
      const bool by_bytes = share == 0.5;
      const std::string capacity = by_bytes ? std::to_string(pages * 4) + " KiB"
                                            : std::to_string(static_cast<int>(share * 100)) + " % of footprint";
      const auto figures =
          testing::run_scenario(scenario_of(large, capacity), {"replay.sample=0.01", "seed=1"}, {}, false);
      REQUIRE(figures.contains("sample.estimate.faults.device.serviced"));
      const double whole = figures.at("sample.whole.accesses");
      CHECK(figures.at("sample.whole.pages") == static_cast<double>(exact.pages()));
      CHECK(figures.at("accesses.total") < whole / 20);
      const double ratio = figures.at("sample.estimate.faults.device.serviced") / whole;
      CHECK(ratio == doctest::Approx(figures.at("sample.estimate.faults.device.per_access")).epsilon(1e-4));
      CHECK(std::abs(ratio - exact.miss_ratio(static_cast<double>(pages))) <= kMostError);
    }
  }
}

TEST_CASE("replay: a sample of everything changes nothing") {
  const std::string scenario =
      scenario_of({"", {}, R"({"kind": "zipf", "footprint": "4 MiB", "accesses": 20000})"}, "1 MiB");
  const auto plain = testing::run_scenario(scenario);
  CHECK(testing::run_scenario(scenario, {"replay.sample=1", "replay.sample_seed=7"}) == plain);
  CHECK(!plain.contains("sample.rate"));
}

TEST_CASE("replay: a sample simulated by blocks tells what the default policies move") {
  const std::string scenario = R"({"platform": "generic-pcie3", "workload": {"generator": {"kind": "random",
    "footprint": "2 GiB", "accesses": 60000}}, "memory": {"device_capacity": "50 % of footprint"}})";
  const auto whole = testing::run_scenario(scenario, {}, {}, false);
  double pages = 0;
  double evicted = 0;
  for (const std::string seed : {"1", "2", "3", "4"}) {
    const auto sample = testing::run_scenario(scenario, {"replay.sample=0.1", "replay.sample_seed=" + seed}, {}, false);
    CHECK(sample.at("sample.unit") == 2097152);
    pages +=
        (sample.at("sample.estimate.pages.to_device.demand") + sample.at("sample.estimate.pages.to_device.prefetch")) /
        4;
    evicted += sample.at("sample.estimate.pages.to_host.eviction") / 4;
  }
  CHECK(pages ==
        doctest::Approx(whole.at("pages.to_device.demand") + whole.at("pages.to_device.prefetch")).epsilon(0.15));
  CHECK(evicted == doctest::Approx(whole.at("pages.to_host.eviction")).epsilon(0.2));
}

TEST_CASE("replay: prefetches beyond the faulting block stay in the sample") {
  const auto figures = testing::run_scenario(
      R"({"platform": "generic-pcie3", "policy": {"prefetch": "whole_allocation"}, "workload": {"generator": {"kind":
      "random", "footprint": "256 MiB", "accesses": 20000}}, "memory": {"device_capacity": "platform"}})",
      {"replay.sample=0.1"});
  CHECK(figures.at("pages.to_device.prefetch") > 0);
  CHECK(figures.at("memory.device.peak") <= figures.at("sample.units") * 2097152);
}

TEST_CASE("replay: a sample without an access is an error with a remedy") {
  const std::string failure = testing::failure_of(
      R"({"platform": "ideal", "policy": {"prefetch": "none"}, "workload": {"generator": {"kind": "zipf",
      "footprint": "1 MiB", "accesses": 100}}})",
      {"replay.sample=0.000001"});
  CHECK(failure.starts_with("3 "));
  CHECK(failure.find("the sample has no access") != std::string::npos);
  CHECK(failure.find("raise replay.sample") != std::string::npos);
}

}  // namespace sampling_test
}  // namespace farfault
