/// Student's t distribution, for confidence intervals from few points.
#pragma once

#include <cstddef>

namespace farfault::analysis::calibration {

/// P(|T| <= t) for a whole number of degrees of freedom, exactly: the finite series of Abramowitz and Stegun, Handbook
/// of Mathematical Functions, 26.7.3 and 26.7.4. REQUIRES: degrees >= 1, t >= 0.
double student_within(double t, std::size_t degrees);

/// The t with P(|T| <= t) = probability: 12.706 for 95 % and one degree, 1.96 for many. REQUIRES: degrees >= 1,
/// probability within (0, 1).
double student_quantile(double probability, std::size_t degrees);

}  // namespace farfault::analysis::calibration
