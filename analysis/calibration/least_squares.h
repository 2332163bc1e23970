/// Weighted linear least squares with lower bounds, and bounded non-linear least squares. Eigen stays in the .cpp.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace farfault::analysis::calibration {

/// target = design x parameters, a row a point.
struct LinearProblem {
  std::size_t columns = 0;
  std::vector<double> design;  ///< row after row
  std::vector<double> target;
  std::vector<double> weight;  ///< of each squared error; > 0
  std::vector<double> lower;   ///< of each parameter; minus infinity: free

  std::size_t rows() const { return target.size(); }
  void add(const std::vector<double>& row, double value, double row_weight);
  /// Without the columns that `keep` says no to; their parameters times `fixed` are taken off the target.
  LinearProblem reduced(const std::vector<bool>& keep, const std::vector<double>& fixed) const;
};

struct Fit {
  std::vector<double> value;
  /// Half of a 95 % confidence interval: Student's t times the root of the covariance's diagonal. None for what stands
  /// at a bound, nor where there are no more points than parameters.
  std::vector<std::optional<double>> half_width;
  std::vector<bool> at_bound;
  double squares = 0;  ///< the weighted sum of squared errors
};

/// Which columns the points can tell apart: a column that is (to one part in 10^8) a combination of those before it is
/// not, nor one of zeros. So the order of columns says which parameter takes what cannot be told apart.
std::vector<bool> identifiable(const LinearProblem& problem);

/// Minimises the weighted squares under the lower bounds: the active-set method of Lawson and Hanson, Solving Least
/// Squares Problems (1974), chapter 23. REQUIRES: every column is identifiable.
Fit solve(const LinearProblem& problem);

/// The weighted sum of squared errors of some parameters.
double squares_of(const LinearProblem& problem, const std::vector<double>& parameters);

struct Bounds {
  double low;
  double high;
};

/// Minimises the sum of squares of what `errors` gives, from `start`, within the bounds: Levenberg's and Marquardt's
/// method with numerical derivatives; steps are cut at the bounds. REQUIRES: start within the bounds; low > 0 or
/// low = 0; errors are finite within the bounds and always as many.
Fit minimise(const std::function<std::vector<double>(const std::vector<double>&)>& errors, std::vector<double> start,
             const std::vector<Bounds>& bounds);

}  // namespace farfault::analysis::calibration
