#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace errors_test {

/// One fault in a scenario: where it must be reported, and words of the message.
struct Case {
  const char* more;  ///< further members, on line 2
  const char* pointer;
  const char* problem;  ///< the beginning
  const char* remedy;   ///< a part
};

std::string on_line_2(const char* more) {
  return "{\"workload\": {\"generator\": {\"kind\": \"zipf\"}},\n" + std::string(more) + "\n}";
}

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    CAPTURE(c.more);
    const auto found = problems(on_line_2(c.more));
    CAPTURE(texts(found));
    REQUIRE(found.size() == 1);
    CHECK(found[0].file == "t.json");
    CHECK(found[0].line == 2);
    CHECK(found[0].pointer == c.pointer);
    CHECK(found[0].problem.rfind(c.problem, 0) == 0);
    CHECK(found[0].remedy.find(c.remedy) != std::string::npos);
  }
}

TEST_CASE("config: unknown keys are errors with the nearest key") {
  check({{R"("sed": 3)", "/sed", "unknown key \"sed\"", "did you mean \"seed\"?"},
         {R"("policy": {"evction": "lru"})", "/policy/evction", "unknown key", "eviction"},
         {R"("driver": {"batchsize": 3})", "/driver/batchsize", "unknown key", "batch_size"},
         {R"("platform": {"host": {"memory": {"capcity": "1 GiB"}}})", "/platform/host/memory/capcity", "unknown key",
          "capacity"},
         {R"("platform": {"base": "ideal", "devices": {"gpu0": {"sectors": 1}}})", "/platform/devices/gpu0/sectors",
          "unknown key", ""},
         {R"("replay": {"a/b~c": 1})", "/replay/a~1b~0c", "unknown key \"a/b~c\"", "known: quantum"},
         {R"("design": {"to_device": {"setup": {"call": {"value": "1 us", "sauce": "x"}}}})",
          "/design/to_device/setup/call/sauce", "unknown key", "source"}});
}

TEST_CASE("config: wrong types are errors") {
  check(
      {{R"("seed": "1")", "/seed", "is a string, not a whole number", "without quotes"},
       {R"("seed": -1)", "/seed", "-1 is not a whole number", ""},
       {R"("seed": 1.5)", "/seed", "1.5 is not a whole number", ""},
       {R"("name": 3)", "/name", "is a number, not a string", "quotes"},
       {R"("policy": [])", "/policy", "is an array, not an object", ""},
       {R"("platform": 3)", "/platform", "is a number, not an object", ""},
       {R"("driver": "hmm")", "/driver", "is a string, not an object", ""},
       {R"("platform": {"base": 3})", "/platform/base", "is a number, not the name of a platform", "generic-pcie3"},
       {R"("platform": {"devices": []})", "/platform/devices", "is an array, not an object", "NAME"},
       {R"("platform": {"devices": {"gpu0": 1}})", "/platform/devices/gpu0", "is a number, not an object", ""},
       {R"("platform": {"host": {"page_table": {"huge_pages": 1}}})", "/platform/host/page_table/huge_pages",
        "is a number, not true or false", ""},
       {R"("platform": {"host": {"page_table": {"upper_bits": [9, "9"]}}})", "/platform/host/page_table/upper_bits",
        "entry 1: is a string", ""},
       {R"("policy": {"eviction": 3})", "/policy/eviction", "is a number, not the name of a eviction policy", "lru"}});
}

TEST_CASE("config: quantities without units are errors") {
  check({{R"("platform": {"host": {"memory": {"capacity": 64}}})", "/platform/host/memory/capacity",
          "64 is a number without a unit", "write \"64 KiB\""},
         {R"("platform": {"host": {"memory": {"bandwidth": 48.5}}})", "/platform/host/memory/bandwidth",
          "48.5 is a number without a unit", "write \"48.5 GB/s\""},
         {R"("platform": {"host": {"memory": {"latency": {"value": 90, "source": "x"}}}})",
          "/platform/host/memory/latency/value", "90 is a number without a unit", "write \"90 us\""},
         {R"("replay": {"quantum_time": "10"})", "/replay/quantum_time", "\"10\" is a number without a unit", "10 us"},
         {R"("replay": {"quantum_time": "10 GiB"})", "/replay/quantum_time", "\"10 GiB\" has the unknown unit", "us"},
         {R"("memory": {"device_capacity": 4})", "/memory/device_capacity", "4 is a number without a unit", "4 GiB"}});
}

