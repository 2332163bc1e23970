#include "analysis/calibration/student.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>

namespace farfault::analysis::calibration {
namespace student_test {

TEST_CASE("calibration: Student's quantiles are those of printed tables") {
  // Abramowitz and Stegun, table 26.10, and any other.
  CHECK(student_quantile(0.95, 1) == doctest::Approx(12.7062).epsilon(1e-5));
  CHECK(student_quantile(0.95, 2) == doctest::Approx(4.30265).epsilon(1e-5));
  CHECK(student_quantile(0.95, 3) == doctest::Approx(3.18245).epsilon(1e-5));
  CHECK(student_quantile(0.95, 4) == doctest::Approx(2.77645).epsilon(1e-5));
  CHECK(student_quantile(0.95, 10) == doctest::Approx(2.22814).epsilon(1e-5));
  CHECK(student_quantile(0.95, 30) == doctest::Approx(2.04227).epsilon(1e-5));
  CHECK(student_quantile(0.99, 5) == doctest::Approx(4.03214).epsilon(1e-5));
  CHECK(student_quantile(0.95, 1'000'000) == doctest::Approx(1.95996).epsilon(1e-4));
}

TEST_CASE("calibration: Student's distribution rises from 0 to 1") {
  for (const std::size_t degrees : {1, 2, 3, 8, 101}) {
    CHECK(student_within(0, degrees) == 0);
    CHECK(student_within(1, degrees) < student_within(2, degrees));
    CHECK(student_within(1e9, degrees) == doctest::Approx(1));
  }
}

}  // namespace student_test
}  // namespace farfault::analysis::calibration
