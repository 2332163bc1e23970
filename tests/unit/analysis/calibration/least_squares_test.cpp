#include "analysis/calibration/least_squares.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

namespace farfault::analysis::calibration {
namespace least_squares_test {

constexpr double kFree = -std::numeric_limits<double>::infinity();

LinearProblem line_through(const std::vector<std::pair<double, double>>& points) {
  LinearProblem out;
  for (const auto& [x, y] : points) out.add({1, x}, y, 1 / (y * y));
  out.lower = {0, 0};
  return out;
}

TEST_CASE("least squares: points of a line give the line back") {
  LinearProblem problem;
  // Columns of very different sizes, as bytes and set-up times are.
  for (const double x : {4096.0, 61440.0, 1048576.0, 8388608.0}) problem.add({1, x}, 8.5e-7 + x * 8.1e-11, 1e12);
  problem.lower = {0, 0};
  const Fit fit = solve(problem);
  CHECK(fit.value[0] == doctest::Approx(8.5e-7).epsilon(1e-9));
  CHECK(fit.value[1] == doctest::Approx(8.1e-11).epsilon(1e-9));
  CHECK(fit.squares < 1e-20);
  REQUIRE(fit.half_width[0].has_value());
  CHECK(*fit.half_width[0] < 1e-12);
}

TEST_CASE("least squares: weights say which point counts") {
  LinearProblem problem;
  problem.add({1}, 1, 3);
  problem.add({1}, 5, 1);
  problem.lower = {0};
  CHECK(solve(problem).value[0] == doctest::Approx(2));
}

TEST_CASE("least squares: what would be negative is zero and the rest is fitted without it") {
  const LinearProblem problem = line_through({{1, 1}, {2, 4}, {3, 7}});  // 3 x - 2
  const Fit fit = solve(problem);
  CHECK(fit.value[0] == 0);
  CHECK(fit.at_bound[0]);
  CHECK_FALSE(fit.half_width[0].has_value());
  CHECK_FALSE(fit.at_bound[1]);
  // The best line through zero, of relative errors: sum(x/y) / sum(x^2/y^2).
  CHECK(fit.value[1] == doctest::Approx((1 + 0.5 + 3.0 / 7) / (1 + 0.25 + 9.0 / 49)));
  LinearProblem free = problem;
  free.lower = {kFree, 0};
  CHECK(solve(free).value[0] == doctest::Approx(-2));
}

TEST_CASE("least squares: lower bounds other than zero hold") {
  LinearProblem problem = line_through({{1, 3}, {2, 5}, {3, 7}});  // 1 + 2 x
  problem.lower = {2.5, 0};
  const Fit fit = solve(problem);
  CHECK(fit.value[0] == 2.5);
  CHECK(fit.at_bound[0]);
  CHECK(fit.value[1] < 2);
  problem.lower = {0.5, 0};
  CHECK(solve(problem).value[0] == doctest::Approx(1));
}

TEST_CASE("least squares: columns that points cannot tell apart are found and the first takes all") {
  LinearProblem problem;
  for (const double x : {1.0, 2.0, 5.0}) problem.add({1, x, 3 * x + 1, 0}, x, 1);
  problem.lower = {0, 0, 0, 0};
  CHECK(identifiable(problem) == std::vector<bool>{true, true, false, false});
  const LinearProblem reduced = problem.reduced({true, true, false, false}, {0, 0, 0.1, 7});
  CHECK(reduced.columns == 2);
  CHECK(reduced.target[2] == doctest::Approx(5 - 0.1 * 16));
}

TEST_CASE("least squares: as many parameters as points have no interval") {
  const Fit fit = solve(line_through({{1, 3}, {2, 5}}));
  CHECK(fit.value[1] == doctest::Approx(2));
  CHECK_FALSE(fit.half_width[0].has_value());
  CHECK_FALSE(fit.half_width[1].has_value());
}

TEST_CASE("least squares: the interval holds the truth about 95 times of 100") {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 0.05);
  int covered = 0;
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    LinearProblem problem;
    for (const double x : {1.0, 2.0, 4.0, 8.0, 16.0}) problem.add({1, x}, 3 + 2 * x + noise(random), 1);
    problem.lower = {kFree, kFree};
    const Fit fit = solve(problem);
    REQUIRE(fit.half_width[1].has_value());
    if (std::abs(fit.value[1] - 2) <= *fit.half_width[1]) ++covered;
  }
  // 1900 expected, standard deviation 10.
  CHECK(covered > 1860);
  CHECK(covered < 1940);
}

TEST_CASE("least squares: Levenberg and Marquardt find a curve and respect bounds") {
  const auto errors = [](const std::vector<double>& p) {
    std::vector<double> out;
    for (const double x : {0.5, 1.0, 2.0, 4.0, 8.0}) out.push_back(p[0] * std::exp(-p[1] * x) - 5 * std::exp(-0.3 * x));
    return out;
  };
  const Fit fit = minimise(errors, {1, 1}, {{0, 100}, {0, 10}});
  CHECK(fit.value[0] == doctest::Approx(5).epsilon(1e-6));
  CHECK(fit.value[1] == doctest::Approx(0.3).epsilon(1e-6));
  const Fit bounded = minimise(errors, {1, 1}, {{0, 100}, {0.5, 10}});
  CHECK(bounded.value[1] == 0.5);
  CHECK(bounded.at_bound[1]);
  CHECK(bounded.squares > fit.squares);
}

}  // namespace least_squares_test
}  // namespace farfault::analysis::calibration
