#include "sim/sweep/plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/json_reader.h"
#include "sim/core/content_hash.h"
#include "sim/replay/results.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/plan/range.h"
#include "sim/sweep/plan_json.h"

namespace farfault::sweep {
namespace plan_test {

const Catalogue& shipped() {
  static const Catalogue catalogue = make_catalogue();
  return catalogue;
}

const ConfigPaths kPaths{"configs"};

constexpr const char* kBase = R"("base": {"workload": {"generator": {"kind": "zipf", "footprint": "1 MiB"}}})";

/// A sweep over a small scenario, with `more` as further members.
std::string sweep_text(const std::string& more) { return "{" + std::string(kBase) + ", " + more + "}"; }

Plan planned(const std::string& more, const std::vector<std::string>& sets = {}, const PlanOptions& options = {}) {
  return load_sweep_text(sweep_text(more), "s.json", ".", sets, kPaths, shipped(), options);
}

/// What planning reports.
std::string problems(const std::string& text, const std::vector<std::string>& sets = {}) {
  try {
    load_sweep_text(text, "s.json", ".", sets, kPaths, shipped());
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

/// Each point as "2|\"lru\"", in order.
std::vector<std::string> points(const Plan& plan) {
  std::vector<std::string> out;
  for (const Point& point : plan.points) {
    std::string text;
    for (const std::string& axis : point.axes) text += '|' + axis;
    out.push_back(text.substr(1));
  }
  return out;
}

using Texts = std::vector<std::string>;

bool contains(const std::string& text, const std::string& part) {
  INFO(text, "\nhas no ", part);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

TEST_CASE("sweep: axes are crossed in the order of the file and the last goes fastest") {
  const Plan plan = planned(R"("name": "n", "description": "d", "figures": ["time.*"],
    "axes": {"seed": [3, 1], "policy.eviction.kind": ["lru", "fifo"], "replay.detail": ["pages"]})");
  CHECK(plan.name == "n");
  CHECK(plan.description == "d");
  CHECK(plan.figures == Texts{"time.*"});
  REQUIRE(plan.axes.size() == 3);
  CHECK(plan.axes[1].path == "policy.eviction.kind");
  CHECK(points(plan) ==
        Texts{R"(3|"lru"|"pages")", R"(3|"fifo"|"pages")", R"(1|"lru"|"pages")", R"(1|"fifo"|"pages")"});
  CHECK(plan.points[1].sets == Texts{"seed=3", "replay.detail=pages", "policy.eviction.kind=fifo"});
  CHECK(plan.points[3].position == 3);
  CHECK(planned(R"("axes": {"seed": [1]})").name == "s");
}

TEST_CASE("sweep: axes in step count as one of the product") {
  const Plan plan = planned(R"("axes": {"seed": [1, 2]},
    "zip": [{"replay.quantum": [10, 20], "replay.quantum_time": {"from": "1 us", "to": "2 us", "steps": 2}},
            {"policy.eviction.kind": ["lru"]}])");
  CHECK(points(plan) ==
        Texts{R"(1|10|"1 us"|"lru")", R"(1|20|"2 us"|"lru")", R"(2|10|"1 us"|"lru")", R"(2|20|"2 us"|"lru")"});
}

TEST_CASE("sweep: values may have names which points then tell") {
  const Plan plan = planned(R"("axes": {"workload.generator": {"title": "accesses", "values": {
    "small": {"kind": "zipf", "footprint": "1 MiB"}, "large": {"kind": "sequential", "footprint": "2 MiB"}}}},
    "points": [{"workload.generator": "large", "seed": 9}])");
  CHECK(plan.axes[0].title == "accesses");
  CHECK(points(plan) == Texts{R"("small"|)", R"("large"|)", R"("large"|9)"});
  CHECK(plan.points[2].sets == Texts{"seed=9", R"(workload.generator={"kind": "sequential", "footprint": "2 MiB"})"});
  CHECK(point_text(plan.axes, plan.points[2]) == "workload.generator=large, seed=9");
}

TEST_CASE("sweep: conditions leave points out of the product") {
  const std::string axes = R"("axes": {"seed": [1, 2, 3], "memory.device_capacity": ["1 MiB", "2 MiB"]}, )";
  CHECK(points(planned(axes + R"("exclude": [{"seed": 1}, {"seed": [2, 3], "memory.device_capacity": "2048 KiB"}])")) ==
        Texts{R"(2|"1 MiB")", R"(3|"1 MiB")"});
  CHECK(points(planned(axes + R"("only": [{"seed": {"min": 2}, "memory.device_capacity": {"max": "1.5 MiB"}},
                                          {"seed": {"max": 1, "min": 1}}])")) ==
        Texts{R"(1|"1 MiB")", R"(1|"2 MiB")", R"(2|"1 MiB")", R"(3|"1 MiB")"});
  CHECK(points(planned(axes + R"("only": [{"seed": [1, 2]}], "exclude": [{"seed": 1}])")).size() == 2);
  contains(problems(sweep_text(axes + R"("exclude": [{"seed": [1, 2, 3]}])")), "the conditions leave no point");
}

TEST_CASE("sweep: explicit points come after the product and may leave axes out") {
  const std::string axes = R"("axes": {"seed": [2, 3]}, "exclude": [{"seed": 3}], )";
  // The second is the product's own, the third is what a condition left out, and the fourth is there twice.
  const Plan plan =
      planned(axes + R"("points": [{}, {"seed": 2}, {"seed": 3}, {"replay.quantum": 7}, {"replay.quantum": 7}])");
  CHECK(points(plan) == Texts{"2|", "|", "3|", "|7"});
  CHECK(plan.points[1].sets.empty());
  CHECK(point_text(plan.axes, plan.points[1]) == "the base as it is");
  CHECK(points(planned(R"("points": [{"seed": 2}, {"replay.quantum": 7}])")) == Texts{"2|", "|7"});
}

TEST_CASE("sweep: the whole of something is set before its parts and the user's values last") {
  const Plan plan = planned(R"("set": {"replay.quantum": 50, "seed": "7"},
    "axes": {"workload.generator.footprint": ["1 MiB"], "workload": [{"generator": {"kind": "zipf"}}], "seed": [1]})",
                            {"replay.quantum=60"});
  CHECK(plan.points[0].sets == Texts{"replay.quantum=50", R"(seed="7")", R"(workload={"generator": {"kind": "zipf"}})",
                                     "seed=1", "workload.generator.footprint=1 MiB", "replay.quantum=60"});
  CHECK(load_point(plan.base, plan.points[0], kPaths, shipped()).replay.quantum == 60);
}

TEST_CASE("sweep: a point is the scenario that --set makes of the base") {
  const Plan plan = planned(R"("axes": {"platform": ["ideal", "generic-pcie4"], "workload": [
    {"trace": "traces/samples/sort.fft"}, {"trace": "traces/samples/stream.fft"}, {"generator": "zipf"}]})");
  REQUIRE(plan.points.size() == 6);
  for (const Point& point : plan.points) {
    CAPTURE(point.position);
    const RunSpec spec =
        load_scenario_text(plan.base.text, plan.base.name, plan.base.folder, point.sets, kPaths, shipped());
    CHECK(point.config_hash == config_hash(spec));
    CHECK(point.trace.empty() == !spec.workload.trace.has_value());
    CHECK(point.trace_hash == (spec.workload.trace ? file_hash(*spec.workload.trace) : ""));
    CHECK(point.key == text_hash(point.config_hash + ' ' + point.trace_hash));
    CHECK(load_point(plan.base, point, kPaths, shipped()) == spec);
  }
  CHECK(std::filesystem::path(plan.points[0].trace).is_absolute());
  CHECK(std::filesystem::path(plan.base.folder).is_absolute());
}

