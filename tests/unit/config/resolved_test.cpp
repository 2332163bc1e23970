#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace resolved_test {

void check_round_trip(const RunSpec& spec) {
  const std::string text = resolved_json(spec);
  CAPTURE(text);
  const RunSpec again = load(text);
  CHECK(again == spec);
  CHECK(resolved_json(again) == text);
}

TEST_CASE("config: the resolved text loads back to an equal spec") {
  check_round_trip(load(scenario()));
  check_round_trip(load(scenario(R"(, "platform": "ideal", "policy": "uvm-default")")));
  check_round_trip(
      load(R"({"name": "a\"b", "workload": {"trace": "CMakeLists.txt", "max_accesses": 5, "assign": []}})"));
  check_round_trip(load(scenario(R"(, "platform": {"devices": {}, "links": {}}, "seed": 18446744073709551615,
                                    "memory": {"device_capacity": "33.3 % of footprint"})")));
  check_round_trip(load(R"({"policy": {"thrashing": {"kind": "throttle", "share": 0.1, "rate": "11.9 GiB/s"}},
      "workload": {"generator": "zipf", "assign": [{"addresses": [null, "0xfff"], "vma": "stack", "accesses": [3, null], "to": "host"}]},
      "memory": {"device_capacity": "1000001 B"}, "replay": {"quantum_time": "1.5 ns"}})"));
}

TEST_CASE("config: a share of the footprint keeps its exact value") {
  for (const char* share : {"0.1", "0.7", "29", "33.333333333333336", "58", "1e-9", "110", "99999"}) {
    CAPTURE(share);
    check_round_trip(
        load(scenario(R"(, "memory": {"device_capacity": ")" + std::string(share) + R"( % of footprint"})")));
  }
}

TEST_CASE("config: the resolved text has every default and no folder of the machine") {
  const std::string text = resolved_json(load(R"({"workload": {"trace": "CMakeLists.txt"}})"));
  for (const char* key :
       {"\"batch_size\"", "\"granularity\": \"2 MiB\"", "\"quantum\": 10000", "\"first_touch\": \"host\"",
        "\"to_host\"", "\"device_capacity\": \"platform\"", "\"accesses\": [0, null]"}) {
    CAPTURE(key);
    CHECK(text.find(key) != std::string::npos);
  }
  CHECK(text.find("\"trace\": \"CMakeLists.txt\"") != std::string::npos);
  CHECK(text.back() == '\n');
}

TEST_CASE("config: assumptions are those values whose source says so") {
  const RunSpec spec =
      load(scenario(R"(, "platform": {"base": "generic-pcie3", "host": {"cpus": 5}})"), {"driver.batch_size=3"});
  const auto found = assumptions(spec);
  const auto at = [&](const std::string& pointer) {
    const auto it = std::find_if(found.begin(), found.end(), [&](const Assumption& a) { return a.pointer == pointer; });
    return it == found.end() ? std::string() : it->value + " | " + it->source;
  };
  CHECK(at("/platform/host/cpus") == "5 | assumption: stated in t.json without a source");
  CHECK(at("/platform/devices/gpu0/memory/capacity").rfind("8 GiB | assumption", 0) == 0);
  CHECK(at("/design/to_device/collect/folio").rfind("300 ns | assumption: split of a measured sum", 0) == 0);
  CHECK(at("/platform/devices/gpu0/fault_slots").empty());
  CHECK(at("/platform/driver/batch_size").empty());
}

TEST_CASE("config: the rows of a platform are what --set takes") {
  const PlatformSpec spec = load_platform("generic-pcie3", paths());
  const auto rows = parameter_rows(spec);
  const auto it = std::find_if(rows.begin(), rows.end(),
                               [](const ParameterRow& row) { return row.path == "devices.gpu0.fault_slots"; });
  REQUIRE(it != rows.end());
  CHECK(it->value == "56");
  CHECK(it->meaning == "outstanding faults of a micro-TLB");
  CHECK(it->source.rfind("measured", 0) == 0);
  for (const ParameterRow& row : rows) {
    CAPTURE(row.path);
    CHECK_FALSE(row.meaning.empty());
    // Whatever is printed can be given back.
    CHECK_NOTHROW(load(scenario(), {"platform." + row.path + '=' + row.value}));
  }
  CHECK(parameter_rows(load_design("separate_radix", paths(), catalogue())).size() == 58);
}

}  // namespace resolved_test
}  // namespace farfault::config_test
