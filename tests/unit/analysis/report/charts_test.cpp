#include <doctest/doctest.h>

#include <map>
#include <numeric>

#include "analysis/report/charts/result_charts.h"
#include "analysis/report/charts/timeline_charts.h"
#include "analysis/report/facts.h"
#include "tests/unit/analysis/report/support.h"

namespace farfault::report {
namespace charts_test {

/// Values of a field, in the order of the rows.
std::vector<double> numbers(const Dataset& data, const std::string& field) {
  const auto at =
      static_cast<std::size_t>(std::find(data.fields.begin(), data.fields.end(), field) - data.fields.begin());
  REQUIRE(at < data.fields.size());
  std::vector<double> out;
  for (const std::vector<Json>& row : data.rows) out.push_back(row[at].is_number() ? row[at].get<double>() : -1);
  return out;
}

/// Sums of a field by another one.
std::map<std::string, double> sums_by(const Dataset& data, const std::string& by, const std::string& field) {
  const auto at = static_cast<std::size_t>(std::find(data.fields.begin(), data.fields.end(), by) - data.fields.begin());
  const std::vector<double> values = numbers(data, field);
  std::map<std::string, double> out;
  for (std::size_t i = 0; i < values.size(); ++i) out[data.rows[i][at].get<std::string>()] += values[i];
  return out;
}

TEST_CASE("report: numbers are short, units fit") {
  CHECK(rounded(1234567.8).dump() == "1234570");
  CHECK(rounded(0.1 + 0.2).dump() == "0.3");
  CHECK(rounded(2.0).dump() == "2");
  CHECK(rounded(1.0 / 0.0).is_null());
  CHECK(time_scale(2.5e9).unit == "ms");
  CHECK(time_scale(999).unit == "ps");
  CHECK(byte_scale(3 << 20).unit == "MiB");
  CHECK(rate_scale(9.8e9).unit == "GB/s");
  CHECK(percent_text(0.075) == "7.5 %");
  CHECK(percent_text(0.6000001) == "60 %");
  CHECK(percent_text(0.0001) == "< 0.1 %");
  CHECK(percent_text(0) == "0 %");
  CHECK(percent_text(1) == "100 %");
  CHECK(count_text(1234567) == "1,234,567");
  CHECK(listed({"a", "b", "c"}) == "a, b and c");
  CHECK(distinct_labels({"a", "a", ""}) == std::vector<std::string>{"a", "a (2)", "(no name)"});
}

TEST_CASE("report: bandwidth times width is what moved") {
  const Timeline timeline = parse_timeline(small_timeline_text(), "t");
  Datasets datasets;
  const auto chart =
      bandwidth_over_time({"", datasets, {}}, "bandwidth-0", timeline, {"pcie", "to_device", 8e9, 2.25e9});
  REQUIRE(chart);
  const Dataset& data = datasets.at("bandwidth_0");
  CHECK(data.fields == std::vector<std::string>{"t", "t_end", "demand", "prefetch", "total"});
  CHECK(numbers(data, "t") == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  CHECK(numbers(data, "demand") == std::vector<double>{0, 4, 2, 0, 0});
  CHECK(numbers(data, "prefetch") == std::vector<double>{1, 0, 2, 0, 0});
  CHECK(numbers(data, "total") == std::vector<double>{1, 4, 4, 0, 0});
  CHECK(chart->description ==
        "2.25 GB/s on average, 28.1 % of the link's peak; at most 4 GB/s over 250 us, at 250 us (50 % of the peak of 8 "
        "GB/s). Moved: demand 1.43 MiB and prefetch 732 KiB.");
  CHECK_FALSE(bandwidth_over_time({"", datasets, {}}, "none", timeline, {"pcie", "to_host", {}, {}}));
}

TEST_CASE("report: neighbours are put together without losing anything") {
  const std::vector<double> values = {1, 2, 3, 4, 5};
  CHECK(coarser(values, 5, false) == values);
  CHECK(coarser(values, 2, false) == std::vector<double>{6, 9});
  CHECK(coarser(values, 3, false) == std::vector<double>{3, 7, 5});
  CHECK(coarser(values, 3, true) == std::vector<double>{1.5, 3.5, 5});
  CHECK(coarser(TimeBins{10, 45, 5}, 3).width_ps == 20);
  CHECK(coarser(TimeBins{10, 45, 5}, 3).count == 3);
}

TEST_CASE("report: pages that leave are below zero, refaults are thrash") {
  const Timeline timeline = parse_timeline(small_timeline_text(), "t");
  Datasets datasets;
  REQUIRE(moves_over_time({"", datasets, {}}, timeline));
  // Per 1 us, the unit of a fifth of the run: 4 pages in 250 us.
  CHECK(numbers(datasets.at("moves"), "out_eviction") == std::vector<double>{0, -0.016, -0.024, 0, 0});
  const auto evictions = evictions_over_time({"", datasets, {}}, timeline);
  REQUIRE(evictions);
  CHECK(evictions->description ==
        "10 pages evicted, at most 6 in 250 us, at 500 us; 5 faulted pages had been evicted before.");
  const auto residency = residency_over_time({"", datasets, {}}, timeline, 40960.0);
  REQUIRE(residency);
  CHECK(residency->description ==
        "The workload's pages: gpu0 at most 32 KiB (80 % of its capacity) (means over 250 us).");
  const auto driver = driver_over_time({"", datasets, {}}, timeline);
  REQUIRE(driver);
  CHECK(numbers(datasets.at("driver"), "batch") == std::vector<double>{0.2, 0.2, 0.4, 0, 0});
}

TEST_CASE("report: a stack of time is as long as the run") {
  const analysis::ResultFile result = small_result("x");
  Datasets datasets;
  const auto chart = time_breakdown(
      {"", datasets, {}}, "time-breakdown", "t",
      {lanes_time(result.statistics, "device", "devices"), lanes_time(result.statistics, "host", "host")});
  REQUIRE(chart);
  // Two streams for 1 ms: of the mean one, and shares of both.
  CHECK(sums_by(datasets.at("time_breakdown"), "bar", "time") ==
        std::map<std::string, double>{{"devices", 1}, {"host", 1}});
  CHECK(sums_by(datasets.at("time_breakdown"), "bar", "share") ==
        std::map<std::string, double>{{"devices", 1}, {"host", 1}});
  CHECK(chart->description == "devices: page faults 70 %, compute 25 %; host: waiting for others 100 %.");
}

TEST_CASE("report: a distribution's curve rises from 0 to 1") {
  analysis::DistributionSummary distribution;
  std::uint64_t value = 1000;
  for (std::uint64_t i = 0; i < 500; ++i) {
    distribution.buckets.push_back({value, value + value / 100, i % 7 + 1});
    distribution.count += i % 7 + 1;
    value += value / 50 + 1;
  }
  distribution.max = value;
  Datasets datasets;
  const auto chart = latency_cdf({"", datasets, {}}, "latency", "t", {{"x", &distribution}}, "of");
  REQUIRE(chart);
  const std::vector<double> shares = numbers(datasets.at("latency"), "share");
  const std::vector<double> at = numbers(datasets.at("latency"), "latency");
  CHECK(shares.front() == 0);
  CHECK(shares.back() == 1);
  CHECK(std::is_sorted(shares.begin(), shares.end()));
  CHECK(std::is_sorted(at.begin(), at.end()));
  CHECK(shares.size() < 400);
  // A single value, of no time at all, has a curve too.
  analysis::DistributionSummary zero;
  zero.count = 3;
  zero.buckets = {{0, 0, 3}};
  REQUIRE(latency_cdf({"", datasets, {}}, "zero", "t", {{"x", &zero}}, "of"));
  CHECK(numbers(datasets.at("zero"), "share") == std::vector<double>{0, 1});
  CHECK_FALSE(latency_cdf({"", datasets, {}}, "none", "t", {}, "of"));
}

TEST_CASE("report: sizes fall into powers of two, and none is lost") {
  analysis::DistributionSummary distribution;
  distribution.unit = Unit::kBytes;
  distribution.buckets = {{4096, 4159, 2}, {8128, 8191, 1}, {8192, 8319, 4}, {65536, 66559, 3}};
  distribution.mean = 20000;
  distribution.p50 = 8192;
  distribution.max = 65536;
  Datasets datasets;
  const auto chart = size_histogram({"", datasets, {}}, "sizes", "t", distribution, "size", "pieces");
  REQUIRE(chart);
  CHECK(sums_by(datasets.at("sizes"), "size", "number") ==
        std::map<std::string, double>{{"4 KiB", 3}, {"8 KiB", 4}, {"16 KiB", 0}, {"32 KiB", 0}, {"64 KiB", 3}});
  CHECK(chart->description == "10 pieces: 19.5 KiB on average, half of them 8 KiB at most, the largest 64 KiB.");
}

TEST_CASE("report: a heat map keeps its sums, and shows where addresses are left out") {
  const Timeline timeline = parse_timeline(small_timeline_text(), "t");
  Datasets datasets;
  const ChartPlace place{"", datasets, {}};
  const auto chart = heat_map(place, *timeline.heat_map, 1e9, {"accesses.device", "heat", "t", "accesses", false}, {});
  REQUIRE(chart);
  const std::vector<double> values = numbers(datasets.at("heat"), "value");
  CHECK(std::accumulate(values.begin(), values.end(), 0.0) == 13);
  CHECK(numbers(datasets.at("heat"), "row") == std::vector<double>{0, 0, 1});
  CHECK(numbers(datasets.at("heat_gaps"), "row") == std::vector<double>{2.5});
  CHECK(chart->description ==
        "Rows of 64 KiB, bins of 500 us; dotted lines: addresses that nobody used are left out. In all 13; most in a "
        "cell: "
        "7, in the row from 0x110000 at 500 us.");
  // 16 pages are a row of 64 KiB.
  REQUIRE(heat_map(place, *timeline.heat_map, 1e9, {"resident.device", "share", "t", "share", true}, {}));
  CHECK(numbers(datasets.at("share"), "value") == std::vector<double>{1, 1, 0.5, 0.25});
  // Put together until they fit: the two neighbours, and in time.
  REQUIRE(heat_map(place, *timeline.heat_map, 1e9, {"accesses.device", "small", "t", "accesses", false}, {3, 1}));
  CHECK(numbers(datasets.at("small"), "value") == std::vector<double>{13});
}

TEST_CASE("report: what a difference is put down to adds up to it") {
  const analysis::Comparison comparison =
      analysis::compare({{"old", small_result("old"), {}}, {"new", small_result("new", "pcie", 3), {}}});
  Datasets datasets;
  REQUIRE(difference_parts({"", datasets, {}}, comparison, {"old", "new"}));
  const std::vector<double> parts = numbers(datasets.at("differences"), "difference");
  const std::vector<double> sum = numbers(datasets.at("differences_sums"), "sum");
  REQUIRE(sum.size() == 1);
  CHECK(std::accumulate(parts.begin(), parts.end(), 0.0) == doctest::Approx(sum.front()));
  const auto bars =
      figure_bars({"", datasets, {}}, "time", "Time", *analysis::find_row(comparison, "time.total"), {"old", "new"});
  REQUIRE(bars);
  CHECK(numbers(datasets.at("time"), "value") == std::vector<double>{1, 3});
  CHECK(datasets.at("time").rows[1][2] == "3 ms  (3.00x)");
}

TEST_CASE("report: a tornado has the most influential parameter first, and what does nothing not at all") {
  SensitivityResults sensitivity;
  sensitivity.figure = "time.total";
  sensitivity.columns = {"old", "new"};
  sensitivity.ratios = {1.0, 0.5};
  sensitivity.parameters = {{"/a", 0.1, {1.0, 0.49}, {1.0, 0.52}},
                            {"/b", 0.2, {1.0, 0.4}, {std::nullopt, std::nullopt}},
                            {"/c", 0, {1.0, 0.5}, {1.0, 0.5}}};
  Datasets datasets;
  const auto chart = tornado({"", datasets, {}}, sensitivity, 1, {"old", "new"});
  REQUIRE(chart);
  CHECK(datasets.at("sensitivity_1").rows.size() == 3);
  CHECK(datasets.at("sensitivity_1").rows[0][0] == "/b");
  CHECK_FALSE(tornado({"", datasets, {}}, sensitivity, 0, {"old", "new"}));
}

}  // namespace charts_test
}  // namespace farfault::report
