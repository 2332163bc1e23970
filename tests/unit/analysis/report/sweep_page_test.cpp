#include "analysis/report/sweep/sweep_page.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "analysis/report/sweep/sweep_charts.h"
#include "analysis/report/sweep/table.h"
#include "sim/core/error.h"
#include "tests/unit/analysis/report/sweep_fixture.h"

namespace farfault::report {
namespace sweep_page_test {

using analysis::Number;
using analysis::PointStatus;
using analysis::Sweep;
using analysis::SweepPoint;
using Texts = std::vector<std::string>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Points with their values on axes "kind" and "size", time and bytes.
struct Row {
  std::string kind;
  std::string size;
  std::int64_t ms = 0;
  std::int64_t mib = 0;
};

std::uint32_t value_of(analysis::SweepAxis& axis, const std::string& text) {
  const auto it = std::find(axis.values.begin(), axis.values.end(), text);
  if (it != axis.values.end()) return static_cast<std::uint32_t>(it - axis.values.begin());
  axis.values.push_back(text);
  return static_cast<std::uint32_t>(axis.values.size() - 1);
}

Sweep sweep_of(const std::vector<Row>& rows) {
  Sweep sweep;
  sweep.name = "s";
  sweep.axes = {{"/kind", "kind", {}}, {"/size", "size", {}}};
  sweep.figures = {{"bytes.link.pcie.to_device", Unit::kBytes, "bytes", {}}, {"time.total", Unit::kTime, "time", {}}};
  for (const Row& row : rows) {
    SweepPoint point;
    point.key = std::to_string(sweep.points.size());
    point.axes = {value_of(sweep.axes[0], '"' + row.kind + '"'), value_of(sweep.axes[1], '"' + row.size + '"')};
    sweep.points.push_back(point);
    sweep.figures[0].values.emplace_back(row.mib << 20);
    sweep.figures[1].values.emplace_back(row.ms * 1'000'000'000);
  }
  return sweep;
}

void fail(Sweep& sweep, std::size_t point, const std::string& reason) {
  sweep.points[point].status = PointStatus::kFailed;
  sweep.points[point].reason = reason;
  for (auto& figure : sweep.figures) figure.values[point] = kNone;
}

Sweep fixture(std::size_t points) {
  Sweep sweep;
  sweep.name = "fixture";
  sweep.axes = analysis::testing::kFixtureAxes;
  std::map<std::string, analysis::SweepFigure> figures;
  for (std::size_t i = 0; i < points; ++i) {
    const analysis::SweepRecord record = analysis::testing::fixture_point(i);
    SweepPoint point;
    point.key = record.key;
    point.status = record.status;
    point.reason = record.reason;
    for (std::size_t axis = 0; axis < record.axes.size(); ++axis) {
      point.axes.push_back(value_of(sweep.axes[axis], record.axes[axis]));
    }
    for (const auto& [name, statistic] : record.figures) {
      auto& figure = figures[name];
      if (figure.values.empty()) figure = {name, statistic.unit, "", std::vector<Number>(points, kNone)};
      figure.values[i] = statistic.value;
    }
    sweep.points.push_back(point);
  }
  for (auto& [name, figure] : figures) sweep.figures.push_back(figure);
  return sweep;
}

const Chart* find_chart(const SweepContent& content, const std::string& id) {
  for (const Section& section : content.sections) {
    for (const Chart& chart : section.charts) {
      if (chart.id == id) return &chart;
    }
  }
  return nullptr;
}

std::string whole(const SweepContent& content) {
  Json out = content.title;
  std::string text = out.dump();
  for (const Section& section : content.sections) {
    text += section.id + section.title + section.html;
    for (const Chart& chart : section.charts) {
      text += chart.id + chart.title + chart.description + chart.dataset + chart.spec.dump();
    }
  }
  for (const auto& [name, data] : content.datasets) text += name + Json(data.fields).dump() + Json(data.rows).dump();
  return text;
}

/// Calls `visit` with each key and value of a specification, at any depth.
void walk(const Json& node, const std::function<void(const std::string&, const Json&)>& visit) {
  if (node.is_object()) {
    for (const auto& [key, value] : node.items()) {
      visit(key, value);
      walk(value, visit);
    }
  } else if (node.is_array()) {
    for (const Json& item : node) walk(item, visit);
  }
}

TEST_CASE("sweep page: quantiles") {
  CHECK(quantile({7}, 0.9) == 7);
  CHECK(quantile({1, 2, 3, 4}, 0) == 1);
  CHECK(quantile({1, 2, 3, 4}, 1) == 4);
  CHECK(quantile({1, 2, 3, 4}, 0.5) == 2.5);
  CHECK(quantile({1, 2, 3, 4, 5}, 0.25) == 2);
}

TEST_CASE("sweep page: main effects of a table worked out by hand") {
  // Two levels of 10, 20 and 30, 60; mean 30, squares 400 + 100 + 0 + 900 = 1400. Means of levels 15 and 45:
  // 2 * 225 + 2 * 225 = 900.
  const MainEffect effect = main_effect({0, 0, 1, 1}, {10, 20, 30, 60}, 3);
  REQUIRE(effect.levels.size() == 3);
  CHECK(effect.share == doctest::Approx(900.0 / 1400));
  CHECK(effect.range == 30);
  CHECK(effect.lowest == 0);
  CHECK(effect.highest == 1);
  CHECK(effect.levels[0].mean == 15);
  CHECK(effect.levels[1].median == 45);
  CHECK(effect.levels[1].least == 30);
  CHECK(effect.levels[1].p25 == 37.5);
  CHECK(effect.levels[2].count == 0);
  // The other axis: levels of 10, 30 and 20, 60, means 20 and 40.
  CHECK(main_effect({0, 1, 0, 1}, {10, 20, 30, 60}, 2).share == doctest::Approx(400.0 / 1400));
  CHECK(main_effect({0, 1}, {0.1, 0.1}, 2).share == 0);
  CHECK(main_effect({0, 1, 0}, {0.1, 0.3, 0.1}, 2).share == doctest::Approx(1));
}

TEST_CASE("sweep page: the Pareto front is what brute force finds") {
  std::uint64_t state = 1;
  const auto random = [&state](std::uint64_t below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33U) % below;
  };
  for (int round = 0; round < 500; ++round) {
    const std::size_t count = random(40);
    const std::uint64_t range = 1 + random(12);  // small: many are equal
    std::vector<double> a;
    std::vector<double> b;
    for (std::size_t i = 0; i < count; ++i) {
      a.push_back(random(20) == 0 ? kNone : static_cast<double>(random(range)));
      b.push_back(random(20) == 0 ? kNone : static_cast<double>(random(range)));
    }
    std::set<std::size_t> expected;
    for (std::size_t i = 0; i < count; ++i) {
      bool beaten = std::isnan(a[i]) || std::isnan(b[i]);
      for (std::size_t j = 0; j < count; ++j)
        beaten = beaten || (a[j] <= a[i] && b[j] <= b[i] && (a[j] < a[i] || b[j] < b[i]));
      if (!beaten) expected.insert(i);
    }
    const std::vector<std::size_t> front = pareto_front(a, b);
    REQUIRE(std::set<std::size_t>(front.begin(), front.end()) == expected);
    REQUIRE(front.size() == expected.size());
    REQUIRE(std::is_sorted(front.begin(), front.end(), [&](auto i, auto j) { return a[i] < a[j]; }));
  }
}

TEST_CASE("sweep page: the verdict says what the numbers say") {
  Sweep sweep = sweep_of({{"lru", "1 GiB", 40, 8},
                          {"lfu", "1 GiB", 60, 4},
                          {"lru", "2 GiB", 10, 16},
                          {"lfu", "2 GiB", 20, 16},
                          {"arc", "1 GiB", 0, 0},
                          {"arc", "2 GiB", 0, 0}});
  fail(sweep, 4, "out of memory");
  fail(sweep, 5, "out of memory");
  // Mean 32.5, squares 1475 by hand: 56.25 + 756.25 + 506.25 + 156.25; sizes' means 50 and 15: 1225; kinds' 25, 40:
  // 225.
  CHECK(
      sweep_verdict(sweep) ==
      Texts{
          "Best time.total (less is better): 10 ms with size = 2 GiB and kind = lru.",
          "The worst point has 60 ms, 6.00x the best; the median is 30 ms, 3.00x.",
          "What matters most is size: by itself it explains 83 % of the variance; the mean goes from 15 ms at 2 GiB "
          "to 50 ms at 1 GiB. Next: kind (15 %).",
          "time.total and bytes.link are a trade-off: 3 points are beaten by no other in both, from 10 ms with 16 MiB "
          "to 60 ms with 4 MiB.",
          "6 points over 2 axes: 4 ran, 2 failed.", "Failed: 2 (out of memory)."});
}

TEST_CASE("sweep page: verdicts of special sweeps") {
  CHECK(sweep_verdict(sweep_of({{"a", "1 B", 5, 1}})) == Texts{"Best time.total (less is better): 5 ms.",
                                                               "1 point over 0 axes: 1 ran.",
                                                               "The same in all points that ran: kind and size."});
  CHECK(sweep_verdict(sweep_of({{"a", "1 B", 5, 1}, {"b", "1 B", 5, 1}})) ==
        Texts{"Best time.total (less is better): 5 ms with kind = a; 1 other point is as good.",
              "All points have the same time.total.", "No axis by itself makes a difference to time.total.",
              "2 points over 1 axis: 2 ran.", "The same in all points that ran: size."});
  // Better in both: nothing is traded off.
  CHECK(sweep_verdict(sweep_of({{"a", "1 B", 5, 1}, {"b", "1 B", 10, 2}})).at(3) ==
        "Nothing is traded off between time.total and bytes.link: the best in one is the best in the other (5 ms with "
        "1 MiB).");
  // Axes that only matter together.
  CHECK(sweep_verdict(sweep_of({{"a", "1 B", 10, 1}, {"b", "1 B", 20, 1}, {"a", "2 B", 20, 1}, {"b", "2 B", 10, 1}}))
            .at(2) == "No axis by itself makes a difference to time.total.");
}

TEST_CASE("sweep page: figures by name") {
  const Sweep sweep = sweep_of({{"a", "1 B", 5, 3}, {"b", "1 B", 10, 2}});
  CHECK(sweep_verdict(sweep, {{"bytes.link.pcie.to_device", "time.total"}}).front() ==
        "Best bytes.link.pcie.to_device (less is better): 2 MiB with kind = b.");
  CHECK_THROWS_WITH_AS(sweep_page(sweep, {{"time.totl"}}),
                       "s: has no figure \"time.totl\"; did you mean \"time.total\"?", InputError);
  CHECK(sweep_page_figures({}).empty());
  CHECK(sweep_page_figures({{"time.total", "bytes.link"}}) ==
        Texts{"time.total", "bytes.link.*.to_device", "bytes.link.*.to_host"});
}

TEST_CASE("sweep page: more of a bandwidth is better") {
  Sweep sweep = sweep_of({{"a", "1 B", 5, 3}, {"b", "1 B", 10, 2}});
  sweep.figures[0] = {"bandwidth.link", Unit::kBandwidth, "", {1e9, 2e9}};
  CHECK(sweep_verdict(sweep, {{"bandwidth.link"}}).front() ==
        "Best bandwidth.link (more is better): 2 GB/s with kind = b.");
  CHECK(sweep_verdict(sweep, {{"bandwidth.link"}}).at(1) ==
        "The worst point has 1 GB/s, 0.50x the best; the median is 1.5 GB/s, 0.75x.");
  // The faster link took longer: both are on the front.
  CHECK(sweep::front_of(sweep::make_table(sweep, {"bandwidth.link", "time.total"})) == std::vector<std::size_t>{0, 1});
}

TEST_CASE("sweep page: sweeps without a result") {
  Sweep sweep = sweep_of({{"a", "1 B", 5, 3}, {"b", "1 B", 10, 2}});
  fail(sweep, 0, "x");
  fail(sweep, 1, "y");
  CHECK_THROWS_WITH_AS(sweep_page(sweep),
                       "s: has no point with a time.total; see why its points failed, or name a figure that they have",
                       InputError);
  CHECK_THROWS_AS(sweep_page(Sweep{}), InputError);
}

TEST_CASE("sweep page: axes of numbers, of quantities and of texts") {
  Sweep sweep = sweep_of({{"16", "2 GiB", 1, 1}, {"4", "512 MiB", 2, 1}, {"64", "1 GiB", 3, 1}, {"x", "1 GiB", 4, 1}});
  const sweep::Table table = sweep::make_table(sweep, {});
  REQUIRE(table.axes.size() == 2);
  CHECK_FALSE(table.axes[0].numeric);
  CHECK(table.axes[0].levels == Texts{"16", "4", "64", "x"});
  CHECK(table.axes[1].numeric);
  CHECK(table.axes[1].levels == Texts{"512 MiB", "1 GiB", "2 GiB"});
  CHECK(table.axes[1].level == std::vector<std::uint32_t>{2, 0, 1, 1});
  CHECK(table.axes[1].place[1] == 0);
  CHECK(table.axes[1].place[2] == doctest::Approx(1.0 / 3));
  CHECK(table.figures[0].title == "time.total (ms)");

  // A value that is missing makes texts of all, and many numbers are gathered.
  sweep.points[0].axes[1] = analysis::kNoAxisValue;
  CHECK(sweep::make_table(sweep, {}).axes[1].levels == Texts{"512 MiB", "1 GiB", "(none)"});
  std::vector<Row> many;
  for (int i = 0; i < 100; ++i) many.push_back({"k" + std::to_string(i), std::to_string(i + 1) + " ns", i, 1});
  const sweep::Table gathered = sweep::make_table(sweep_of(many), {});
  CHECK(gathered.axes[0].levels.size() == 24);
  CHECK(gathered.axes[0].levels.back() == "77 others");
  CHECK(gathered.axes[1].levels.size() == 10);
  CHECK(gathered.axes[1].labels.size() == 100);
}

TEST_CASE("sweep page: what a page of 5,000 points has") {
  const Sweep sweep = fixture(5000);
  const SweepContent content = sweep_page(sweep);
  Texts ids;
  for (const Section& section : content.sections) ids.push_back(section.id);
  CHECK(ids ==
        Texts{"verdict", "sweep-axes", "sweep-pairs", "sweep-trade-off", "sweep-points", "sweep-best", "sweep-failed"});
  for (const char* id : {"sweep-influence", "sweep-response", "sweep-heat-map-1", "sweep-heat-map-2",
                         "sweep-heat-map-3", "sweep-pareto", "sweep-parallel", "sweep-distribution"}) {
    CAPTURE(id);
    CHECK(find_chart(content, id) != nullptr);
  }
  std::size_t bytes = 0;
  for (const auto& [name, data] : content.datasets) bytes += Json(data.rows).dump().size();
  CHECK(bytes < 1'500'000);
  CHECK(content.datasets.at("points").rows.size() == 4989);
  CHECK(whole(content) == whole(sweep_page(sweep)));
  // The best comes last, so that it is drawn over the others.
  CHECK(content.datasets.at("points").rows.back()[1] == Json(1));
  CHECK(content.datasets.at("best").rows.front()[1] == Json(1));
  std::size_t counted = 0;
  for (const auto& row : content.datasets.at("distribution").rows) counted += row[3].get<std::size_t>();
  CHECK(counted == 4989);
}

TEST_CASE("sweep page: 60,000 points draw no more than 5,000 need") {
  const SweepContent content = sweep_page(fixture(60'000));
  const auto& rows = content.datasets.at("points").rows;
  CHECK(rows.size() >= 5000);
  CHECK(rows.size() <= 6001);
  CHECK(rows.back()[1] == Json(1));
  CHECK(rows.front()[1] == Json(60'000 - 60'000 / 417));
  CHECK(find_chart(content, "sweep-parallel")->description.find(" of 59,857 points: the best, and every so many") !=
        std::string::npos);
}

TEST_CASE("sweep page: every specification names data and fields that are there") {
  const SweepContent content = sweep_page(fixture(2000));
  const std::set<std::string> computed = {"column", "place"};
  for (const Section& section : content.sections) {
    for (const Chart& chart : section.charts) {
      CAPTURE(chart.id);
      REQUIRE(content.datasets.count(chart.dataset) == 1);
      std::set<std::string> fields = computed;
      walk(chart.spec, [&](const std::string& key, const Json& value) {
        if (key != "data") return;
        REQUIRE(content.datasets.count(value.at("name").get<std::string>()) == 1);
        const Dataset& data = content.datasets.at(value.at("name").get<std::string>());
        fields.insert(data.fields.begin(), data.fields.end());
      });
      walk(chart.spec, [&](const std::string& key, const Json& value) {
        if (key == "field") CHECK(fields.count(value.get<std::string>()) == 1);
        if (key == "fold" || key == "fields") {
          REQUIRE(value.is_array());
          for (const Json& field : value) CHECK(fields.count(field.get<std::string>()) == 1);
        }
      });
      const auto& known = content.datasets.at(chart.dataset).fields;
      for (const TableColumn& column : chart.columns) {
        CAPTURE(column.field);
        CHECK(std::count(known.begin(), known.end(), column.field) == 1);
      }
      CHECK_FALSE(chart.description.empty());
    }
  }
  for (const auto& [name, data] : content.datasets) {
    for (const auto& row : data.rows) REQUIRE(row.size() == data.fields.size());
  }
}

TEST_CASE("sweep page: hostile texts stay values and escaped") {
  const std::string evil = "</script><img src=x onerror=alert(1)>\\\"]+alert(1)+[\"\xE2\x80\xAE' & \x01";
  Sweep sweep = sweep_of({{evil, "1 GiB", 40, 8}, {"b", "1 GiB", 60, 4}, {"c", "2 GiB", 10, 16}, {"d", "2 GiB", 1, 1}});
  sweep.axes[0].values[0] = Json(evil).dump();
  sweep.axes[0].title = evil;
  sweep.axes[1].title = evil;
  sweep.meta["name"] = evil;
  fail(sweep, 3, evil + std::string(10'000, 'x'));
  const SweepContent content = sweep_page(sweep);
  for (const Section& section : content.sections) {
    CHECK(section.html.find("<img") == std::string::npos);
    CHECK(section.html.find("</script") == std::string::npos);
    for (const Chart& chart : section.charts) {
      const std::string spec = chart.spec.dump();
      for (const char* part : {"<", ">", "\\\\", "alert(1)>", "\xE2\x80\xAE", "\\\""}) {
        CAPTURE(part);
        // Comparisons of the program's own are all that may have a sign.
        const bool own = chart.id == "sweep-parallel" && std::string_view(part) == "<";
        CHECK((own || spec.find(part) == std::string::npos));
      }
    }
  }
  // Both axes have the same title; tooltips tell them apart.
  const sweep::Table table = sweep::make_table(sweep, {});
  CHECK(table.axes[0].title != table.axes[1].title);
  CHECK(sweep::safe_title("a.b_c (GiB)") == "a.b_c (GiB)");
  CHECK(sweep::safe_title("a\"b\\c\n\xC3\xA9") == "a_b_c___");
  CHECK(sweep::safe_title(std::string(100, 'a')) == std::string(45, 'a') + "...");
  CHECK(sweep::safe_title("") == "(no name)");
  // The text itself is still there to be read.
  CHECK(content.sections.front().html.find("&lt;/script&gt;") != std::string::npos);
  for (const auto& row : content.datasets.at("points").rows) {
    for (const Json& value : row) CHECK((!value.is_string() || value.get<std::string>().size() <= 40));
  }
}

TEST_CASE("sweep page: expressions are the program's") {
  const SweepContent content = sweep_page(fixture(1000));
  std::set<std::string> expressions;
  for (const Section& section : content.sections) {
    for (const Chart& chart : section.charts) {
      walk(chart.spec, [&](const std::string& key, const Json& value) {
        if ((key == "filter" || key == "test" || key == "expr" || key == "calculate") && value.is_string()) {
          expressions.insert(value.get<std::string>());
        }
      });
    }
  }
  for (const std::string& expression : expressions) {
    CAPTURE(expression);
    const bool known = expression == "datum.percent <= shown" || expression == "datum.strong === 1" ||
                       (expression.rfind("datum.axis == ", 0) == 0 && expression.size() == 15) ||
                       (expression.rfind("isValid(datum.place_", 0) == 0 && expression.size() == 48);
    CHECK(known);
  }
}

}  // namespace sweep_page_test
}  // namespace farfault::report
