#include "sim/config/load.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace load_test {

namespace fs = std::filesystem;

/// A folder that is removed at the end of the test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("farfault-config-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path path = path_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<Diagnostic> load_problems(const std::string& text, const ConfigPaths& where) {
  try {
    load_scenario_text(text, "t.json", ".", {}, where, catalogue());
  } catch (const InputError& error) {
    return error.diagnostics();
  }
  return {};
}

TEST_CASE("config: defaults of a scenario") {
  const RunSpec spec = load(scenario());
  CHECK(spec.platform.name == "generic-pcie3");
  CHECK(spec.design.kind == "separate_radix");
  CHECK(spec.policy.placement.kind == "migrate_on_fault");
  CHECK(spec.policy.prefetch.kind == "tree");
  CHECK(spec.policy.prefetch.parameters.get<std::uint64_t>("threshold") == 51);
  CHECK(spec.policy.eviction.kind == "lru");
  CHECK(spec.policy.eviction.parameters.get<Bytes>("granularity") == Bytes::mib(2));
  CHECK(spec.policy.thrashing.kind == "none");
  REQUIRE(spec.workload.assign.size() == 1);
  CHECK(spec.workload.assign[0].to == kAutoProcessor);
  CHECK(std::holds_alternative<std::monostate>(spec.device_capacity));
  CHECK(spec.replay == ReplaySpec());
  CHECK(spec.seed == 1);
}

TEST_CASE("config: every part of a scenario is read") {
  const RunSpec spec = load(R"({
    "name": "n", "description": "d", "platform": "generic-pcie3", "design": "separate_radix",
    "driver": {"memory": "managed"},
    "policy": {"placement": "remote_map", "prefetch": {"kind": "tree", "threshold": 75},
               "eviction": {"kind": "fifo", "granularity": "64 KiB"},
               "thrashing": {"kind": "throttle", "mode": "pin", "lapse": "1 ms", "share": "30 %", "rate": "2 GB/s", "strict": true}},
    "workload": {"generator": {"kind": "zipf", "footprint": "1 MiB", "exponent": 1, "accesses": 1e3},
                 "assign": [{"agent": "t*", "addresses": ["0x1000", "0x2000"], "vma": "heap", "accesses": [5, null], "to": "gpu0"},
                            {"addresses": [null, "0xff"], "accesses": [1, 2], "to": "host"}],
                 "first_touch": "accessor", "max_accesses": 100},
    "memory": {"device_capacity": "12.5 % of footprint"},
    "replay": {"quantum": 7, "quantum_time": "3 us", "detail": "pages", "block_limit": 9,
               "reachability": true},
    "seed": 18446744073709551615
  })");
  CHECK(spec.name == "n");
  CHECK(spec.platform.driver.memory == MemoryBack::kManaged);
  CHECK(spec.platform.driver.batch_size.value == 256);
  CHECK(spec.policy.placement.kind == "remote_map");
  CHECK(spec.policy.prefetch.parameters.get<std::uint64_t>("threshold") == 75);
  CHECK(spec.policy.eviction.parameters.get<Bytes>("granularity") == Bytes::kib(64));
  const Parameters& throttle = spec.policy.thrashing.parameters;
  CHECK(throttle.get<std::string>("mode") == "pin");
  CHECK(throttle.get<SimTime>("lapse") == SimTime::milliseconds(1));
  CHECK(throttle.get<double>("share") == 0.3);
  CHECK(throttle.get<Bandwidth>("rate") == Bandwidth::gigabytes_per_second(2));
  CHECK(throttle.get<bool>("strict"));
  REQUIRE(spec.workload.generator);
  CHECK(spec.workload.generator->parameters.get<Bytes>("footprint") == Bytes::mib(1));
  CHECK(spec.workload.generator->parameters.get<std::uint64_t>("accesses") == 1000);
  CHECK(spec.workload.generator->parameters.get<double>("exponent") == 1);
  REQUIRE(spec.workload.assign.size() == 2);
  const AssignRule& rule = spec.workload.assign[0];
  CHECK(rule == AssignRule{"t*", VirtualAddress(0x1000), VirtualAddress(0x2000), traces::Backing::kHeap, 5,
                           std::nullopt, "gpu0"});
  CHECK(spec.workload.assign[1] == AssignRule{"*", std::nullopt, VirtualAddress(0xff), std::nullopt, 1, 2, "host"});
  CHECK(spec.workload.first_touch == FirstTouch::kAccessor);
  CHECK(spec.workload.max_accesses == 100);
  CHECK(std::get<FootprintShare>(spec.device_capacity).share == 0.125);
  CHECK(spec.replay == ReplaySpec{7, SimTime::microseconds(3), Detail::kPages, 9, true, 1, std::nullopt, Bytes()});
  CHECK(spec.seed == 18446744073709551615ULL);
}

