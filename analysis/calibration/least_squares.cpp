#include "analysis/calibration/least_squares.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "analysis/calibration/student.h"

namespace farfault::analysis::calibration {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kConfidence = 0.95;
constexpr double kDependent = 1e-8;

Index index(std::size_t i) { return static_cast<Index>(i); }

/// The problem with weights multiplied in and columns of length one: parameters differ by twelve orders of magnitude.
struct Scaled {
  MatrixXd a;
  VectorXd b;
  VectorXd scale;  ///< a column is the problem's times weight over this; 0 for a column of zeros
};

Scaled scaled(const LinearProblem& problem) {
  const Index rows = index(problem.rows());
  const Index columns = index(problem.columns);
  Scaled out{MatrixXd(rows, columns), VectorXd(rows), VectorXd(columns)};
  for (Index r = 0; r < rows; ++r) {
    const auto row = static_cast<std::size_t>(r);
    const double weight = std::sqrt(problem.weight[row]);
    out.b(r) = problem.target[row] * weight;
    for (Index c = 0; c < columns; ++c) {
      out.a(r, c) = problem.design[row * problem.columns + static_cast<std::size_t>(c)] * weight;
    }
  }
  for (Index c = 0; c < columns; ++c) {
    out.scale(c) = out.a.col(c).norm();
    if (out.scale(c) > 0) out.a.col(c) /= out.scale(c);
  }
  return out;
}

/// Columns of `a` that are in the set.
MatrixXd chosen(const MatrixXd& a, const std::vector<Index>& set) {
  MatrixXd out(a.rows(), index(set.size()));
  for (std::size_t i = 0; i < set.size(); ++i) out.col(index(i)) = a.col(set[i]);
  return out;
}

std::vector<Index> members(const std::vector<bool>& set) {
  std::vector<Index> out;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i]) out.push_back(index(i));
  }
  return out;
}

/// Least squares over the columns of the set alone; zero elsewhere.
VectorXd solved(const MatrixXd& a, const VectorXd& b, const std::vector<bool>& set) {
  VectorXd out = VectorXd::Zero(a.cols());
  const std::vector<Index> columns = members(set);
  if (columns.empty()) return out;
  const VectorXd part = chosen(a, columns).colPivHouseholderQr().solve(b);
  for (std::size_t i = 0; i < columns.size(); ++i) out(columns[i]) = part(index(i));
  return out;
}

/// Lawson and Hanson's NNLS, for which `bounded` says who must not be negative; the others are in the set from the
/// start and never leave it.
std::pair<VectorXd, std::vector<bool>> non_negative(const MatrixXd& a, const VectorXd& b,
                                                    const std::vector<bool>& bounded) {
  const auto columns = static_cast<std::size_t>(a.cols());
  std::vector<bool> free(columns);
  for (std::size_t c = 0; c < columns; ++c) free[c] = !bounded[c];
  VectorXd x = solved(a, b, free);
  const double small = 1e-12 * std::max(1.0, b.norm());
  // Each round adds one column for good or ends; the bound is for rounding alone.
  for (std::size_t round = 0; round < 20 * (columns + 1); ++round) {
    const VectorXd gradient = a.transpose() * (b - a * x);
    std::size_t best = columns;
    for (std::size_t c = 0; c < columns; ++c) {
      if (!free[c] && gradient(index(c)) > small && (best == columns || gradient(index(c)) > gradient(index(best)))) {
        best = c;
      }
    }
    if (best == columns) break;
    free[best] = true;
    while (true) {
      const VectorXd trial = solved(a, b, free);
      double step = 1;
      std::size_t blocking = columns;
      for (std::size_t c = 0; c < columns; ++c) {
        const Index i = index(c);
        if (!free[c] || !bounded[c] || trial(i) > 0) continue;
        const double reach = x(i) / std::max(x(i) - trial(i), 1e-300);
        if (blocking == columns || reach < step) {
          step = std::min(reach, 1.0);
          blocking = c;
        }
      }
      x += step * (trial - x);
      if (blocking == columns) break;
      free[blocking] = false;
      x(index(blocking)) = 0;
    }
  }
  return {x, free};
}

