#include "analysis/calibration/parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>

#include "sim/core/error.h"

namespace farfault::analysis::calibration {

double Task::at_least(const std::string& path) const {
  const auto found = options.at_least.find(path);
  return found == options.at_least.end() ? 0 : found->second;
}

double rounded(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3e", value);
  return std::strtod(text.data(), nullptr);
}

double weight_of(const Measurement& measured) { return measured.weight / (measured.value * measured.value); }

Parameter parameter_of(const Fit& fit, std::size_t column, const std::string& path, Unit unit, std::size_t points) {
  Parameter out;
  out.path = path;
  out.unit = unit;
  out.standing = fit.at_bound[column] ? Parameter::Standing::kAtBound : Parameter::Standing::kFitted;
  out.value = rounded(fit.value[column]);
  if (const std::optional<double> half = fit.half_width[column]) {
    out.interval = {fit.value[column] - *half, fit.value[column] + *half};
  }
  out.points = points;
  return out;
}

Parameter fit_constant(const Measurements& measured, const std::string& path, Unit unit) {
  LinearProblem problem;
  for (const Measurement* m : measured) problem.add({1}, m->value, weight_of(*m));
  problem.lower = {0};
  return parameter_of(solve(problem), 0, path, unit, measured.size());
}

Parameter kept(const Base& base, const std::string& path, Unit unit) {
  Parameter out;
  out.path = path;
  out.unit = unit;
  out.standing = Parameter::Standing::kKept;
  out.value = base.value(path);
  return out;
}

std::size_t sizes_of(const Measurements& measured) {
  std::set<std::uint64_t> sizes;
  for (const Measurement* m : measured) sizes.insert(m->size);
  return sizes.size();
}

void too_few(const Measurements& measured, const std::string& problem, const std::string& remedy) {
  const bool known = !measured.empty();
  throw InputError(Diagnostic{.file = known ? measured.front()->file : std::string(),
                              .line = known ? measured.front()->line : 0,
                              .problem = problem,
                              .remedy = remedy});
}

}  // namespace farfault::analysis::calibration