TEST_CASE("config: values with and without a source") {
  const RunSpec spec =
      load(scenario(R"(, "platform": {"host": {"cpus": 4, "line_size": {"value": "128 B", "source": "manual"},
                                          "minor_fault": {"value": "1 us"}}})"));
  CHECK(spec.platform.name == "custom");
  CHECK(spec.platform.host.cpus == Sourced<std::uint64_t>{4, "assumption: stated in t.json without a source"});
  CHECK(spec.platform.host.line_size == Sourced<Bytes>{Bytes(128), "manual"});
  CHECK(spec.platform.host.minor_fault.source == "assumption: stated in t.json without a source");
  CHECK(spec.platform.host.access_time == HostSpec().access_time);
}

TEST_CASE("config: a platform by name with overrides") {
  const RunSpec spec =
      load(scenario(R"(, "platform": {"base": "generic-pcie3", "host": {"memory": {"bandwidth": "99 GB/s"}},
      "devices": {"gpu1": {"link": "pcie"}}, "links": {"pcie": {"generation": 5}}})"));
  const PlatformSpec shipped = load_platform("generic-pcie3", paths());
  CHECK(spec.platform.host.memory.bandwidth.value == Bandwidth::gigabytes_per_second(99));
  CHECK(spec.platform.host.memory.bandwidth.source == "assumption: stated in t.json without a source");
  CHECK(spec.platform.host.memory.capacity == shipped.host.memory.capacity);
  REQUIRE(spec.platform.devices.size() == 2);
  CHECK(spec.platform.devices[0] == shipped.devices[0]);
  CHECK(spec.platform.devices[1].name == "gpu1");
  CHECK(spec.platform.links.at(0).generation.value == 5);
  CHECK(spec.platform.links.at(0).lanes == shipped.links.at(0).lanes);
}

TEST_CASE("config: a value that overrides another does not keep its source") {
  const RunSpec spec =
      load(scenario(R"(, "platform": {"base": "generic-pcie3", "devices": {"gpu0": {"fault_slots": {"value": 7}}}})"));
  CHECK(spec.platform.devices.at(0).fault_slots.source == "assumption: stated in t.json without a source");
}

TEST_CASE("config: null takes a device away and none is legal") {
  const RunSpec spec = load(scenario(R"(, "platform": {"base": "generic-pcie3", "devices": {"gpu0": null}})"));
  CHECK(spec.platform.devices.empty());
  CHECK(spec.workload.assign.at(0).to == "host");
}

TEST_CASE("config: policies by name and with overrides") {
  const RunSpec named = load(scenario(R"(, "policy": "uvm-default")"));
  CHECK(named.policy.eviction.kind == "last_migration");
  const RunSpec changed =
      load(scenario(R"(, "policy": {"base": "plain-lru", "eviction": {"granularity": "64 KiB"}, "prefetch": "tree"})"));
  CHECK(changed.policy.eviction.kind == "lru");
  CHECK(changed.policy.eviction.parameters.get<Bytes>("granularity") == Bytes::kib(64));
  CHECK(changed.policy.prefetch.kind == "tree");
}