TEST_CASE("sweep: ranges give these values") {
  const std::vector<std::pair<const char*, const char*>> ranges = {
      {R"({"from": 1, "to": 4, "steps": 4})", "1, 2, 3, 4"},
      {R"({"from": 1, "to": 64, "steps": 7, "scale": "log"})", "1, 2, 4, 8, 16, 32, 64"},
      {R"({"from": 1, "to": 64, "steps": 5, "scale": "log"})", "1, 3, 8, 23, 64"},
      {R"({"from": 1, "to": 10, "step": 3})", "1, 4, 7, 10"},
      {R"({"from": 1, "to": 12, "step": 3})", "1, 4, 7, 10"},
      {R"({"from": 3, "to": 100, "factor": 2})", "3, 6, 12, 24, 48, 96"},
      {R"({"from": 0, "to": 1, "step": 0.25})", "0, 0.25, 0.5, 0.75, 1"},
      {R"({"from": 0, "to": 0.7, "step": 0.1})", "0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7"},
      {R"({"from": 0.0, "to": 1.0, "steps": 4})", "0.0, 0.3333, 0.6667, 1.0"},
      {R"({"from": -1.5, "to": 1, "steps": 3})", "-1.5, -0.25, 1"},
      {R"({"from": 1000.5, "to": 1001.5, "steps": 3})", "1000.5, 1001, 1001.5"},
      {R"({"from": "1 GiB", "to": "64 GiB", "steps": 7, "scale": "log"})",
       R"("1 GiB", "2 GiB", "4 GiB", "8 GiB", "16 GiB", "32 GiB", "64 GiB")"},
      {R"({"from": "1 GiB", "to": "64 GiB", "factor": 4})", R"("1 GiB", "4 GiB", "16 GiB", "64 GiB")"},
      {R"({"from": "512 MiB", "to": "2 GiB", "steps": 4, "scale": "linear"})",
       R"("512 MiB", "1 GiB", "1.5 GiB", "2 GiB")"},
      {R"({"from": "1 GiB", "to": "2 GiB", "steps": 3, "scale": "log"})", R"("1 GiB", "1448 MiB", "2 GiB")"},
      {R"({"from": "1 GiB", "to": "2 GiB", "steps": 4})", R"("1 GiB", "1365.25 MiB", "1706.75 MiB", "2 GiB")"},
      {R"({"from": "1 GB", "to": "1000 GB", "steps": 4, "scale": "log"})", R"("1 GB", "10 GB", "100 GB", "1000 GB")"},
      {R"({"from": "1 us", "to": "1 ms", "steps": 7, "scale": "log"})",
       R"("1 us", "3.162 us", "10 us", "31.62 us", "100 us", "316.2 us", "1 ms")"},
      {R"({"from": "0 s", "to": "1 us", "step": "250 ns"})", R"("0 s", "250 ns", "500 ns", "750 ns", "1 us")"},
      {R"({"from": "8 GB/s", "to": "32 GB/s", "factor": 2})", R"("8 GB/s", "16 GB/s", "32 GB/s")"},
      {R"({"from": "25 % of footprint", "to": "100 % of footprint", "steps": 4})",
       R"("25 % of footprint", "50 % of footprint", "75 % of footprint", "100 % of footprint")"},
      {R"({"from": "10 %", "to": "35 %", "step": "12.5 %"})", R"("10 %", "22.5 %", "35 %")"},
      {R"({"from": "10 % of footprint", "to": "30 % of footprint", "step": "10 %"})",
       R"("10 % of footprint", "20 % of footprint", "30 % of footprint")"},
      {R"({"from": 18446744073709551613, "to": 18446744073709551615, "step": 1})",
       "18446744073709551613, 18446744073709551614, 18446744073709551615"},
      {R"({"from": 1, "to": 18446744073709551615, "steps": 3, "scale": "log"})", "1, 4294967296, 18446744073709551615"},
  };
  for (const auto& [range, wanted] : ranges) {
    CAPTURE(range);
    config::Diagnostics diagnostics;
    const auto node = config::parse_json(range, nullptr, diagnostics);
    REQUIRE(node);
    std::string got;
    for (const config::Node& value : range_values(*node, "", diagnostics)) {
      got += (got.empty() ? "" : ", ") + config::flat_json(value);
    }
    CHECK(got == wanted);
    CHECK(diagnostics.empty());
  }
}

