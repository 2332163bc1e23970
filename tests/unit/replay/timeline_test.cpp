#include "sim/replay/timeline/timeline.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "sim/core/mix.h"
#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace timeline_test {

using nlohmann::json;
using timeline::HeatMap;
using timeline::LevelSeries;
using timeline::SumSeries;
using timeline::TimeAxis;

SimTime ps(std::int64_t n) { return SimTime::picoseconds(n); }

std::uint64_t sum(const std::vector<std::uint64_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

TEST_CASE("timeline: an axis doubles until it holds a date, and one of any length does") {
  TimeAxis axis(4);
  CHECK(axis.width() == ps(65'536));
  CHECK(axis.holds(ps(4 * 65'536 - 1)));
  CHECK_FALSE(axis.holds(ps(4 * 65'536)));
  axis.double_width();
  CHECK(axis.bin_of(ps(4 * 65'536)) == 2);
  int doublings = 0;
  for (; !axis.holds(ps(std::numeric_limits<std::int64_t>::max() - 1)); ++doublings) axis.double_width();
  CHECK(doublings < 63);
}

TEST_CASE("timeline: an amount is spread over its interval, to the last unit") {
  TimeAxis axis(4);
  const std::int64_t w = axis.width().picoseconds();
  SumSeries series;
  series.add(axis, 100, ps(w / 2), ps(2 * w + w / 2));  // half, one, half of two bins
  CHECK(series.values() == std::vector<std::uint64_t>{25, 50, 25, 0});
  series.add(axis, 7, ps(3 * w), ps(3 * w));  // a moment
  series.add(axis, 10, ps(0), ps(3 * w));     // thirds, rounded, that add up
  CHECK(series.values() == std::vector<std::uint64_t>{28, 53, 29, 7});
  CHECK(series.total() == 117);
  axis.double_width();
  series.fold();
  CHECK(series.values() == std::vector<std::uint64_t>{81, 36, 0, 0});
}

TEST_CASE("timeline: a level's means are over time") {
  TimeAxis axis(4);
  const std::int64_t w = axis.width().picoseconds();
  LevelSeries series;
  CHECK(series.empty());
  series.set(axis, 8, ps(w / 2));
  series.set(axis, 4, ps(2 * w));
  series.set(axis, 4, ps(2 * w + w / 4));
  CHECK_FALSE(series.empty());
  CHECK(series.means(axis) == std::vector<double>{4, 8, 4});
  axis.double_width();
  series.fold();
  CHECK(series.means(axis) == std::vector<double>{6, 4});
  SUBCASE("two together") {
    LevelSeries other;
    other.set(axis, 1, ps(0));
    series.merge(axis, other);
    CHECK(series.level() == 5);
    CHECK(series.means(axis) == std::vector<double>{7, 5});
  }
}

TEST_CASE("timeline: random amounts survive every doubling") {
  std::uint64_t seed = 7;
  const auto draw = [&seed](std::uint64_t below) { return (seed = mix64(seed)) % below; };
  TimeAxis axis(16);
  SumSeries series;
  std::uint64_t total = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto start = static_cast<std::int64_t>(draw(std::uint64_t{1} << (20 + draw(30))));
    const auto end = start + static_cast<std::int64_t>(draw(std::uint64_t{1} << (10 + draw(35))));
    while (!axis.holds(ps(end))) {
      axis.double_width();
      series.fold();
    }
    const std::uint64_t amount = draw(1U << 20U);
    total += amount;
    series.add(axis, amount, ps(start), ps(end));
  }
  CHECK(series.total() == total);
  CHECK(sum(series.values()) == total);
}

/// What a layer of timeline.json holds, by row.
std::vector<std::vector<double>> cells_of(const json& layer) {
  std::vector<std::vector<double>> out;
  for (const json& runs : layer.at("runs")) {
    std::vector<double>& row = out.emplace_back();
    for (std::size_t i = 0; i + 1 < runs.size(); i += 2) {
      row.insert(row.end(), runs[i + 1].get<std::size_t>(), runs[i].get<double>());
    }
  }
  return out;
}

TEST_CASE("heat map: rows are what was touched, in the order of addresses, and never too many") {
  HeatMap map;
  map.count(HeatMap::Count::kDeviceAccesses, VirtualAddress(0x7f00'0000'0000), 3, ps(0));
  map.count(HeatMap::Count::kDeviceAccesses, VirtualAddress(0x10'0000), 2, ps(10));
  map.count(HeatMap::Count::kDeviceAccesses, VirtualAddress(0x10'ffff), 2, ps(70'000));
  map.resident(BlockNumber(0), PageMask::range(256, 264), PageMask(), ps(0));
  map.end(ps(131'072));
  const json out = json::parse(map.json());
  CHECK(out.at("rows") == json::array({"0x100000", "0x7f0000000000"}));
  CHECK(out.at("row_bytes") == 65'536);
  CHECK(out.at("bins") == 2);
  CHECK(cells_of(out.at("layers").at("accesses.device")) == std::vector<std::vector<double>>{{2, 2}, {3, 0}});
  CHECK(cells_of(out.at("layers").at("resident.device")) == std::vector<std::vector<double>>{{8, 8}, {0, 0}});
  CHECK_FALSE(out.at("layers").contains("accesses.host"));

  std::uint64_t seed = 3;
  std::uint64_t counted = 7;
  for (int i = 0; i < 20'000; ++i) {
    seed = mix64(seed);
    map.count(HeatMap::Count::kDeviceAccesses, VirtualAddress(seed >> 17U), 1, ps(1000 * i));
    ++counted;
    CHECK(map.rows() <= HeatMap::kRows);
  }
  map.end(ps(20'000'000));
  const json all = json::parse(map.json());
  double total = 0;
  for (const auto& row : cells_of(all.at("layers").at("accesses.device"))) {
    CHECK(row.size() == all.at("bins"));
    total += std::accumulate(row.begin(), row.end(), 0.0);
  }
  CHECK(total == static_cast<double>(counted));
  CHECK(all.at("rows").size() == map.rows());
  for (std::size_t i = 1; i < all.at("rows").size(); ++i) {
    const auto address = [&](std::size_t at) {
      return std::stoull(all.at("rows")[at].get<std::string>(), nullptr, 16);
    };
    CHECK(address(i - 1) + map.row_bytes().count() <= address(i));
  }
}

TEST_CASE("heat map: pages of a block are counted in the row that they lie in, however large rows are") {
  HeatMap map;
  // So many rows that one more makes them larger, in the middle of a block.
  for (std::uint64_t row = 0; row < HeatMap::kRows; ++row) {
    map.count(HeatMap::Count::kHostFaults, VirtualAddress(row << 30U), 1, ps(0));
  }
  map.count_pages(HeatMap::Count::kDeviceFaults, BlockNumber(1), PageMask::all(), ps(0));
  map.resident(BlockNumber(1), PageMask::all(), PageMask(), ps(0));
  map.resident(BlockNumber(1), PageMask(), PageMask::range(0, 256), ps(65'536));
  map.end(ps(131'072));
  const json out = json::parse(map.json());
  double faults = 0;
  std::vector<double> resident(2);
  for (const auto& row : cells_of(out.at("layers").at("faults.device"))) faults += row.at(0);
  for (const auto& row : cells_of(out.at("layers").at("resident.device"))) {
    for (std::size_t i = 0; i < 2; ++i) resident[i] += row.at(i);
  }
  CHECK(faults == 512);
  CHECK(resident == std::vector<double>{512, 256});
}

constexpr const char* kThrashing =
    R"({"memory": {"device_capacity": "60 % of footprint"},
        "workload": {"generator": {"kind": "zipf", "footprint": "16 MiB", "accesses": 60000}}})";

TEST_CASE("timeline: watching changes no figure of a run") {
  CHECK(testing::run_scenario(kThrashing) == testing::run_scenario(kThrashing, {}, {}, false));
}

TEST_CASE("timeline: the file of a run") {
  const std::string text = engine::testing::output_of_child([] {
    const Catalogue catalogue = make_catalogue();
    const RunSpec spec = load_scenario_text(kThrashing, "test", ".", {}, ConfigPaths{"configs"}, catalogue);
    Timeline timeline;
    SimulationOptions options;
    options.timeline = &timeline;
    const RunResult result = simulate(spec, catalogue, options);
    return std::to_string(result.statistics.integer("time.total")) + " " +
           std::to_string(result.statistics.integer("accesses.total")) + " " + timeline.json();
  });
  const std::size_t first = text.find(' ');
  const std::size_t second = text.find(' ', first + 1);
  const json out = json::parse(text.substr(second + 1));
  CHECK(out.at("schema") == kTimelineSchema);
  CHECK(std::to_string(out.at("end_ps").get<std::uint64_t>()) == text.substr(0, first));
  const auto bins = out.at("bins").get<std::size_t>();
  const auto width = out.at("bin_width_ps").get<std::uint64_t>();
  CHECK(bins <= Timeline::kBins);
  CHECK(bins > Timeline::kBins / 2);
  CHECK(width * bins >= out.at("end_ps"));
  for (const auto& [name, series] : out.at("series").items()) {
    CAPTURE(name);
    CHECK(series.at("values").size() == bins);
  }
  // A memory for 60 % is never fuller, and full in the end.
  double most = 0;
  for (const json& value : out.at("series").at("resident.gpu0").at("values"))
    most = std::max(most, value.get<double>());
  CHECK(most > 0.9 * 0.6 * 4096);
  CHECK(most <= 0.6 * 4096);
  // No direction of a link ever carries more than its peak.
  for (std::size_t bin = 0; bin + 1 < bins; ++bin) {
    std::uint64_t bytes = 0;
    for (const auto& [name, series] : out.at("series").items()) {
      if (name.starts_with("link.pcie.to_device.")) bytes += series.at("values")[bin].get<std::uint64_t>();
    }
    CHECK(static_cast<double>(bytes) / static_cast<double>(width) * 1e12 < 12.8e9);
  }
  double accesses = 0;
  for (const auto& row : cells_of(out.at("heat_map").at("layers").at("accesses.device"))) {
    accesses += std::accumulate(row.begin(), row.end(), 0.0);
  }
  CHECK(accesses == doctest::Approx(std::stod(text.substr(first + 1))).epsilon(0.01));
}

}  // namespace timeline_test
}  // namespace farfault
