#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace overrides_test {

RunSpec with(const std::vector<std::string>& sets) { return load(scenario(), sets); }

/// The text of the one problem.
std::string problem_with(const std::vector<std::string>& sets, const std::string& text = scenario()) {
  const auto found = problems(text, sets);
  CAPTURE(texts(found));
  REQUIRE(found.size() == 1);
  return found[0].text();
}

TEST_CASE("config: --set reaches into a platform that is given by name") {
  const RunSpec spec =
      with({"platform.links.pcie.generation=5", "platform.devices.gpu0.memory.capacity=8GiB", "seed=9"});
  CHECK(spec.platform.links.at(0).generation == Sourced<std::uint64_t>{5, "override on the command line"});
  CHECK(spec.platform.links.at(0).lanes.value == 16);
  CHECK(spec.platform.devices.at(0).memory.capacity.value == Bytes::gib(8));
  CHECK(spec.seed == 9);
}

TEST_CASE("config: --set takes quantities and objects") {
  const RunSpec spec = with({"memory.device_capacity=25 % of footprint", "driver.memory=managed", "driver.batch_size=7",
                             R"(platform.host.cpus={"value": 3, "source": "lscpu"})", R"(name="quoted")"});
  CHECK(std::get<FootprintShare>(spec.device_capacity).share == 0.25);
  CHECK(spec.platform.driver.memory == MemoryBack::kManaged);
  CHECK(spec.platform.driver.batch_size.value == 7);
  CHECK(spec.platform.driver.page_time.value == SimTime::nanoseconds(220));
  CHECK(spec.platform.host.cpus == Sourced<std::uint64_t>{3, "lscpu"});
  CHECK(spec.name == "quoted");
}

TEST_CASE("config: --set of driver merges as in a scenario") {
  const RunSpec spec = with({R"(driver={"memory": "managed"})"});
  CHECK(spec.platform.driver.memory == MemoryBack::kManaged);
  CHECK(spec.platform.driver.page_time.value == SimTime::nanoseconds(220));
}

TEST_CASE("config: --set of a value within a sourced one does not keep its source") {
  const RunSpec spec = with({"platform.devices.gpu0.fault_slots.value=8"});
  CHECK(spec.platform.devices.at(0).fault_slots == Sourced<std::uint64_t>{8, "override on the command line"});
}

TEST_CASE("config: --set of policies") {
  CHECK(with({"policy.eviction.kind=fifo", "policy.eviction.granularity=64KiB"})
            .policy.eviction.parameters.get<Bytes>("granularity") == Bytes::kib(64));
  CHECK(with({"policy.eviction=fifo", "policy.eviction.granularity=4KiB"}).policy.eviction.kind == "fifo");
  CHECK(with({"policy=uvm-default"}).policy.eviction.kind == "last_migration");
  CHECK(with({"policy=uvm-default", "policy.prefetch.kind=none"}).policy.prefetch.parameters.values().empty());
  CHECK(with({"policy.base=plain-lru"}).policy.prefetch.kind == "none");
}

TEST_CASE("config: --set of a kind drops the parameters that the scenario has for another") {
  const std::string text = scenario(R"(, "policy": {"prefetch": {"kind": "tree", "threshold": 75}})");
  CHECK(load(text, {"policy.prefetch.kind=none"}).policy.prefetch.parameters.values().empty());
  CHECK(problem_with({"policy.prefetch.kind=none", "policy.prefetch.threshold=3"}, text) ==
        "--set: /policy/prefetch/threshold: \"none\" has no parameter \"threshold\"; it has no parameters: remove the "
        "key");
}

TEST_CASE("config: --set of names comes before --set of what is in them") {
  const RunSpec spec = with({"platform.host.cpus=3", "platform=ideal"});
  CHECK(spec.platform.name == "ideal");
  CHECK(spec.platform.host.cpus.value == 3);
  const std::string text = scenario(R"(, "platform": {"base": "generic-pcie3", "host": {"cpus": 5}})");
  const RunSpec based = load(text, {"platform.base=ideal"});
  CHECK(based.platform.name == "ideal");
  CHECK(based.platform.host.cpus.value == 5);
}

TEST_CASE("config: --set of workloads") {
  const RunSpec spec =
      with({"workload.assign.0.to=host", "workload.generator.kind=sequential", "workload.generator.passes=3"});
  CHECK(spec.workload.assign.at(0).to == "host");
  CHECK(spec.workload.generator->parameters.get<std::uint64_t>("passes") == 3);
  CHECK(with({"workload.trace=CMakeLists.txt", "workload.generator=null"}).workload.trace_as_given == "CMakeLists.txt");
}

TEST_CASE("config: --set errors name --set and the nearest key") {
  CHECK(problem_with({"policy.evction.kind=fifo"}) ==
        "--set: /policy/evction: unknown key \"evction\"; did you mean \"eviction\"?");
  CHECK(problem_with({"policy.eviction.kind=lrru"})
            .rfind("--set: /policy/eviction/kind: unknown eviction policy \"lrru\"; did you mean \"lru\"?", 0) == 0);
  CHECK(problem_with({"driver.batchsize=3"}).rfind("--set: /driver/batchsize: unknown key", 0) == 0);
  CHECK(problem_with({"driver.batch_size=0"}).rfind("--set: /driver/batch_size: 0 is out of range", 0) == 0);
  CHECK(problem_with({"platform.devices.gpu0.memory.capacity=8"})
            .rfind("--set: /platform/devices/gpu0/memory/capacity: 8 is a number without a unit", 0) == 0);
  CHECK(problem_with({"platform=nope"}).rfind("--set: /platform: unknown platform \"nope\"", 0) == 0);
  CHECK(problem_with({"workload.assign.4.to=host"})
            .rfind("--set: /workload/assign/4: there is no such item: the array has 0", 0) == 0);
  CHECK(problem_with({"seed.x=1"}, scenario(", \"seed\": 3")).rfind("--set: /seed/x: is inside a number", 0) == 0);
  CHECK(problems(scenario(), {R"(seed={"a": 1, "a": 2})"}).at(0).text().rfind("--set: ", 0) == 0);
}

TEST_CASE("config: --set must be an assignment") {
  for (const char* text : {"", "=", "a", "=1", ".=1", "a..b=1", "a.=1", ".a=1"}) {
    CAPTURE(text);
    CHECK(problem_with({text}).find("is not an assignment; write PATH=VALUE") != std::string::npos);
  }
}

}  // namespace overrides_test
}  // namespace farfault::config_test