TEST_CASE("config: values out of range are errors") {
  check({{R"("platform": {"host": {"memory": {"capacity": "0 B"}}})", "/platform/host/memory/capacity",
          "0 B is out of range", "at least 4 KiB"},
         {R"("platform": {"host": {"memory": {"bandwidth": "0 GB/s"}}})", "/platform/host/memory/bandwidth",
          "\"0 GB/s\" is no bandwidth", "unlimited"},
         {R"("platform": {"host": {"cpus": 0}})", "/platform/host/cpus", "0 is out of range", "from 1 to 65536"},
         {R"("platform": {"host": {"line_size": "96 B"}})", "/platform/host/line_size", "96 B is not a power of two",
          "64 B or 128 B"},
         {R"("platform": {"links": {"pcie": {"generation": 7}}})", "/platform/links/pcie/generation",
          "7 is out of range", "from 1 to 6"},
         {R"("platform": {"links": {"pcie": {"lanes": 12}}})", "/platform/links/pcie/lanes", "12 is not a power of two",
          "8 or 16"},
         {R"("platform": {"links": {"pcie": {"control_share": "60 %"}}})", "/platform/links/pcie/control_share", "0.6",
          "from 0 to 0.5"},
         {R"("driver": {"batch_size": 0})", "/driver/batch_size", "0 is out of range", "from 1"},
         {R"("driver": {"cpu_fault_granularity": "4 MiB"})", "/driver/cpu_fault_granularity", "4 MiB is out of range",
          "2 MiB"},
         {R"("replay": {"quantum": 0})", "/replay/quantum", "0 is out of range", ""},
         {R"("replay": {"quantum_time": "0 s"})", "/replay/quantum_time", "0 s is out of range", "at least 1 ps"},
         {R"("policy": {"eviction": {"granularity": "8 KiB"}})", "/policy/eviction/granularity",
          "8 KiB is not one of the sizes", "4 KiB, 64 KiB, 2 MiB"},
         {R"("policy": {"prefetch": {"threshold": 101}})", "/policy/prefetch/threshold", "101 is out of range",
          "from 0 to 100"},
         {R"("policy": {"thrashing": {"kind": "throttle", "mode": "pinn"}})", "/policy/thrashing/mode",
          "unknown name \"pinn\"", "\"pin\""},
         {R"("memory": {"device_capacity": "0 % of footprint"})", "/memory/device_capacity",
          "\"0 % of footprint\" is out of range", "above 0 %"},
         {R"("memory": {"device_capacity": "0 B"})", "/memory/device_capacity", "0 B is less than a page", "4 KiB"},
         {R"("memory": {"device_capacity": "50 %"})", "/memory/device_capacity", "\"50 %\" is a share of what?",
          "of footprint"},
         {R"("memory": {"device_capacity": "half"})", "/memory/device_capacity", "\"half\" is not a size", "platform"},
         {R"("platform": {"host": {"page_table": {"upper_bits": []}}})", "/platform/host/page_table/upper_bits",
          "has 0 entries", ""},
         {R"("platform": {"host": {"page_table": {"upper_bits": [16, 16, 16]}}})",
          "/platform/host/page_table/upper_bits", "the levels and the 21 bits below them make 69 bits", "64"}});
}

TEST_CASE("config: unknown names are errors with the nearest name") {
  check({{R"("platform": "generc-c2c")", "/platform", "unknown platform \"generc-c2c\"",
          "\"generic-c2c\"? (farfault list platforms)"},
         {R"("platform": {"base": "ideel"})", "/platform/base", "unknown platform \"ideel\"", "\"ideal\""},
         {R"("design": "separate_radx")", "/design", "unknown design \"separate_radx\"", "separate_radix"},
         {R"("design": {"kind": "radix"})", "/design/kind", "unknown design \"radix\"", "farfault list designs"},
         {R"("policy": "uvm")", "/policy", "unknown policy \"uvm\"", "uvm-default"},
         {R"("policy": {"eviction": {"kind": "lrru"}})", "/policy/eviction/kind", "unknown eviction policy \"lrru\"",
          "did you mean \"lru\"? (farfault list eviction)"},
         {R"("policy": {"eviction": "lrru"})", "/policy/eviction", "unknown eviction policy \"lrru\"", "lru"},
         {R"("policy": {"placement": "migrate"})", "/policy/placement", "unknown placement policy",
          "farfault list placement"},
         {R"("driver": {"memory": "hm"})", "/driver/memory", "unknown name \"hm\"", "did you mean \"hmm\"?"},
         {R"("replay": {"detail": "page"})", "/replay/detail", "unknown name \"page\"", "pages"}});
}

