#include "analysis/report/page.h"

#include <doctest/doctest.h>

#include <functional>
#include <regex>
#include <set>
#include <stdexcept>

#include "analysis/report/comparison_page.h"
#include "analysis/report/run_page.h"
#include "tests/unit/analysis/report/support.h"

namespace farfault::report {
namespace page_test {

const Web kWeb = {"body{}", "draw();", "MIT <license>"};

RunFolder full_run(const std::string& name, const std::string& link = "pcie", std::int64_t k = 1) {
  RunFolder out = small_run(name, link, k);
  out.timeline = parse_timeline(small_timeline_text(), "t");
  out.config =
      R"({"name":"x","platform":{"host":{"cpus":{"value":16,"source":"s"}}},"seed":)" + std::to_string(k) + "}";
  out.record =
      RunRecord{"abc", "g++", {"farfault", "run", "my file.json"}, "1", "trace", "0123", "2026-01-01T00:00:00Z", 1.5};
  return out;
}

/// A scenario of which every name means harm.
ScenarioResults hostile_scenario() {
  ScenarioResults out;
  out.heading = {kHostile, kHostile, kHostile, ""};
  for (int k = 1; k <= 3; ++k) {
    RunFolder run = full_run(kHostile + std::to_string(k), "pcie", k);
    // A timeline whose links and memories are named so too.
    run.timeline->series.emplace("link." + kHostile + ".to_device.demand",
                                 run.timeline->series.at("link.pcie.to_device.demand"));
    run.timeline->series.emplace("resident." + kHostile, run.timeline->series.at("resident.gpu0"));
    run.result.statistics.emplace("bytes.link." + kHostile + ".to_device", bytes_of(1'500'000));
    run.result.statistics.emplace("time.kernel." + kHostile, analysis::time_of(5));
    run.result.workload = kHostile;
    run.result.policies = {kHostile};
    run.result.notes = {kHostile};
    run.result.trace_unknown = {kHostile};
    run.result.assumptions = {{'/' + kHostile, kHostile, kHostile}};
    run.record->argv = {"farfault", kHostile};
    run.config = Json({{"x", kHostile.substr(0, 20) + std::to_string(k)}}).dump();
    out.columns.push_back({kHostile + std::to_string(k), std::move(run), {}});
  }
  out.columns.push_back({kHostile, std::nullopt, kHostile});
  out.beyond_threshold = {kHostile};
  return out;
}

std::vector<SensitivityResults> hostile_sensitivity() {
  SensitivityResults out;
  out.scenario = kHostile;
  out.figure = "time.total";
  out.columns = {kHostile + "1", kHostile + "2"};
  out.ratios = {1.0, 2.0};
  out.parameters = {{'/' + kHostile, 0.3, {1.0, 1.5}, {1.0, 2.5}}};
  out.order_changes = {{'/' + kHostile, "/2", kHostile + "1", kHostile + "2"}};
  return {out};
}

std::vector<Page> hostile_pages() {
  std::vector<Page> out = {make_run_page(*hostile_scenario().columns.front().run),
                           make_comparison_page({hostile_scenario()}, hostile_sensitivity()),
                           make_comparison_page({hostile_scenario(), hostile_scenario()}, hostile_sensitivity())};
  ScenarioResults set_up = hostile_scenario();
  set_up.heading.memory = "16 GiB";
  ScenarioResults larger = set_up;
  larger.heading.memory = "1 TiB";
  out.push_back(make_comparison_page({set_up, larger}));
  return out;
}

void walk(const Json& json, const std::function<void(const std::string& key, const Json& value)>& visit,
          const std::string& key = {}) {
  visit(key, json);
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) walk(value, visit, name);
  } else if (json.is_array()) {
    for (const Json& value : json) walk(value, visit, key);
  }
}

TEST_CASE("report: no name of a user is in a specification, an identifier or a field") {
  for (const Page& page : hostile_pages()) {
    std::size_t charts = 0;
    for (const Section& section : page.sections) {
      for (const Chart& chart : section.charts) {
        ++charts;
        INFO(chart.id);
        CHECK(chart.id.find(kHostileMark) == std::string::npos);
        walk(finished_spec(chart, page.datasets), [&](const std::string& key, const Json& value) {
          CHECK(key.find(kHostileMark) == std::string::npos);
          if (value.is_string()) CHECK(value.get<std::string>().find(kHostileMark) == std::string::npos);
          // Data are named, never within.
          if (key == "data" && value.is_object()) {
            CHECK(value.contains("name"));
            CHECK(page.datasets.count(value["name"].get<std::string>()) == 1);
          }
        });
      }
    }
    CHECK(charts > 0);
    for (const auto& [name, dataset] : page.datasets) {
      CHECK(name.find(kHostileMark) == std::string::npos);
      for (const std::string& field : dataset.fields) CHECK(std::regex_match(field, std::regex("[a-z_]+")));
      for (const std::vector<Json>& row : dataset.rows) CHECK(row.size() == dataset.fields.size());
    }
  }
}

