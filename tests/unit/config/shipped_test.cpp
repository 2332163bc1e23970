#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>

#include "sim/core/quantity.h"
#include "sim/core/source_kind.h"
#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace shipped_test {

TEST_CASE("config: every shipped file loads with what ships") {
  const Catalogue shipped = make_catalogue();
  for (const std::string& name : config_names("platforms", paths())) {
    CAPTURE(name);
    CHECK(load_platform(name, paths()).name == name);
  }
  for (const std::string& name : config_names("designs", paths())) {
    CAPTURE(name);
    CHECK_NOTHROW(load_design(name, paths(), shipped));
  }
  for (const std::string& name : config_names("scenarios", paths())) {
    CAPTURE(name);
    RunSpec spec;
    CHECK_NOTHROW(spec = load_scenario("configs/scenarios/" + name + ".json", {}, paths(), shipped));
    CHECK(spec.name == name);
  }
  for (const std::string& name : config_names("policies", paths())) {
    CAPTURE(name);
    CHECK_NOTHROW(load_scenario("configs/scenarios/quickstart.json", {"policy=" + name}, paths(), shipped));
  }
}

TEST_CASE("config: every value of a shipped platform or design has a source") {
  for (const std::string& name : config_names("platforms", paths())) {
    for (const ParameterRow& row : parameter_rows(load_platform(name, paths()))) {
      CAPTURE(name);
      CAPTURE(row.path);
      CHECK(row.source != "assumption");
      CHECK(row.source.find("without a source") == std::string::npos);
    }
  }
  for (const std::string& name : config_names("designs", paths())) {
    for (const ParameterRow& row : parameter_rows(load_design(name, paths(), make_catalogue()))) {
      CAPTURE(name);
      CAPTURE(row.path);
      CHECK(row.source != "assumption");
      CHECK(row.source.find("without a source") == std::string::npos);
    }
  }
}

TEST_CASE("config: the source of a value of a shipped platform says what it rests on") {
  for (const std::string& name : config_names("platforms", paths())) {
    for (const ParameterRow& row : parameter_rows(load_platform(name, paths()))) {
      if (row.source.empty()) continue;  // choices and shapes of page tables take none
      CAPTURE(name);
      CAPTURE(row.path);
      CAPTURE(row.source);
      CHECK(source_kind(row.source) != SourceKind::kOther);
      // A value that is said to be unchecked is not a measurement.
      if (row.source.find("unverified") != std::string::npos) {
        CHECK(source_kind(row.source) != SourceKind::kMeasured);
      }
    }
  }
}

TEST_CASE("config: every shipped platform says what it stands for") {
  for (const std::string& name : config_names("platforms", paths())) {
    CAPTURE(name);
    const std::string& description = load_platform(name, paths()).description;
    CHECK(description.size() > 60);
    CHECK(description.ends_with('.'));
  }
}

std::map<std::string, ParameterRow> driver_rows(const std::string& platform) {
  std::map<std::string, ParameterRow> out;
  for (const ParameterRow& row : parameter_rows(load_platform(platform, paths()))) {
    if (row.path.starts_with("driver.")) out.emplace(row.path, row);
  }
  return out;
}

TEST_CASE("config: machines without prices of their own have the GTX 1080 Ti's, and say so") {
  const std::map<std::string, ParameterRow> known = driver_rows("gtx1080ti-pcie3");
  for (const char* name : {"generic-managed-pcie3", "p4000-pcie3", "v100-pcie3", "v100-p9-nvlink2", "a100-pcie4",
                           "rtx5090-pcie5", "h100-pcie5", "gh200-c2c"}) {
    const std::map<std::string, ParameterRow> borrowed = driver_rows(name);
    REQUIRE(borrowed.size() == known.size());
    for (const auto& [path, row] : borrowed) {
      CAPTURE(name);
      CAPTURE(path);
      CHECK(row.value == known.at(path).value);
      const SourceKind kind = source_kind(row.source);
      CHECK(kind != SourceKind::kMeasured);
      CHECK(kind != SourceKind::kDerived);
    }
  }
}

TEST_CASE("config: the generic device has ten times the bandwidth of the host") {
  const PlatformSpec spec = load_platform("generic-pcie3", paths());
  CHECK(spec.devices.at(0).memory.bandwidth.value == spec.host.memory.bandwidth.value * 10.0);
}

TEST_CASE("config: the steps of a migration add up to what was measured") {
  const DesignSpec spec = load_design("separate_radix", paths(), catalogue());
  for (const MigrateSteps& s : {spec.to_device, spec.to_host}) {
    SimTime sum;
    for (const StepCost* step : {&s.setup, &s.collect, &s.unmap, &s.allocate, &s.dma_map, &s.install, &s.finalize}) {
      sum += step->folio.value + step->page.value;  // a page alone is a folio
    }
    CHECK(format_exact(sum) == "1.4 us");
    CHECK(format_exact(s.setup.call.value) == "7.2 us");
  }
}

TEST_CASE("config: on the ideal platform only faults take time") {
  for (const ParameterRow& row : parameter_rows(load_platform("ideal", paths()))) {
    CAPTURE(row.path);
    if (row.path == "driver.service_time") {
      CHECK(row.value == "10 us");
    } else if (parse_time(row.value) && row.value != "0") {
      CHECK(row.value == "0 s");
    }
  }
}

}  // namespace shipped_test
}  // namespace farfault::config_test