TEST_CASE("config: a parameter that a kind does not have is an error") {
  check({{R"("policy": {"prefetch": {"kind": "none", "threshold": 51}})", "/policy/prefetch/threshold",
          "\"none\" has no parameter \"threshold\"", "it has no parameters"},
         {R"("policy": {"eviction": {"kind": "lru", "granulrity": "2 MiB"}})", "/policy/eviction/granulrity",
          "\"lru\" has no parameter", "did you mean \"granularity\"?"},
         {R"("policy": {"base": "plain-lru", "prefetch": {"threshold": 3}})", "/policy/prefetch/threshold",
          "\"none\" has no parameter", ""}});
}

TEST_CASE("config: what does not go together is an error") {
  check(
      {{R"("platform": {"base": "ideal", "devices": {"gpu0": {"link": "nvlink"}}})", "/platform/devices/gpu0/link",
        "unknown link \"nvlink\"", "pcie"},
       {R"("platform": {"base": "ideal", "devices": {"host": {}}})", "/platform/devices/host",
        "a device cannot be named \"host\"", ""},
       {R"("platform": {"base": "ideal", "devices": {"gpu 1": {}}})", "/platform/devices/gpu 1",
        "\"gpu 1\" is no name for a device", ""},
       {R"("platform": {"base": "ideal", "host": {"cpus": {"source": "x"}}, "links": {"b": {"read_tags": {"source": "y"}}}})",
        "/platform/links/b/read_tags", "has no \"value\"", "source"},
       {R"("platform": {"host": {"cpus": {"value": 1, "source": " "}}})", "/platform/host/cpus/source", "is empty",
        "assumption"}});
  std::string devices;
  for (int i = 0; i < 17; ++i) devices += (i == 0 ? "" : ",") + std::string("\"g") + std::to_string(i) + "\": {}";
  const auto many = problems(scenario(", \"platform\": {\"devices\": {" + devices + "}}"));
  REQUIRE(places(many) == std::vector<std::string>{"1 /platform/devices"});
}

TEST_CASE("config: workload errors") {
  const auto workload = [](const std::string& members) {
    return places(problems("{\"workload\":\n{" + members + "}}"));
  };
  using Places = std::vector<std::string>;
  CHECK(places(problems("{}")) == Places{"1 /workload"});
  CHECK(workload("") == Places{"2 /workload"});
  CHECK(workload(R"("generator": {"kind": "zip"})") == Places{"2 /workload/generator/kind"});
  CHECK(workload(R"("generator": {"footprint": "1 MiB"})") == Places{"2 /workload/generator"});
  CHECK(workload(R"("generator": {"kind": 7})") == Places{"2 /workload/generator/kind"});
  CHECK(workload(R"("generator": {"kind": "zipf", "passes": 2})") == Places{"2 /workload/generator/passes"});
  CHECK(workload(R"("generator": "zipf", "trace": "CMakeLists.txt")") == Places{"2 /workload/generator"});
  CHECK(workload(R"("generator": "zipf", "max_accesses": 0)") == Places{"2 /workload/max_accesses"});
  CHECK(workload(R"("generator": "zipf", "first_touch": "gpu")") == Places{"2 /workload/first_touch"});
  CHECK(workload(R"("generator": "zipf", "assign": {})") == Places{"2 /workload/assign"});
  CHECK(workload(R"("generator": "zipf", "assign": [{"to": "host"}, {"to": "gpu7"}])") ==
        Places{"2 /workload/assign/1/to"});
  CHECK(workload(R"("generator": "zipf", "assign": [3, {"to": "gpu7"}])") ==
        Places{"2 /workload/assign/0", "2 /workload/assign/1/to"});
  CHECK(workload(R"("generator": "zipf", "assign": [{"addresses": ["0x2000", "0x1000"]}])") ==
        Places{"2 /workload/assign/0/addresses"});
  CHECK(workload(R"("generator": "zipf", "assign": [{"addresses": ["0x1", "0x1"]}])") ==
        Places{"2 /workload/assign/0/addresses"});
  CHECK(workload(R"("generator": "zipf", "assign": [{"addresses": ["1000", "0x10000000000000000"]}])") ==
        Places{"2 /workload/assign/0/addresses"});
  CHECK(workload(R"("generator": "zipf", "assign": [{"accesses": [5, 3]}])") ==
        Places{"2 /workload/assign/0/accesses"});
  CHECK(workload(R"("generator": "zipf", "assign": [{"accesses": 5}])") == Places{"2 /workload/assign/0/accesses"});
  CHECK(workload(R"("generator": "zipf", "assign": [{"vma": "hep"}])") == Places{"2 /workload/assign/0/vma"});
}

