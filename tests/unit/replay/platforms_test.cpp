#include <doctest/doctest.h>

#include <string>

#include "sim/config/load.h"
#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace platforms_test {

using testing::Figures;
using testing::run_scenario;

constexpr double kMib = 1024 * 1024;

/// A small run whose data does not fit, so that everything of a platform is used: faults, copies both ways, evictions.
Figures small_run(const std::string& platform) {
  return run_scenario(R"({"platform": ")" + platform + R"(", "memory": {"device_capacity": "4 MiB"},
      "workload": {"generator": {"kind": "sequential", "footprint": "8 MiB", "passes": 2}, "first_touch": "host"}})");
}

TEST_CASE("replay: every shipped platform runs a small scenario") {
  for (const std::string& name : config_names("platforms", ConfigPaths{"configs"})) {
    CAPTURE(name);
    const Figures figures = small_run(name);
    CHECK(figures.at("accesses.device.local") == 2 * 8 * kMib / 128);
    CHECK(figures.at("faults.device.raised") > 0);
    CHECK(figures.at("time.total") > 0);
    const PlatformSpec spec = load_platform(name, ConfigPaths{"configs"});
    const std::string link = "bytes.link." + spec.devices.at(0).link + '.';
    // Every page comes once, and what does not fit leaves. Whether the second pass brings them again depends on how
    // many accesses a device has in flight: a large one may have all of it behind the first pass's last faults.
    CHECK(figures.at(link + "to_device") >= 8 * kMib);
    CHECK(figures.at(link + "to_host") >= 4 * kMib);
  }
}

TEST_CASE("replay: a faster link of a generic platform makes a run shorter until the host's memory binds") {
  const double third = small_run("generic-pcie3").at("time.total");
  const double fourth = small_run("generic-pcie4").at("time.total");
  const double fifth = small_run("generic-pcie5").at("time.total");
  CHECK(fourth < third);
  CHECK(fifth < fourth);
  CHECK(small_run("generic-pcie6").at("time.total") == fifth);
}

}  // namespace platforms_test
}  // namespace farfault