TEST_CASE("sweep: what is wrong with a sweep is told with its place and a remedy") {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {R"("axes": 1)", "s.json:1: /axes: is a number, not an object; write {\"PATH\": ...}"},
      {R"("axes": {})", "s.json:1: varies nothing; add \"axes\": {\"PATH\": [VALUES]}"},
      {R"("axes": {"a=b": [1]})", R"(/axes/a=b: "a=b" is no path; write a path as --set has it)"},
      {R"("axes": {"a..b": [1]})", R"("a..b" is no path)"},
      {R"("axes": {"seed": []})", "/axes/seed: has no values; write at least one"},
      {R"("axes": {"seed": 1})", "/axes/seed: is a number, not the values of an axis"},
      {R"("axes": {"seed": [1, 2, 1]})", "/axes/seed/2: the value is there twice"},
      {R"("axes": {"seed": {"values": 3}})", "/axes/seed/values: is a number, not values"},
      {R"("axes": {"seed": {"values": [1], "titel": "x"}})", R"(unknown key "titel"; did you mean "title"?)"},
      {R"("axes": {"seed": {"values": [1], "title": ""}})", "/axes/seed/title: is no title"},
      {R"("axes": {"seed": {"from": 1}})", "is a range without \"to\""},
      {R"("axes": {"seed": {"to": 1}})", "is a range without \"from\""},
      {R"("axes": {"seed": {"from": 1, "to": 2}})", "is a range without a spacing"},
      {R"("axes": {"seed": {"from": 1, "to": 2, "steps": 2, "step": 1}})", "is a range with more than one spacing"},
      {R"("axes": {"seed": {"from": 2, "to": 1, "steps": 2}})", "1 is not above 2"},
      {R"("axes": {"seed": {"from": "1 s", "to": 2, "steps": 2}})", "2 is of another kind than \"1 s\""},
      {R"("axes": {"seed": {"from": "lru", "to": 2, "steps": 2}})", "\"lru\" is no number"},
      {R"("axes": {"seed": {"from": 1, "to": 2, "steps": 1}})", "write a whole number from 2 to"},
      {R"("axes": {"seed": {"from": 1, "to": 2, "step": 0}})", "0 is no step from 1"},
      {R"("axes": {"seed": {"from": 1, "to": 2, "factor": 1}})", "1 is no factor between values"},
      {R"("axes": {"seed": {"from": 1, "to": 2, "step": 1, "scale": "log"}})", "a step is linear"},
      {R"("axes": {"seed": {"from": 1, "to": 2, "steps": 2, "scale": "lin"}})", "\"lin\" is no scale"},
      {R"("axes": {"seed": {"from": 0, "to": 2, "steps": 2, "scale": "log"}})", "cannot begin at or below zero"},
      {R"("axes": {"seed": {"from": 1, "to": 3, "steps": 9}})", "has 1 twice once its values are rounded"},
      {R"("axes": {"seed": {"from": 0, "to": 1e9, "step": 1e-3}})", "is a range of more than"},
      {R"("zip": [{"seed": [1, 2], "replay.quantum": [3]}])", R"(has 1 values, and "seed" has 2)"},
      {R"("zip": [{"seed": [1, 1], "replay.quantum": [3, 3]}])", "the values of this step are there twice"},
      {R"("zip": [{}])", "/zip/0: holds no axes"},
      {R"("axes": {"seed": [1]}, "zip": [{"seed": [1]}])", "/zip/0/seed: \"seed\" is an axis already"},
      {R"("points": [3])", "/points/0: is a number, not a point"},
      {R"("axes": {"seed": [1]}, "exclude": [{}])", "/exclude/0: is no condition"},
      {R"("axes": {"seed": [1]}, "exclude": [{"sead": 1}])",
       R"("sead" is no axis of the product; did you mean "seed"?)"},
      {R"("axes": {"seed": [1]}, "only": [{"seed": [1, 2]}])", "/only/0/seed/1: the axis has no value 2; known: 1"},
      {R"("axes": {"seed": [1]}, "only": [{"seed": {"max": "1 s"}}])", "compares with no value of the axis"},
      {R"("axes": {"seed": [1]}, "figures": [""])", "/figures/0: is no figure"},
      {R"("axes": {"seed": [1]}, "axis": {})", "unknown key \"axis\"; did you mean \"axes\"?"},
      {R"("axes": {"seed": [1], "seed": [2]})", "the key is there twice"},
  };
  for (const auto& [more, wanted] : cases) contains(problems(sweep_text(more)), wanted);
  contains(problems("[]"), "s.json:1: is an array, not an object");
  contains(problems("{"), "s.json:1:");
  contains(problems(R"({"axes": {"seed": [1]}})"), "has no \"base\"");
  contains(problems(R"({"base": 3, "axes": {"seed": [1]}})"), "/base: is a number, not a scenario");
  contains(problems(R"({"base": "quickstrat", "axes": {"seed": [1]}})"),
           R"(no scenario of the name "quickstrat"; a path starts at the sweep's folder; did you mean "quickstart"?)");
}

