#include "sim/config/sampling.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/config/load.h"

namespace farfault {
namespace config_sampling_test {

RunSpec loaded(const std::vector<std::string>& sets, const std::string& platform = "ideal") {
  const Catalogue catalogue = make_catalogue();
  return load_scenario_text(R"({"platform": ")" + platform + R"(", "workload": {"generator": "zipf"}})", "t.json", ".",
                            sets, ConfigPaths{"configs"}, catalogue);
}

Bytes unit_of(const std::vector<std::string>& sets, const std::string& platform = "ideal") {
  return sample_unit(loaded(sets, platform), make_catalogue().policies);
}

/// The whole text of what is wrong.
std::string wrong(std::vector<std::string> sets) {
  try {
    loaded(sets);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

const std::vector<std::string> kFine = {"policy.prefetch=none", "policy.eviction.kind=lru",
                                        "policy.eviction.granularity=4 KiB"};

std::vector<std::string> with(std::vector<std::string> sets, const std::vector<std::string>& more) {
  sets.insert(sets.end(), more.begin(), more.end());
  return sets;
}

TEST_CASE("config: a sample is by pieces as large as what policies and driver move") {
  CHECK(unit_of(kFine) == Bytes::kib(4));
  CHECK(unit_of(with(kFine, {"policy.eviction.granularity=64 KiB"})) == Bytes::kib(64));
  CHECK(unit_of(with(kFine, {"policy.prefetch=tree"})) == Bytes::mib(2));
  CHECK(unit_of(with(kFine, {"driver.root_chunks=true"})) == Bytes::mib(2));
  CHECK(unit_of(with(kFine, {"policy.placement.kind=access_counters", "policy.placement.granularity=16 MiB"})) ==
        Bytes::mib(16));
  // A CPU's faults bring back 64 KiB there; a smaller unit is possible where it is asked for.
  CHECK(unit_of(kFine, "generic-pcie3") == Bytes::kib(64));
  CHECK(unit_of(with(kFine, {"replay.sample=0.1", "replay.sample_unit=4 KiB"}), "generic-pcie3") == Bytes::kib(4));
}

TEST_CASE("config: what a sample cannot have is refused with what to do instead") {
  const auto refused = [](const std::vector<std::string>& sets, const std::string& place, const std::string& remedy) {
    const std::string text = wrong(with(kFine, with({"replay.sample=0.01"}, sets)));
    CAPTURE(text);
    CHECK(text.find(place + ":") != std::string::npos);
    CHECK(text.find(remedy) != std::string::npos);
    // Without a sample all of it is right.
    CHECK(wrong(with(kFine, sets)) == "");
  };
  refused({"replay.detail=tlb"}, "/replay/detail", "write \"pages\"");
  refused({"inject.fork.every=1 ms"}, "/inject/fork", "take it away");
  refused({"inject.gup.every_accesses=1000"}, "/inject/gup", "take it away");
  refused({R"(workload.assign=[{"accesses": [0, 1000], "to": "host"}])"}, "/workload/assign/0/accesses",
          "assign by agent");
  refused({"policy.prefetch=tree", "replay.sample_unit=64 KiB"}, "/replay/sample_unit", "write 2 MiB or more");
  refused({"policy.eviction.granularity=2 MiB", "replay.sample_unit=4 KiB"}, "/replay/sample_unit",
          "write 2 MiB or more");
  refused({"replay.sample_unit=12 KiB"}, "/replay/sample_unit", "write 4 KiB");
  refused({"replay.sample_unit=1 KiB"}, "/replay/sample_unit", "write 4 KiB");
}

TEST_CASE("config: a rate of nothing or more than all is refused") {
  CHECK(wrong({"replay.sample=0"}).find("/replay/sample") != std::string::npos);
  CHECK(wrong({"replay.sample=1.5"}).find("/replay/sample") != std::string::npos);
  CHECK(wrong({"replay.sample=-0.1"}).find("/replay/sample") != std::string::npos);
}

TEST_CASE("config: a sample is in the resolved text and nothing is without one") {
  CHECK(resolved_json(loaded({"replay.sample=1"})) == resolved_json(loaded({})));
  CHECK(resolved_json(loaded({})).find("sample") == std::string::npos);
  const RunSpec sampled = loaded({"replay.sample=1 %", "replay.sample_seed=9", "replay.sample_unit=2 MiB"});
  CHECK(sampled.replay.sample == 0.01);
  const std::string text = resolved_json(sampled);
  const Catalogue catalogue = make_catalogue();
  CHECK(load_scenario_text(text, "t.json", ".", {}, ConfigPaths{"configs"}, catalogue) == sampled);
  CHECK(sample_seed(sampled) == 9);
  CHECK(sample_seed(loaded({"seed=5", "replay.sample=0.5"})) == 5);
}

}  // namespace config_sampling_test
}  // namespace farfault
