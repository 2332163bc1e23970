#include "analysis/calibration/student.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace farfault::analysis::calibration {
namespace {

/// The series has half as many terms; beyond this the distribution is the same to six digits.
constexpr std::size_t kMostDegrees = 100'000;

}  // namespace

double student_within(double t, std::size_t degrees) {
  degrees = std::min(degrees, kMostDegrees);
  const double theta = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cos2 = std::cos(theta) * std::cos(theta);
  const bool odd = degrees % 2 == 1;
  double term = odd ? std::cos(theta) : 1;
  double sum = degrees == 1 ? 0 : term;
  for (std::size_t k = odd ? 3 : 2; k + 1 < degrees; k += 2) {
    term *= cos2 * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  if (!odd) return sum * std::sin(theta);
  return 2 / std::numbers::pi * (theta + std::sin(theta) * sum);
}

double student_quantile(double probability, std::size_t degrees) {
  double low = 0;
  double high = 1;
  while (student_within(high, degrees) < probability && high < 1e12) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (student_within(middle, degrees) < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace farfault::analysis::calibration