TEST_CASE("sweep: what is wrong in many points is told once at the value that brings it about") {
  const std::string text = problems(sweep_text(R"("axes": {
    "policy.eviction.kind": ["lru", "lrru"],
    "seed": {"from": 1, "to": 6, "step": 1}, "kernel.pmem": {"values": {"a": {}, "b": {"p": {"gup_evry": 1}}}}},
    "set": {"replay.quantm": 5})"));
  CHECK(
      text ==
      "s.json:2: /axes/policy.eviction.kind/1: /policy/eviction/kind: unknown eviction policy \"lrru\" (in 12 points, "
      "the first: policy.eviction.kind=lrru, seed=1, kernel.pmem=a); did you mean \"lru\"? (farfault list eviction)\n"
      "s.json:3: /axes/kernel.pmem/values/b: /kernel/pmem/p/gup_evry: unknown key \"gup_evry\" (in 12 points, the "
      "first: policy.eviction.kind=lru, seed=1, kernel.pmem=b); did you mean \"gup_every\"?\n"
      "s.json:4: /set/replay.quantm: /replay/quantm: unknown key \"quantm\" (in all 24 points); did you mean "
      "\"quantum\"?");
  contains(problems(R"({"base": {"workload": {"generator": "zipf"}, "seeed": 1}, "axes": {"seed": [1, 2]}})"),
           "s.json: /base/seeed: unknown key \"seeed\" (in all 2 points); did you mean \"seed\"?");
  // More points than are looked at before the messages are full: they end there.
  contains(problems(sweep_text(R"("axes": {"policy.eviction.kind": [)" +
                               [] {
                                 std::string names;
                                 for (int i = 0; i < 2000; ++i)
                                   names += (i == 0 ? "\"no" : "\", \"no") + std::to_string(i);
                                 return names;
                               }() +
                               R"("]})")),
           "more problems are not shown");
}