TEST_CASE("config: another kind drops the parameters of the one below it") {
  const RunSpec spec =
      load(scenario(R"(, "policy": {"base": "uvm-default", "prefetch": "none", "eviction": {"kind": "random"}})"));
  CHECK(spec.policy.prefetch.parameters.values().empty());
  CHECK(spec.policy.eviction.parameters.values().empty());
  const RunSpec kept = load(scenario(R"(, "policy": {"base": "plain-lru", "eviction": {"kind": "fifo"}})"));
  CHECK(kept.policy.eviction.parameters.get<Bytes>("granularity") == Bytes::kib(4));
}

TEST_CASE("config: a trace is found beside the scenario and beside the configs") {
  const Folder folder;
  const fs::path scenario_file = folder.write("deep/s.json", R"({"workload": {"trace": "a.lackey"}})");
  folder.write("deep/a.lackey", "");
  folder.write("b.lackey", "");
  fs::copy("configs", folder.path() / "configs", fs::copy_options::recursive);
  const ConfigPaths where{folder.path() / "configs"};
  const RunSpec beside = load_scenario(scenario_file.string(), {}, where, catalogue());
  CHECK(beside.workload.trace == (folder.path() / "deep/a.lackey").string());
  CHECK(beside.workload.trace_as_given == "a.lackey");
  const RunSpec installed = load_scenario(scenario_file.string(), {"workload.trace=b.lackey"}, where, catalogue());
  CHECK(installed.workload.trace == (folder.path() / "b.lackey").string());
  CHECK(installed.workload.trace_as_given == "b.lackey");
}

TEST_CASE("config: scenarios may lie in folders, one level deep") {
  const Folder folder;
  const ConfigPaths where{folder.path() / "configs"};
  for (const char* name : {"z", "b/y", "b/x", "b/deeper/w", ".hidden/v"}) {
    folder.write("configs/scenarios/" + std::string(name) + ".json", "{}");
    folder.write("configs/designs/" + std::string(name) + ".json", "{}");
  }
  folder.write("configs/scenarios/b/README.md", "");
  CHECK(config_names("scenarios", where) == std::vector<std::string>{"b/x", "b/y", "z"});
  CHECK(config_names("designs", where) == std::vector<std::string>{"z"});
  CHECK(config_names("nothing", where).empty());
}

TEST_CASE("config: a scenario in a folder finds the traces that one above it finds") {
  const Folder folder;
  fs::copy("configs", folder.path() / "configs", fs::copy_options::recursive);
  const ConfigPaths where{folder.path() / "configs"};
  folder.write("traces/samples/a.lackey", "");
  for (const char* name : {"a", "design-review/a"}) {
    const fs::path file = folder.write("configs/scenarios/" + std::string(name) + ".json",
                                       R"({"workload": {"trace": "traces/samples/a.lackey"}})");
    const RunSpec spec = load_scenario(file.string(), {}, where, catalogue());
    CHECK(spec.workload.trace == (folder.path() / "traces/samples/a.lackey").string());
    CHECK(spec.workload.trace_as_given == "traces/samples/a.lackey");
  }
}

