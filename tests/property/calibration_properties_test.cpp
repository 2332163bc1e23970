#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <vector>

#include "analysis/calibration/least_squares.h"

namespace farfault::analysis::calibration {
namespace calibration_properties_test {

TEST_CASE("property: no parameters within the bounds fit better than those of the fit") {
  CHECK(rc::check([] {
    const auto columns = *rc::gen::inRange<std::size_t>(1, 6);
    const auto rows = *rc::gen::inRange<std::size_t>(1, 12);
    const auto cell = [] { return *rc::gen::inRange(-1000, 1000) / 100.0; };
    LinearProblem problem;
    for (std::size_t r = 0; r < rows; ++r) {
      std::vector<double> row;
      for (std::size_t c = 0; c < columns; ++c) row.push_back(cell());
      problem.add(row, cell(), *rc::gen::inRange(1, 100) / 10.0);
    }
    for (std::size_t c = 0; c < columns; ++c) problem.lower.push_back(*rc::gen::inRange(-200, 300) / 100.0);
    const std::vector<bool> keep = identifiable(problem);
    const LinearProblem reduced = problem.reduced(keep, problem.lower);
    RC_PRE(reduced.columns > 0);
    const Fit fit = solve(reduced);
    const double best = squares_of(reduced, fit.value);
    RC_ASSERT(std::abs(best - fit.squares) <= 1e-7 * (1 + best));
    for (std::size_t c = 0; c < reduced.columns; ++c) RC_ASSERT(fit.value[c] >= reduced.lower[c] - 1e-12);
    for (int other = 0; other < 30; ++other) {
      std::vector<double> feasible;
      for (std::size_t c = 0; c < reduced.columns; ++c) {
        // Near the fit, where a wrong one would be found out, and far away.
        const double near = fit.value[c] + *rc::gen::inRange(-100, 100) * (other % 2 == 0 ? 1e-4 : 0.1);
        feasible.push_back(std::max(near, reduced.lower[c]));
      }
      RC_ASSERT(squares_of(reduced, feasible) >= best - 1e-9 * (1 + best));
    }
  }));
}

}  // namespace calibration_properties_test
}  // namespace farfault::analysis::calibration