TEST_CASE("sweep: two points that run the same are an error that names both") {
  CHECK(problems(sweep_text(R"("axes": {"memory.device_capacity": ["1 GiB", "1024 MiB"]})")) ==
        "s.json: two points are the same scenario: memory.device_capacity=1 GiB; and memory.device_capacity=1024 MiB; "
        "leave one out");
}

TEST_CASE("sweep: the user cannot set what is varied") {
  const std::string text = sweep_text(R"("axes": {"policy.eviction.kind": ["lru"], "replay.quantum": [3, 4]})");
  CHECK(problems(text, {"replay.quantum=5"}) ==
        "--set: \"replay.quantum\" is what the sweep varies; remove it, or change the sweep");
  CHECK(problems(text, {"replay={}"}) ==
        "--set: \"replay\" is what the sweep varies (\"replay.quantum\"); remove it, or change the sweep");
  contains(problems(text, {"replay"}), "\"replay\" is not an assignment");
  contains(problems(text, {"sead=1"}), "--set: /sead: unknown key \"sead\" (in all 2 points)");
  // A bundle is read before its parts are set.
  CHECK(problems(text, {"policy=uvm-default"}).empty());
  // A part of what an axis holds is not the axis.
  CHECK(problems(sweep_text(R"("axes": {"policy": ["uvm-default", "plain-lru"]})"), {"policy.prefetch=none"}).empty());
  contains(problems(sweep_text(R"("axes": {"policy": ["uvm-default", "plain-lru"]})"), {"policy.prefetch=non"}),
           "--set: /policy/prefetch");
}

