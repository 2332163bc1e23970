#include "analysis/compare.h"

#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "analysis/assumed.h"
#include "analysis/comparison_json.h"
#include "analysis/pattern.h"
#include "sim/core/error.h"
#include "tests/unit/analysis/results.h"

namespace farfault::analysis {
namespace compare_test {

std::int64_t integer(const std::optional<Number>& number) {
  REQUIRE(number);
  return std::get<std::int64_t>(*number);
}

const Component& component(const Comparison& comparison, const std::string& name) {
  for (const Component& c : comparison.components) {
    if (c.name == name) return c;
  }
  FAIL("no component " << name);
  return comparison.components.front();
}

/// Two designs of which every component has figures.
Comparison two_designs() {
  const auto figures = [](std::int64_t k) {
    return Figures{{"time.total", time_of(100'000 * k)},
                   {"metadata.setup_time", time_of(7'000 + k)},
                   {"metadata.lookup_time", time_of(10 * k)},
                   {"driver.time.batch", time_of(100 * k)},
                   {"driver.time.page", time_of(3 * k)},
                   {"driver.time.kernel", time_of(999)},
                   {"driver.time.total", time_of(1'102)},
                   {"kernel.to_device.calls", count_of(5)},
                   {"kernel.to_device.total", time_of(42 * k)},
                   {"kernel.to_device.collect", time_of(40 * k)},
                   {"kernel.to_host.install", time_of(2 * k)},
                   {"kernel.op.gup.time", time_of(6)},
                   {"kernel.op.gup.calls", count_of(6)},
                   {"kernel.pmem.gup.time", time_of(4 * k)},
                   {"kernel.op.fork.time", time_of(11)},
                   {"dma.gpu0.to_device.busy", time_of(500 * k)},
                   {"dma.gpu1.to_host.busy", time_of(50)},
                   {"dma.gpu1.to_host.jobs", count_of(50)},
                   {"staging.time", time_of(8 * k)},
                   {"time.device.remote", time_of(1)},
                   {"time.device.stall", time_of(70'000)}};
  };
  return compare({column("old", figures(1)), column("new", figures(3))});
}

TEST_CASE("analysis: patterns") {
  CHECK(matches("kernel.*", "kernel.to_device.calls"));
  CHECK(matches("bytes.link.*.to_host", "bytes.link.pcie.to_host"));
  CHECK_FALSE(matches("bytes.link.*.to_host", "bytes.link.pcie.to_host.demand"));
  CHECK(matches("*", ""));
  CHECK(matches("a*b*c?", "a--b-b-cd"));
  CHECK_FALSE(matches("a*b*c?", "a--b-b-c"));
  CHECK_FALSE(matches("", "a"));
  CHECK_FALSE(matches("time.total", "time.total.more"));
}

TEST_CASE("analysis: values have ratio and difference to the first column") {
  const Comparison comparison = compare({column("a", {{"x", count_of(8)}, {"y", count_of(0)}, {"z", ratio_of(0.5)}}),
                                         column("b", {{"x", count_of(10)}, {"y", count_of(3)}}),
                                         {"c", std::nullopt, "out of memory"},
                                         column("d", {{"x", count_of(8)}, {"y", count_of(0)}, {"only", count_of(1)}})});
  const Row* const x = find_row(comparison, "x");
  REQUIRE(x != nullptr);
  REQUIRE(x->cells.size() == 4);
  CHECK(integer(x->cells[0].value) == 8);
  CHECK(x->cells[1].ratio == 1.25);
  CHECK(integer(x->cells[1].difference) == 2);
  CHECK_FALSE(x->cells[2].value);
  CHECK(x->cells[3].ratio == 1.0);
  const Row* const y = find_row(comparison, "y");
  CHECK_FALSE(y->cells[1].ratio);  // of nothing
  CHECK(integer(y->cells[1].difference) == 3);
  CHECK(y->cells[3].ratio == 1.0);
  CHECK_FALSE(find_row(comparison, "z")->cells[1].value);
  CHECK_FALSE(find_row(comparison, "only")->cells[3].ratio);
  CHECK(find_row(comparison, "w") == nullptr);
}

TEST_CASE("analysis: differences stay exact and do not wrap") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(std::get<std::int64_t>(difference(kMost, kMost - 1)) == 1);
  CHECK(as_double(difference(kMost, std::int64_t{-2})) == doctest::Approx(9.22e18).epsilon(0.001));
  CHECK(ratio(kMost, kMost) == 1.0);
  CHECK_FALSE(ratio(std::numeric_limits<double>::quiet_NaN(), 1.0));
}

TEST_CASE("analysis: a figure in two units is refused") {
  CHECK_THROWS_AS(compare({column("a", {{"x", count_of(1)}}), column("b", {{"x", time_of(1)}})}), InputError);
}

TEST_CASE("analysis: rows come in the order of the patterns and without zeros") {
  const Comparison comparison = compare({column("a", {{"b", count_of(1)}, {"a.x", count_of(2)}, {"a.y", count_of(0)}}),
                                         column("b", {{"b", count_of(1)}, {"a.y", count_of(0)}})});
  std::vector<std::string> names;
  for (const Row* row : select_rows(comparison, {"b", "a.*", "*"}, false)) names.push_back(row->name);
  CHECK(names == std::vector<std::string>{"b", "a.x"});
  CHECK(select_rows(comparison, {"a.*"}, true).size() == 2);
  CHECK(select_rows(comparison, {"c"}, true).empty());
}

TEST_CASE("analysis: components are the sums of their figures") {
  const Comparison comparison = two_designs();
  const std::map<std::string, std::pair<std::int64_t, std::int64_t>> wanted = {
      {"set-up", {7'001, 7'003}},     {"metadata", {10, 30}},   {"fault path", {103, 309}},
      {"migration steps", {42, 126}}, {"GUP", {10, 18}},        {"other kernel work", {11, 11}},
      {"copies", {550, 1'550}},       {"reachability", {9, 25}}};
  for (const auto& [name, values] : wanted) {
    CAPTURE(name);
    CHECK(integer(component(comparison, name).cells[0].value) == values.first);
    CHECK(integer(component(comparison, name).cells[1].value) == values.second);
    CHECK(integer(component(comparison, name).cells[1].difference) == values.second - values.first);
  }
}

TEST_CASE("analysis: components and the rest add up to the time") {
  const Comparison comparison = two_designs();
  for (std::size_t i = 0; i < 2; ++i) {
    std::int64_t sum = 0;
    std::int64_t changes = 0;
    for (const Component& c : comparison.components) {
      if (c.when != When::kDuring) continue;
      sum += integer(c.cells[i].value);
      changes += integer(c.cells[i].difference);
    }
    const Row* const total = find_row(comparison, "time.total");
    CHECK(sum == integer(total->cells[i].value));
    CHECK(changes == integer(total->cells[i].difference));
  }
}

TEST_CASE("analysis: a result without a component's figures has no value of it") {
  const Comparison comparison = compare({column("a", {{"time.total", time_of(5)}})});
  CHECK_FALSE(component(comparison, "GUP").cells[0].value);
  CHECK(integer(component(comparison, "rest").cells[0].value) == 5);
}

TEST_CASE("analysis: a sentence says how much and from where") {
  const std::vector<std::string> words = in_words(two_designs());
  REQUIRE(words.size() == 1);
  CHECK(words[0].starts_with("new takes 3.00x the time of old (+200 ns): +199 ns rest, +1 ns copies"));
  CHECK(words[0].find("; within these +20 ps metadata; before the run +2 ps set-up") != std::string::npos);
  const Column a = column("a", {{"time.total", time_of(5)}});
  CHECK(in_words(compare({a, {"b", std::nullopt, "killed"}})) == std::vector<std::string>{"b failed: killed"});
  CHECK(in_words(compare({a, a})) == std::vector<std::string>{"a takes exactly the time of a"});
}

TEST_CASE("analysis: figures that rest on assumptions are marked") {
  const std::vector<RestsOn> price = {{"/design/to_device/collect/page", "300 ns", "assumption"}};
  const std::vector<RestsOn> bits = {{"/kernel/physical_bits", "46", "assumption"}};
  const std::vector<RestsOn> page = {{"/design/struct_page", "64 B", "assumption"}};
  CHECK_FALSE(rests_on_assumptions("time.total", {}));
  for (const char* figure : {"time.total", "faults.device.raised", "metadata.setup_time", "metadata.lookups"}) {
    CHECK(rests_on_assumptions(figure, price));
    CHECK(rests_on_assumptions(figure, bits));
  }
  for (const char* figure : {"metadata.tree_bytes", "metadata.struct_page_bytes", "metadata.tree_entries"}) {
    CHECK_FALSE(rests_on_assumptions(figure, price));
  }
  CHECK(rests_on_assumptions("metadata.tree_height", bits));
  CHECK_FALSE(rests_on_assumptions("metadata.struct_page_bytes", bits));
  CHECK(rests_on_assumptions("metadata.struct_page_bytes", page));
  const Comparison comparison =
      compare({column("a", {{"time.total", time_of(1)}}), column("b", {{"time.total", time_of(1)}}, price)});
  CHECK(find_row(comparison, "time.total")->assumed);
}

TEST_CASE("analysis: the footer counts assumptions once and says where they are") {
  const std::vector<RestsOn> a = {{"/design/a", "1", "assumption"}, {"/kernel/b", "1", "assumption"}};
  const std::vector<RestsOn> b = {{"/design/a", "2", "assumption"}, {"/design/c", "1", "assumption"}};
  CHECK(assumptions_footer({&a, &b}, "look") ==
        "* rests on 3 assumptions, values that nobody measured: 2 under /design, 1 under /kernel. To list them: look");
  const std::vector<RestsOn> none;
  CHECK(assumptions_footer({&none}, "look").empty());
}

TEST_CASE("analysis: numbers read well") {
  CHECK(short_text(Unit::kTime, std::int64_t{12'400'000}) == "12.4 us");
  CHECK(signed_text(Unit::kTime, std::int64_t{-3'100'000'000}) == "-3.1 ms");
  CHECK(signed_text(Unit::kCount, std::int64_t{1'234}) == "+1,234");
  CHECK(signed_text(Unit::kBytes, std::int64_t{0}) == "0");
  CHECK(short_text(Unit::kTime, std::numeric_limits<std::int64_t>::min()).starts_with('-'));
  CHECK(short_text(Unit::kRatio, std::numeric_limits<double>::infinity()) == "-");
  CHECK(ratio_text(1) == "1.00x");
  CHECK(ratio_text(1.0003) == "1.0003x");
  CHECK(ratio_text(12.345) == "12.35x");
  CHECK(ratio_text(123.4) == "123x");
}

TEST_CASE("analysis: JSON and CSV are exact") {
  Titled titled{{"s", "why?", "random", ""}, two_designs(), {}, {}};
  const auto json = nlohmann::json::parse(comparisons_json("designs", {titled}));
  CHECK(json["schema"] == kComparisonSchema);
  CHECK(json["comparisons"][0]["columns"][1]["name"] == "new");
  for (const auto& figure : json["comparisons"][0]["figures"]) {
    if (figure["name"] != "time.total") continue;
    CHECK(figure["values"] == nlohmann::json({100'000, 300'000}));
    CHECK(figure["ratios"] == nlohmann::json({1.0, 3.0}));
    CHECK(figure["differences"] == nlohmann::json({0, 200'000}));
  }
  titled.patterns = {"time.total"};
  const std::string csv = comparisons_csv({titled});
  CHECK(csv.find("s,,time.total,ps,new,300000,3,200000,false,a time\n") != std::string::npos);
  CHECK(csv.find("s,,attribution.copies,ps,new,1550,") != std::string::npos);
  CHECK(csv.find("staging.time") == std::string::npos);
}

}  // namespace compare_test
}  // namespace farfault::analysis