TEST_CASE("report: no name of a user is markup") {
  for (const Page& page : hostile_pages()) {
    const std::string text = html(page, kWeb);
    CHECK(text.find("<img") == std::string::npos);
    CHECK(text.substr(0, text.find("<script")).find("onerror=alert(1)>") == std::string::npos);
    // The page's own scripts and no other: the data, and what draws them.
    std::size_t scripts = 0;
    for (std::size_t at = text.find("<script"); at != std::string::npos; at = text.find("<script", at + 1)) ++scripts;
    CHECK(scripts == 2);
    std::size_t ends = 0;
    for (std::size_t at = text.find("</script"); at != std::string::npos; at = text.find("</script", at + 1)) ++ends;
    CHECK(ends == 2);
    CHECK(text.find('\xFF') == std::string::npos);
    CHECK(text.find('\x1B') == std::string::npos);
  }
}

TEST_CASE("report: names of ten thousand characters do not make a page large") {
  ScenarioResults scenario = hostile_scenario();
  const std::size_t before = html(make_comparison_page({scenario}), kWeb).size();
  for (ReportColumn& column : scenario.columns) column.name += std::string(10'000, 'w');
  const std::size_t after = html(make_comparison_page({scenario}), kWeb).size();
  CHECK(after < before + 2'000'000);
}

TEST_CASE("report: identifiers of a page are there once, and links lead somewhere") {
  for (const Page& page : hostile_pages()) {
    const std::string text = html(page, kWeb);
    const std::string markup = text.substr(0, text.find("<script"));
    std::set<std::string> ids;
    const std::regex id(" id=\"([^\"]*)\"");
    for (auto it = std::sregex_iterator(markup.begin(), markup.end(), id); it != std::sregex_iterator(); ++it) {
      CHECK(ids.insert((*it)[1]).second);
    }
    const std::regex link("href=\"#([^\"]*)\"");
    for (auto it = std::sregex_iterator(markup.begin(), markup.end(), link); it != std::sregex_iterator(); ++it) {
      CHECK(ids.count((*it)[1]) == 1);
    }
    CHECK(ids.count("verdict") == 1);
    CHECK(ids.count("contents") == 1);
  }
}

TEST_CASE("report: the same results give the same bytes") {
  const RunFolder run = full_run("x");
  CHECK(html(make_run_page(run), kWeb) == html(make_run_page(run), kWeb));
  CHECK(figures_json(make_comparison_page({hostile_scenario()})) ==
        figures_json(make_comparison_page({hostile_scenario()})));
}

TEST_CASE("report: a page without the scripts has its texts and says what is missing") {
  const std::string text = html(make_run_page(full_run("x")), {});
  CHECK(text.find("written without the scripts that draw its charts") != std::string::npos);
  CHECK(text.find("took 1 ms of simulated time") != std::string::npos);
  CHECK(text.find("<script") == std::string::npos);
  CHECK(text.find("report-data") == std::string::npos);
  CHECK(text.find("farfault run &#39;my file.json&#39;") != std::string::npos);
}

TEST_CASE("report: what is not there is said, with how to get it") {
  RunFolder run = small_run("x");
  const std::string text = html(make_run_page(run), kWeb);
  CHECK(text.find("There is no timeline.json beside the results: run again without --no-timeline") !=
        std::string::npos);
  CHECK(text.find("there is no run.json beside the results") != std::string::npos);
  CHECK(text.find("There is no config.resolved.json") != std::string::npos);
}

TEST_CASE("report: charts have what the page's script and figures need") {
  const Page page = make_run_page(full_run("x"));
  const Json figures = Json::parse(figures_json(page));
  std::size_t charts = 0;
  for (const Section& section : page.sections) {
    for (const Chart& chart : section.charts) {
      ++charts;
      const Json& spec = figures["charts"][chart.id];
      CHECK(spec["usermeta"]["figure"]["width"] == 760);
      CHECK(spec["usermeta"]["table"]["dataset"] == chart.dataset);
      const std::vector<std::string>& fields = page.datasets.at(chart.dataset).fields;
      CHECK_FALSE(chart.columns.empty());
      for (const TableColumn& column : chart.columns)
        CHECK(std::find(fields.begin(), fields.end(), column.field) != fields.end());
      CHECK_FALSE(chart.description.empty());
      CHECK(chart.description.ends_with('.'));
    }
  }
  CHECK(charts == figures["charts"].size());
  CHECK(charts > 10);
}

TEST_CASE("report: a page that contradicts itself is refused") {
  Page page;
  page.sections = {{"a", "A", "", {}}, {"a", "B", "", {}}};
  CHECK_THROWS_AS(html(page, kWeb), std::logic_error);
  page.sections = {{"A b", "A", "", {}}};
  CHECK_THROWS_AS(html(page, kWeb), std::logic_error);
  Chart chart;
  chart.id = "x";
  chart.dataset = "missing";
  page.sections = {{"a", "A", "", {chart}}};
  CHECK_THROWS_AS(html(page, kWeb), std::logic_error);
}

}  // namespace page_test
}  // namespace farfault::report