/// Half widths of the intervals of the columns of the set, in the order of the set.
std::vector<std::optional<double>> half_widths(const MatrixXd& a, double squares, std::size_t rows) {
  const auto columns = static_cast<std::size_t>(a.cols());
  std::vector<std::optional<double>> out(columns);
  if (rows <= columns || columns == 0) return out;
  const std::size_t degrees = rows - columns;
  const double t = student_quantile(kConfidence, degrees);
  const Eigen::ColPivHouseholderQR<MatrixXd> qr(a);
  if (qr.rank() < a.cols()) return out;
  const MatrixXd inverse = (a.transpose() * a).ldlt().solve(MatrixXd::Identity(a.cols(), a.cols()));
  for (std::size_t c = 0; c < columns; ++c) {
    const double variance = squares / static_cast<double>(degrees) * inverse(index(c), index(c));
    if (std::isfinite(variance) && variance >= 0) out[c] = t * std::sqrt(variance);
  }
  return out;
}

}  // namespace

void LinearProblem::add(const std::vector<double>& row, double value, double row_weight) {
  columns = row.size();
  design.insert(design.end(), row.begin(), row.end());
  target.push_back(value);
  weight.push_back(row_weight);
}

LinearProblem LinearProblem::reduced(const std::vector<bool>& keep, const std::vector<double>& fixed) const {
  LinearProblem out;
  for (std::size_t r = 0; r < rows(); ++r) {
    std::vector<double> row;
    double value = target[r];
    for (std::size_t c = 0; c < columns; ++c) {
      const double cell = design[r * columns + c];
      if (keep[c]) {
        row.push_back(cell);
      } else {
        value -= cell * fixed[c];
      }
    }
    out.add(row, value, weight[r]);
  }
  for (std::size_t c = 0; c < columns; ++c) {
    if (keep[c]) out.lower.push_back(lower[c]);
  }
  return out;
}

std::vector<bool> identifiable(const LinearProblem& problem) {
  const Scaled s = scaled(problem);
  std::vector<bool> out(problem.columns);
  std::vector<VectorXd> basis;  // Gram and Schmidt, twice for rounding
  for (std::size_t c = 0; c < problem.columns; ++c) {
    if (s.scale(index(c)) == 0) continue;
    VectorXd rest = s.a.col(index(c));
    for (int twice = 0; twice < 2; ++twice) {
      for (const VectorXd& other : basis) rest -= other.dot(rest) * other;
    }
    if (rest.norm() <= kDependent) continue;
    out[c] = true;
    basis.push_back(rest.normalized());
  }
  return out;
}

Fit solve(const LinearProblem& problem) {
  const Scaled s = scaled(problem);
  // In parameters above their bounds the bounds are zero.
  VectorXd b = s.b;
  std::vector<bool> bounded(problem.columns);
  for (std::size_t c = 0; c < problem.columns; ++c) {
    bounded[c] = std::isfinite(problem.lower[c]);
    if (bounded[c]) b -= s.a.col(index(c)) * (problem.lower[c] * s.scale(index(c)));
  }
  const auto [x, free] = non_negative(s.a, b, bounded);
  Fit out;
  out.squares = (b - s.a * x).squaredNorm();
  out.half_width.resize(problem.columns);
  out.at_bound.resize(problem.columns);
  const std::vector<Index> columns = members(free);
  const std::vector<std::optional<double>> widths = half_widths(chosen(s.a, columns), out.squares, problem.rows());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i]) out.half_width[static_cast<std::size_t>(columns[i])] = *widths[i] / s.scale(columns[i]);
  }
  for (std::size_t c = 0; c < problem.columns; ++c) {
    out.value.push_back(x(index(c)) / s.scale(index(c)) + (bounded[c] ? problem.lower[c] : 0));
    out.at_bound[c] = !free[c];
  }
  return out;
}