TEST_CASE("config: a chain of bases is followed and a circle is an error") {
  const Folder folder;
  folder.write("platforms/a.json", R"({"base": "b", "host": {"cpus": 1}})");
  folder.write("platforms/b.json", R"({"description": "from b", "host": {"cpus": 2, "line_size": "32 B"}})");
  folder.write("platforms/c.json", R"({"base": "d"})");
  folder.write("platforms/d.json", "{\n\"base\": \"c\"}");
  const ConfigPaths where{folder.path()};
  const PlatformSpec spec = load_platform("a", where);
  CHECK(spec.name == "a");
  CHECK(spec.description == "from b");
  CHECK(spec.host.cpus.value == 1);
  CHECK(spec.host.line_size.source == "assumption: stated in b.json without a source");
  CHECK_THROWS_AS(load_platform("c", where), InputError);
  CHECK(config_names("platforms", where) == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("config: a problem in a file that a scenario names is reported there") {
  const Folder folder;
  const fs::path file = folder.write(
      "platforms/bad.json", "{\n\"host\": {\n\"cpus\": \"four\"\n},\n\"devices\": {\"gpu0\": {\"link\": \"nvlink\"}}}");
  fs::copy("configs/designs", folder.path() / "designs", fs::copy_options::recursive);
  const auto found = load_problems(scenario(R"(, "platform": "bad")"), {folder.path()});
  CAPTURE(texts(found));
  REQUIRE(places(found) == std::vector<std::string>{"3 /host/cpus", "5 /devices/gpu0/link"});
  CHECK(found[0].file == file.string());
}

TEST_CASE("config: a name cannot leave the folder of configs") {
  const Folder folder;
  folder.write("secret.json", "{}");
  fs::create_directories(folder.path() / "configs/platforms");
  for (const char* name : {"../../secret", "/etc/passwd", "..", "", ".hidden", "a/b", "a\\\\b", "a\\u0000"}) {
    CAPTURE(name);
    const auto found = load_problems(scenario(R"(, "design": {"base": ")" + std::string(name) + "\"}"), paths());
    REQUIRE(found.size() == 1);
    CHECK(found[0].pointer == "/design/base");
    CHECK(found[0].problem.rfind("unknown design", 0) == 0);
  }
}

TEST_CASE("config: a part may be a file of the user's own, relative to the config that names it") {
  const Folder folder;
  fs::copy("configs", folder.path() / "configs", fs::copy_options::recursive);
  const ConfigPaths where{folder.path() / "configs"};
  folder.write("mine/base.json", R"({"base": "generic-pcie3", "host": {"cpus": 3, "line_size": "32 B"}})");
  folder.write("mine/my-gpu.json", R"({"base": "base.json", "host": {"cpus": 5}})");
  const fs::path file =
      folder.write("s.json", R"({"platform": "mine/my-gpu.json", "workload": {"generator": "sequential"}})");
  const RunSpec spec = load_scenario(file.string(), {}, where, catalogue());
  CHECK(spec.platform.name == "my-gpu");
  CHECK(spec.platform.host.cpus.value == 5);
  CHECK(spec.platform.host.line_size.value == Bytes(32));
  CHECK(spec.platform.links.at(0).generation.value == 3);
  const std::string other = "platform=" + (folder.path() / "mine/base.json").string();
  CHECK(load_scenario(file.string(), {other}, where, catalogue()).platform.host.cpus.value == 3);

  folder.write("mine/circle.json", R"({"base": "../mine/circle.json"})");
  const auto found_in = [&](const std::string& platform) -> std::vector<Diagnostic> {
    const fs::path bad =
        folder.write("bad.json", R"({"workload": {"generator": "sequential"}, "platform": ")" + platform + "\"}");
    try {
      load_scenario(bad.string(), {}, where, catalogue());
    } catch (const InputError& error) {
      return error.diagnostics();
    }
    return {};
  };
  CHECK(found_in("mine/circle.json").at(0).problem.find("based on itself") != std::string::npos);
  const auto missing = found_in("mine/none.json");
  CHECK(missing.at(0).file == (folder.path() / "mine/none.json").string());
}

TEST_CASE("config: a missing folder of configs is said to be missing") {
  const auto found = load_problems(scenario(), {"/nonexistent"});
  CAPTURE(texts(found));
  REQUIRE(found.size() == 2);
  CHECK(found[0].pointer == "/platform");
  CHECK(found[0].remedy.find("FARFAULT_CONFIGS") != std::string::npos);
}

TEST_CASE("config: a file that cannot be read is an error") {
  CHECK_THROWS_AS(load_scenario("/nonexistent.json", {}, paths(), catalogue()), InputError);
  CHECK_THROWS_AS(load_scenario("/tmp", {}, paths(), catalogue()), InputError);
  CHECK_THROWS_AS(load_platform("nonesuch", paths()), InputError);
}

