#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "sim/core/error.h"
#include "sim/core/mix.h"
#include "sim/sweep/search/halving.h"

namespace farfault::sweep {
namespace search_test {

Outcome outcome_of(std::int64_t time, double other, std::uint64_t accesses) {
  Outcome out;
  out.figures["time.total"] = {Unit::kTime, time, ""};
  out.figures["other"] = {Unit::kRatio, other, ""};
  out.figures["accesses.total"] = {Unit::kCount, static_cast<std::int64_t>(accesses), ""};
  return out;
}

TEST_CASE("search: objectives are read") {
  CHECK(parse_objective("time.total").figure == "time.total");
  CHECK_FALSE(parse_objective("time.total").maximize);
  CHECK(parse_objective("-bandwidth").figure == "bandwidth");
  CHECK(parse_objective("-bandwidth").maximize);
  CHECK_THROWS_AS(parse_objective("-"), Error);
  CHECK_THROWS_AS(parse_objective(""), Error);
}

TEST_CASE("search: scores are signed and those of failed points none") {
  const std::vector<Objective> two = {{"time.total", false}, {"other", true}};
  CHECK(scores_of(outcome_of(7, 0.5, 1), two) == Scores{7, -0.5});
  Outcome failed = outcome_of(7, 0.5, 1);
  failed.failure = Failure::kTime;
  CHECK(scores_of(failed, two).empty());
  CHECK(scores_of(outcome_of(7, std::numeric_limits<double>::quiet_NaN(), 1), two).empty());
  CHECK(scores_of(outcome_of(7, 1, 1), {{"missing", false}}).empty());
}

TEST_CASE("search: one objective ranks by value and equals by order") {
  const std::vector<Scores> all = {{5}, {}, {3}, {5}, {1}};
  CHECK(ranked(all) == std::vector<std::size_t>{4, 2, 0, 3});
  CHECK(pareto_front(all) == std::vector<std::size_t>{4});
  CHECK(ranked({}).empty());
  CHECK(ranked({{}, {}}).empty());
}

TEST_CASE("search: the front of two objectives against all pairs") {
  std::vector<Scores> all;
  for (std::uint64_t i = 0; i < 300; ++i) {
    all.push_back({std::floor(unit_interval(i) * 20), std::floor(unit_interval(i + 1000) * 20)});
  }
  std::vector<std::size_t> expected;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool beaten =
        std::any_of(all.begin(), all.end(), [&](const Scores& other) { return dominates(other, all[i]); });
    if (!beaten) expected.push_back(i);
  }
  CHECK(pareto_front(all) == expected);
  // The front ranks first, its ends before its middle; all are there once.
  std::vector<std::size_t> order = ranked(all);
  std::vector<std::size_t> first(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(expected.size()));
  std::sort(first.begin(), first.end());
  CHECK(first == expected);
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(order[i] == i);
}

TEST_CASE("search: within a front the lonely come first") {
  // A line: 0 and 4 are the ends, 3 has wide gaps, 1 and 2 are close to others.
  const std::vector<Scores> all = {{0, 10}, {1, 9}, {2, 8}, {6, 4}, {10, 0}};
  const std::vector<std::size_t> order = ranked(all);
  CHECK(order[0] == 0);
  CHECK(order[1] == 4);
  CHECK(order[2] == 3);
}

TEST_CASE("search: shortfall is the factor that is missing") {
  CHECK(shortfall({{10, 1}}, {{10, 1}}) == 0);
  CHECK(shortfall({{11, 1}}, {{10, 1}}) == doctest::Approx(0.1));
  CHECK(shortfall({{11, 1}, {10, 2}}, {{10, 1}, {10, 2}}) == doctest::Approx(0.1));
  // More is better: 8 reached of 10.
  CHECK(shortfall({{-8}}, {{-10}}) == doctest::Approx(0.25));
  CHECK(std::isinf(shortfall({}, {{1}})));
  CHECK(std::isinf(shortfall({{1}}, {{0}})));
  CHECK(shortfall({{5}}, {}) == 0);
}

TEST_CASE("search: the budget decides how many rungs there are") {
  HalvingOptions options;
  options.least_prefix = 1000;
  options.budget = 27;
  // 27 points whole fit.
  CHECK(plan_halving(27, 1'000'000, options).rungs == 0);
  options.budget = 20;
  // 27 / 3 + 9 = 18.
  CHECK(plan_halving(27, 1'000'000, options).rungs == 1);
  options.budget = 9;
  // 27 / 9 + 9 / 3 + 3 = 9.
  CHECK(plan_halving(27, 1'000'000, options).rungs == 2);
  options.budget = 1;
  const HalvingPlan least = plan_halving(27, 9'500, options);
  CHECK(least.rungs == 2);  // a third rung would have less than 1000 accesses
  CHECK(least.points < 27);
  CHECK(least.points >= 1);
}

/// Made-up simulations: quality of a point shows the sooner the more of the trace ran.
class FakeRuns {
 public:
  explicit FakeRuns(std::size_t points) : points_(points) {}

  std::vector<Outcome> operator()(const std::vector<Trial>& trials) {
    std::vector<Outcome> out;
    for (const Trial& trial : trials) {
      const std::uint64_t accesses = trial.prefix.value_or(kLength);
      accesses_ += accesses;
      ++runs_[trial.position];
      const double noise = 0.2 * static_cast<double>(kLength - accesses) / kLength * unit_interval(trial.position);
      const double quality = 1 + static_cast<double>((trial.position * 37) % points_);
      out.push_back(outcome_of(static_cast<std::int64_t>(quality * (1 + noise) * static_cast<double>(accesses)),
                               1 / quality, accesses));
      if (failing_.contains(trial.position)) out.back().failure = Failure::kRun;
    }
    return out;
  }
  static constexpr std::uint64_t kLength = 900'000;
  std::size_t points_;
  std::uint64_t accesses_ = 0;
  std::map<std::size_t, int> runs_;
  std::map<std::size_t, bool> failing_;
};

std::size_t best_position(std::size_t points) {
  for (std::size_t i = 0;; ++i) {
    if ((i * 37) % points == 0 && i > 0) return i % points;
  }
}

TEST_CASE("search: finds the best within its budget and counts what it took") {
  constexpr std::size_t kPoints = 100;
  FakeRuns fake(kPoints);
  HalvingOptions options;
  options.objectives = {{"time.total", false}};
  options.budget = 25;
  const HalvingResult result = halve(std::vector<std::size_t>(kPoints, 0), options, std::ref(fake));
  REQUIRE(result.best.size() == 1);
  CHECK((result.best[0] * 37) % kPoints == 0);
  CHECK(result.considered == kPoints);
  CHECK(result.cost <= options.budget);
  CHECK(result.cost == doctest::Approx(static_cast<double>(fake.accesses_) / FakeRuns::kLength).epsilon(0.001));
  CHECK(result.rungs.front().share == 1);
  CHECK(result.rungs.back().share == 1);
  CHECK(result.rungs[1].points == kPoints);
  for (std::size_t i = 2; i < result.rungs.size(); ++i) CHECK(result.rungs[i].points < result.rungs[i - 1].points);
}

TEST_CASE("search: a point that fails goes out and the others go on") {
  constexpr std::size_t kPoints = 30;
  FakeRuns fake(kPoints);
  fake.failing_[best_position(kPoints)] = true;
  HalvingOptions options;
  options.objectives = {{"time.total", false}};
  options.budget = 10;
  std::vector<std::size_t> workloads(kPoints, 0);
  if (best_position(kPoints) == 0) return;
  const HalvingResult result = halve(workloads, options, std::ref(fake));
  CHECK(result.best[0] != best_position(kPoints));
  std::size_t failed = 0;
  for (const Rung& rung : result.rungs) failed += rung.failed;
  CHECK(failed == 1);
}

TEST_CASE("search: nothing to go by is an error and no crash") {
  FakeRuns fake(3);
  fake.failing_ = {{0, true}, {1, true}, {2, true}};
  HalvingOptions options;
  options.objectives = {{"time.total", false}};
  options.budget = 3;
  CHECK_THROWS_AS(halve({0, 0, 0}, options, std::ref(fake)), RunError);
  CHECK_THROWS_AS(halve({}, options, std::ref(fake)), RunError);
  FakeRuns other(3);
  options.objectives = {{"no.such", false}};
  CHECK_THROWS_AS(halve({0, 0, 0}, options, std::ref(other)), RunError);
}

TEST_CASE("search: several figures give a front of points that ran whole") {
  constexpr std::size_t kPoints = 60;
  FakeRuns fake(kPoints);
  HalvingOptions options;
  options.objectives = {{"time.total", false}, {"other", false}};  // each the better the worse the other is
  options.budget = 20;
  const HalvingResult result = halve(std::vector<std::size_t>(kPoints, 0), options, std::ref(fake));
  CHECK(result.best.size() == result.whole.size());
  CHECK(result.best.size() > 3);
  for (const std::size_t position : result.best) {
    CHECK(std::find(result.whole.begin(), result.whole.end(), position) != result.whole.end());
  }
}

TEST_CASE("search: each workload is measured once and prefixes follow its length") {
  std::vector<Trial> seen;
  const auto run = [&seen](const std::vector<Trial>& trials) {
    std::vector<Outcome> out;
    for (const Trial& trial : trials) {
      seen.push_back(trial);
      const std::uint64_t length = trial.position < 10 ? 100'000 : 1'000'000;
      out.push_back(outcome_of(static_cast<std::int64_t>(trial.position + 1), 0, trial.prefix.value_or(length)));
    }
    return out;
  };
  std::vector<std::size_t> workloads(20, 0);
  std::fill(workloads.begin() + 10, workloads.end(), 1);
  HalvingOptions options;
  options.objectives = {{"time.total", false}};
  options.budget = 12;
  options.least_prefix = 1000;
  halve(workloads, options, run);
  REQUIRE(seen.size() > 22);
  CHECK(seen[0].position == 0);
  CHECK(seen[1].position == 10);
  CHECK_FALSE(seen[1].prefix.has_value());
  CHECK(seen[2].prefix.value() * 10 == doctest::Approx(static_cast<double>(seen[12].prefix.value())).epsilon(0.01));
}

}  // namespace search_test
}  // namespace farfault::sweep