double squares_of(const LinearProblem& problem, const std::vector<double>& parameters) {
  double out = 0;
  for (std::size_t r = 0; r < problem.rows(); ++r) {
    double error = -problem.target[r];
    for (std::size_t c = 0; c < problem.columns; ++c) error += problem.design[r * problem.columns + c] * parameters[c];
    out += problem.weight[r] * error * error;
  }
  return out;
}

namespace {

VectorXd as_vector(const std::vector<double>& values) {
  return Eigen::Map<const VectorXd>(values.data(), index(values.size()));
}

/// Derivatives by differences, away from a bound that is near.
MatrixXd jacobian(const std::function<std::vector<double>(const std::vector<double>&)>& errors,
                  const std::vector<double>& at, const VectorXd& here, const std::vector<Bounds>& bounds) {
  MatrixXd out(here.size(), index(at.size()));
  for (std::size_t c = 0; c < at.size(); ++c) {
    const double size = std::max(std::abs(at[c]), 1e-3 * (bounds[c].high - bounds[c].low) * 1e-3);
    double step = 1e-6 * size;
    if (at[c] + step > bounds[c].high) step = -step;
    std::vector<double> moved = at;
    moved[c] += step;
    out.col(index(c)) = (as_vector(errors(moved)) - here) / (moved[c] - at[c]);
  }
  return out;
}

}  // namespace

Fit minimise(const std::function<std::vector<double>(const std::vector<double>&)>& errors, std::vector<double> start,
             const std::vector<Bounds>& bounds) {
  std::vector<double> at = std::move(start);
  VectorXd here = as_vector(errors(at));
  double damping = 1e-3;
  constexpr int kMostSteps = 200;
  for (int step = 0; step < kMostSteps && damping < 1e12; ++step) {
    const MatrixXd j = jacobian(errors, at, here, bounds);
    const MatrixXd normal = j.transpose() * j;
    const VectorXd gradient = j.transpose() * here;
    bool better = false;
    while (!better && damping < 1e12) {
      MatrixXd damped = normal;
      // Marquardt's scaling; a parameter that changes nothing stays.
      for (Index c = 0; c < damped.cols(); ++c) damped(c, c) += damping * std::max(normal(c, c), 1e-300);
      const VectorXd change = damped.ldlt().solve(-gradient);
      std::vector<double> next = at;
      for (std::size_t c = 0; c < at.size(); ++c) {
        if (!std::isfinite(change(index(c)))) continue;
        next[c] = std::clamp(at[c] + change(index(c)), bounds[c].low, bounds[c].high);
      }
      const VectorXd there = as_vector(errors(next));
      better = there.squaredNorm() < here.squaredNorm();
      if (better) {
        const bool done = here.squaredNorm() - there.squaredNorm() <= 1e-14 * here.squaredNorm();
        at = next;
        here = there;
        damping = std::max(damping / 10, 1e-12);
        if (done) damping = 1e13;
      } else {
        damping *= 10;
      }
    }
  }
  Fit out;
  out.value = at;
  out.squares = here.squaredNorm();
  out.half_width.resize(at.size());
  for (std::size_t c = 0; c < at.size(); ++c) out.at_bound.push_back(at[c] <= bounds[c].low || at[c] >= bounds[c].high);
  MatrixXd j = jacobian(errors, at, here, bounds);
  std::vector<Index> free;
  std::vector<double> scale;
  for (std::size_t c = 0; c < at.size(); ++c) {
    const double length = j.col(index(c)).norm();
    if (out.at_bound[c] || length == 0) continue;
    j.col(index(c)) /= length;
    free.push_back(index(c));
    scale.push_back(length);
  }
  const std::vector<std::optional<double>> widths =
      half_widths(chosen(j, free), out.squares, static_cast<std::size_t>(here.size()));
  for (std::size_t i = 0; i < free.size(); ++i) {
    if (widths[i]) out.half_width[static_cast<std::size_t>(free[i])] = *widths[i] / scale[i];
  }
  return out;
}

}  // namespace farfault::analysis::calibration