TEST_CASE("sweep: bounds hold before memory is taken") {
  contains(problems(sweep_text(R"("axes": {"seed": {"from": 1, "to": 2000, "step": 1},
    "replay.quantum": {"from": 1, "to": 2000, "step": 1}})")),
           "/axes: makes more than 1,000,000 points; vary less");
  std::string many = R"("axes": {)";
  for (int i = 0; i < 64; ++i) {
    many += (i == 0 ? "\"a" : ", \"a") + std::to_string(i) + R"(": {"from": 1, "to": 1000, "step": 1})";
  }
  contains(problems(sweep_text(many + "}")), "makes more than 1,000,000 points");
  contains(problems(sweep_text(many + R"(, "b": [1]})")), "/axes/b: is one axis too many");
  const std::string text(20'000, 'x');
  contains(
      problems(sweep_text(R"("axes": {"seed": {"from": 1, "to": 100000, "step": 1}, "name": [")" + text + R"("]})")),
      "the values of all points take more than 1 GiB");
  CHECK(problems(sweep_text(R"("axes": {"seed": {"from": 1, "to": 1e9, "step": 1}})")).size() < 400);
}

TEST_CASE("sweep: threads do not change a plan nor its errors") {
  const std::string axes =
      R"("axes": {"seed": {"from": 1, "to": 60, "step": 1}, "policy.eviction.kind": ["lru", "fifo"]})";
  PlanOptions one;
  one.threads = 1;
  PlanOptions four;
  four.threads = 4;
  std::size_t last = 0;
  four.on_progress = [&last](std::size_t done, std::size_t of) {
    CHECK(done >= last);
    CHECK(of == 120);
    last = done;
  };
  CHECK(plan_json(planned(axes, {}, one)) == plan_json(planned(axes, {}, four)));
  CHECK(last == 120);
  const std::atomic<bool> stop = true;
  four.interrupted = &stop;
  CHECK_THROWS_AS(planned(axes, {}, four), Interrupted);
}

TEST_CASE("sweep: a given base stands in for the sweep's") {
  PlanOptions options;
  options.base = Base{R"({"workload": {"generator": "sequential"}, "seed": 5})", "other.json", "/"};
  const Plan plan = load_sweep_text(R"({"base": "gone.json", "axes": {"replay.quantum": [1, 2]}})", "s.json", ".", {},
                                    kPaths, shipped(), options);
  CHECK(plan.base.folder == "/");
  const RunSpec spec = load_point(plan.base, plan.points[1], kPaths, shipped());
  CHECK(spec.seed == 5);
  CHECK(spec.replay.quantum == 2);
}