TEST_CASE("config: a generator alone has its defaults and what is set") {
  const Choice choice = load_generator("zipf", {"footprint=3 MiB", "exponent=1.5"}, catalogue());
  CHECK(choice.kind == "zipf");
  CHECK(choice.parameters.get<Bytes>("footprint") == Bytes::mib(3));
  CHECK(choice.parameters.get<double>("exponent") == 1.5);
  Choice rest = choice;
  const Parameters defaults = Parameters::defaults(catalogue().generators.find("zipf")->parameters);
  for (const char* name : {"footprint", "exponent"}) rest.parameters.set(name, defaults.values().at(name));
  CHECK(rest.parameters == defaults);
}

TEST_CASE("config: everything that is wrong with a generator's parameters is told, as it was written") {
  try {
    load_generator("zipf", {"footprint=8", "exponnent=1", "nonsense", "kind=random", "exponent.x=1"}, catalogue());
    FAIL("accepted");
  } catch (const InputError& error) {
    REQUIRE(error.diagnostics().size() == 5);
    for (const Diagnostic& diagnostic : error.diagnostics()) CHECK(diagnostic.file == "--set");
    const std::string text = error.what();
    CAPTURE(text);
    for (const char* part :
         {"--set: /footprint: 8 is a number without a unit", "--set: /exponnent: \"zipf\" has no parameter",
          "did you mean \"exponent\"", "\"nonsense\" is not an assignment", "--set: /kind: is no parameter",
          "--set: /exponent: is an object"}) {
      CHECK(text.find(part) != std::string::npos);
    }
  }
  CHECK_THROWS_AS(load_generator("zpif", {}, catalogue()), InputError);
}

TEST_CASE("config: a scenario that is loaded many times is each time what it would be alone") {
  const std::string text = scenario(R"(, "platform": "generic-pcie3", "policy": "uvm-default")");
  const std::vector<std::vector<std::string>> all = {
      {},
      {"platform=ideal", "seed=3"},
      {"platform=ideal", "policy.eviction=fifo"},
      {"platform.links.pcie.generation=5", "policy=plain-lru"},
      {"workload.generator.kind=sequential"},
      {"seed=3"},
  };
  const Catalogue names = catalogue();
  const ScenarioLoader loader(text, "t.json", ".", paths(), names);
  for (int round = 0; round < 2; ++round) {
    for (const std::vector<std::string>& sets : all) CHECK(loader.load(sets) == load(text, sets));
  }
  const auto found = [&loader](const std::vector<std::string>& sets) {
    try {
      loader.load(sets);
    } catch (const InputError& error) {
      return error.diagnostics();
    }
    return std::vector<Diagnostic>();
  };
  for (const char* wrong : {"platform=idael", "seed=x", "policy.eviction=lrru", "no equals sign"}) {
    CAPTURE(wrong);
    CHECK(texts(found({wrong})) == texts(problems(text, {wrong})));
    CHECK(texts(found({wrong})) == texts(problems(text, {wrong})));
  }
  CHECK_THROWS_AS(ScenarioLoader("[]", "t.json", ".", paths(), names), InputError);
}

TEST_CASE("config: the root of the configs is found from the program") {
  const Folder folder;
  folder.write("share/farfault/configs/platforms/a.json", "{}");
  folder.write("bin/farfault", "");
  folder.write("src/configs/platforms/a.json", "{}");
  folder.write("src/build/release/farfault", "");
  ::unsetenv("FARFAULT_CONFIGS");
  CHECK(find_config_root(folder.path() / "bin/farfault") == folder.path() / "share/farfault/configs");
  CHECK(find_config_root(folder.path() / "src/build/release/farfault") == folder.path() / "src/configs");
  CHECK_FALSE(find_config_root("/nonexistent/farfault"));
  ::setenv("FARFAULT_CONFIGS", "/given", 1);
  CHECK(find_config_root(folder.path() / "bin/farfault") == fs::path("/given"));
  ::unsetenv("FARFAULT_CONFIGS");
}

}  // namespace load_test
}  // namespace farfault::config_test
