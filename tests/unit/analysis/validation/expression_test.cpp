#include "analysis/validation/expression.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>

namespace farfault::analysis {
namespace expression_test {

FigureSource figures() {
  return {[](std::string_view run, std::string_view name) -> Quantity {
            if (run == "large" && name == "time.total") return {3e-3, 1, 0};
            if (run.empty() && name == "time.total") return {1e-3, 1, 0};
            if (run.empty() && name == "bytes.h2d") return {4096, 0, 1};
            if (run.empty() && name == "time.kernel.a-b<int>") return {2e-3, 1, 0};
            throw ExpressionError("there is no " + std::string(name));
          },
          [](std::string_view, std::string_view name, const Quantity& at) -> Quantity {
            if (name != "pieces" || at.data != 1) throw ExpressionError("no distribution");
            return {at.value == 4096 ? 6.0 : 1.0, 0, 0};
          }};
}

double value(const std::string& text) { return evaluate(text, figures()).value; }

TEST_CASE("a constant is a number with a unit, also a made one") {
  CHECK(evaluate_constant("1.184 us").value == doctest::Approx(1.184e-6));
  CHECK(evaluate_constant("1.184us").time == 1);
  CHECK(evaluate_constant("25 GB/s").value == doctest::Approx(25e9));
  CHECK(dimension_text(evaluate_constant("25 GB/s")) == "a rate");
  CHECK(evaluate_constant("0.68 us/kB").value == doctest::Approx(0.68e-9));
  CHECK(evaluate_constant("26.6875 MiB").value == 26.6875 * 1048576);
  CHECK(evaluate_constant("15 %").value == doctest::Approx(0.15));
  CHECK(evaluate_constant("2e3").value == 2000);
  CHECK(evaluate_constant("17799 / 2 * 1 ns").value == doctest::Approx(17799e-9 / 2));
}

TEST_CASE("products bind before sums, and to the left") {
  CHECK(value("2 + 3 * 4") == 14);
  CHECK(value("12 / 3 / 2") == 2);
  CHECK(value("7 - 4 - 1") == 2);
  CHECK(value("-(2 - 5) * 2") == 6);
}

TEST_CASE("figures have units, runs and names in quotes") {
  CHECK(value("large:time.total - time.total") == doctest::Approx(2e-3));
  CHECK(value("time.total - 2 * 150 us") == doctest::Approx(0.7e-3));
  CHECK(value("'time.kernel.a-b<int>' / time.total") == doctest::Approx(2));
  CHECK(evaluate("bytes.h2d / time.total", figures()).time == -1);
  CHECK(value("count_at(pieces, 4 KiB) + count_at(pieces, 60 KiB)") == 7);
}

TEST_CASE("what is no expression says where") {
  const auto problem = [](const std::string& text) -> std::string {
    try {
      evaluate(text, figures());
    } catch (const ExpressionError& error) {
      return error.what();
    }
    return "nothing";
  };
  const auto about = [&](const std::string& text, const std::string& words) {
    CHECK_MESSAGE(problem(text).find(words) != std::string::npos, problem(text));
  };
  about("", "ends where a value should be");
  about("2 +", "ends where a value should be");
  about("(2", "lacks a ')'");
  about("time.total + bytes.h2d", "adds a size to a time");
  about("2 2", "from \"2\" on");
  about("1 / 0", "divides by zero");
  about("time.totl", "no time.totl");
  about("'time.total", "name in quotes");
  about(std::string(200, '('), "nested too deep");
  about(std::string(200, '-'), "nested too deep");
  about(std::string(600, '1'), "longer than any expression");
  about("1e999", "a number that is none");
  CHECK_THROWS_AS(evaluate_constant("time.total"), ExpressionError);
}

TEST_CASE("values are told in the unit of the measurement, to four digits") {
  CHECK(text_like(evaluate_constant("27.12345 MiB"), "26.6875 MiB") == "27.12 MiB");
  CHECK(text_like(evaluate_constant("1 ms"), "1.184 us") == "1000 us");
  CHECK(text_like({383, 0, 0}, "400") == "383");
  CHECK(text_like({81234567, 0, 0}, "400") == "81234567");
  CHECK(text_like({0.012345, 0, 0}, "1") == "0.01235");
  CHECK(text_like({0, 0, 0}, "1") == "0");
  CHECK(text_like(evaluate_constant("0.7 us/kB"), "0.68 us/kB") == "0.7 us/kB");
}

TEST_CASE("any text is evaluated or refused") {
  rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0189.+-*/()' :%aKiBust_,e")));
    try {
      RC_ASSERT(std::isfinite(evaluate(text, figures()).value));
    } catch (const ExpressionError& error) {
      RC_ASSERT(!std::string(error.what()).empty());
    }
  });
}

}  // namespace expression_test
}  // namespace farfault::analysis