TEST_CASE("sweep: a plan comes back from its text") {
  Plan plan = planned(R"("figures": ["a", "b*"], "axes": {"seed": [1, 2], "workload": [{"generator": "zipf"},
    {"trace": "traces/samples/sort.fft"}]}, "points": [{"replay.quantum": 3}])");
  plan.base.folder = "/no\xff utf-8";
  plan.points[1].trace = "\xfe";
  const std::string text = plan_json(plan);
  const Plan after = read_plan_json(text, "p.json");
  CHECK(after.name == plan.name);
  CHECK(after.text == plan.text);
  CHECK(after.base.text == plan.base.text);
  CHECK(after.base.folder == plan.base.folder);
  CHECK(after.figures == plan.figures);
  CHECK(after.axes[2].path == "replay.quantum");
  REQUIRE(after.points.size() == plan.points.size());
  for (std::size_t i = 0; i < plan.points.size(); ++i) {
    CAPTURE(i);
    CHECK(after.points[i].position == i);
    CHECK(after.points[i].key == plan.points[i].key);
    CHECK(after.points[i].axes == plan.points[i].axes);
    CHECK(after.points[i].sets == plan.points[i].sets);
    CHECK(after.points[i].config_hash == plan.points[i].config_hash);
    CHECK(after.points[i].trace == plan.points[i].trace);
    CHECK(after.points[i].trace_hash == plan.points[i].trace_hash);
  }
  CHECK(plan_json(after) == text);
}

TEST_CASE("sweep: a text that is no plan is an error and no crash") {
  const std::string text = plan_json(planned(R"("axes": {"seed": [1, 2]})"));
  for (std::size_t size = 0; size + 2 < text.size(); size += 7) {
    CHECK_THROWS_AS(read_plan_json(std::string_view(text).substr(0, size), "p.json"), InputError);
  }
  const auto broken = [&text](const std::string& from, const std::string& to) {
    std::string out = text;
    const std::size_t at = out.find(from);
    REQUIRE(at != std::string::npos);
    return out.replace(at, from.size(), to);
  };
  CHECK_THROWS_WITH_AS(
      read_plan_json(broken("\"farfault_plan\": 1", "\"farfault_plan\": 2"), "p.json"),
      "p.json: is no plan of a sweep: it is of another version of farfault; start the sweep again from "
      "its config",
      InputError);
  CHECK_THROWS_AS(read_plan_json(broken("\"figures\"", "\"figure\""), "p.json"), InputError);
  CHECK_THROWS_AS(read_plan_json(broken(",[2]", ",[999]"), "p.json"), InputError);
  CHECK_THROWS_AS(read_plan_json(broken(",[2]", ",[-1]"), "p.json"), InputError);
  CHECK_THROWS_AS(read_plan_json(broken(",[2]", ",[\"2\"]"), "p.json"), InputError);
  CHECK_THROWS_AS(read_plan_json(broken("\"name\": \"s\"", "\"name\": {\"bytes\": \"0\"}"), "p.json"), InputError);
  CHECK_THROWS_AS(read_plan_json("null", "p.json"), InputError);
}

TEST_CASE("sweep: every shipped sweep can be planned") {
  const std::vector<std::string> names = config_names("sweeps", kPaths);
  CHECK(names.size() >= 5);
  for (const std::string& name : names) {
    CAPTURE(name);
    Plan plan;
    CHECK_NOTHROW(plan = load_sweep(name, {}, kPaths, shipped()));
    CHECK(plan.name == name);
    CHECK(!plan.description.empty());
    CHECK(plan.points.size() > 10);
  }
  CHECK_THROWS_WITH_AS(
      load_sweep("quantm", {}, kPaths, shipped()),
      "quantm: no such file, and no sweep of this name; did you mean \"quantum\"? (farfault list sweeps)", InputError);
}

}  // namespace plan_test
}  // namespace farfault::sweep