TEST_CASE("config: a missing trace says where it was looked for") {
  const auto found = problems("{\"workload\": {\n\"trace\": \"no/such.fft\"}}");
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 2);
  CHECK(found[0].pointer == "/workload/trace");
  CHECK(found[0].problem == "there is no trace \"no/such.fft\"");
  CHECK(found[0].remedy == "looked for no/such.fft, configs/no/such.fft");
  CHECK(problems(R"({"workload": {"trace": ""}})").size() == 1);
  CHECK(problems(R"({"workload": {"trace": "a\u0000b"}})").size() == 1);
  CHECK(problems(R"({"workload": {"trace": "/tmp"}})").size() == 1);
}

TEST_CASE("config: an unknown platform is one error and not one for each device") {
  const auto found = problems(R"({"platform": "nope", "workload": {"generator": "zipf", "assign": [{"to": "gpu5"}]}})");
  CHECK(places(found) == std::vector<std::string>{"1 /platform"});
}

TEST_CASE("config: a scenario that is no object is an error") {
  CHECK(problems("[]").size() == 1);
  CHECK(problems("3").size() == 1);
  CHECK(problems("").size() == 1);
  CHECK(problems("{\"seed\": 1, \"seed\": 2}").size() == 2);  // and there is no workload
}

TEST_CASE("config: ten faults are ten errors at their places") {
  const auto found = problems(R"({
  "nam": "x",
  "platform": {"base": "generic-pcie3",
    "host": {"memory": {"capacity": 64}},
    "devices": {"gpu0": {"link": "nvlink"}}},
  "driver": {"batch_size": 0},
  "policy": {"eviction": {"kind": "lrru"},
             "prefetch": {"kind": "tree", "threshold": 200}},
  "workload": {"trace": "missing.fft",
               "assign": [{"to": "gpu9"}],
               "first_touch": true},
  "memory": {"device_capacity": "-1 GiB"},
  "seed": 1,
  "seed": 2
})");
  CAPTURE(texts(found));
  CHECK(places(found) ==
        std::vector<std::string>{"2 /nam", "4 /platform/host/memory/capacity", "5 /platform/devices/gpu0/link",
                                 "6 /driver/batch_size", "7 /policy/eviction/kind", "8 /policy/prefetch/threshold",
                                 "9 /workload/trace", "10 /workload/assign/0/to", "11 /workload/first_touch",
                                 "12 /memory/device_capacity", "14 /seed"});
  for (const Diagnostic& d : found) {
    CHECK(d.file == "t.json");
    CHECK_FALSE(d.problem.empty());
    CHECK_FALSE(d.remedy.empty());
  }
}

TEST_CASE("config: errors are bounded in number and free of control characters") {
  std::string text = "{\"workload\": {\"generator\": \"zipf\"}";
  for (int i = 0; i < 5000; ++i) text += ",\"\\u001b[31m" + std::to_string(i) + "\": 0";
  const auto found = problems(text + "}");
  CHECK(found.size() <= 101);
  for (const Diagnostic& d : found) CHECK(d.text().find('\x1b') == std::string::npos);
}

}  // namespace errors_test
}  // namespace farfault::config_test
