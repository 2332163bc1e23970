#include "analysis/sensitivity.h"

#include <doctest/doctest.h>

namespace farfault::analysis {
namespace sensitivity_test {

using Texts = std::vector<std::string>;

std::optional<Number> ps(std::int64_t value) { return Number(value); }

TEST_CASE("analysis: parameters are scaled within their kind") {
  CHECK(scaled_value("7.2 us", 2, Change::kDivided).texts == Texts{"3.6 us"});
  CHECK(scaled_value("1 ps", 2, Change::kDivided).problem == "rounds to the same value");
  CHECK(scaled_value("64 GiB", 2, Change::kMultiplied).texts == Texts{"128 GiB"});
  CHECK(scaled_value("48 GB/s", 2, Change::kDivided).texts == Texts{"24 GB/s"});
  CHECK(scaled_value("16", 2, Change::kMultiplied).texts == Texts{"32"});
  CHECK(scaled_value("5", 2, Change::kDivided).texts == Texts{"3"});
  CHECK(scaled_value("2", 10, Change::kDivided).texts == Texts{"1"});
  CHECK(scaled_value("0.05", 2, Change::kDivided).texts == Texts{"0.025"});
  CHECK(scaled_value("0.8", 2, Change::kMultiplied).texts == Texts{"1.6", "1"});
  CHECK(scaled_value("1", 2, Change::kDivided).texts == Texts{"0.5"});  // a share of 1, or a count that stays as it is
  CHECK(scaled_value("1", 2, Change::kMultiplied).texts == Texts{"2"});
}

TEST_CASE("analysis: what cannot be scaled says why") {
  for (const char* text : {"0 s", "0", "0 B", "0.0"}) {
    CAPTURE(text);
    CHECK(scaled_value(text, 2, Change::kMultiplied).problem == "is zero");
  }
  for (const char* text : {"unlimited", "", "hmm", "true", "[9, 9]", "nan"}) {
    CAPTURE(text);
    CHECK(scaled_value(text, 2, Change::kMultiplied).problem == "is no number");
  }
  CHECK_FALSE(scaled_value("100 PiB", 1e6, Change::kMultiplied).problem.empty());
  CHECK(scaled_value("3", 1.01, Change::kMultiplied).problem == "rounds to the same number");
}

TEST_CASE("analysis: ranges, influence and order of a sensitivity") {
  const std::vector<std::string> names = {"a", "b"};
  const Sensitivity out = analyse(names, {ps(100), ps(110)},
                                  {{"/weak", Change::kDivided, {ps(90), ps(99)}},
                                   {"/weak", Change::kMultiplied, {ps(100), ps(111)}},
                                   {"/strong", Change::kDivided, {ps(100), ps(95)}},
                                   {"/strong", Change::kMultiplied, {ps(100), ps(150)}},
                                   {"/failed", Change::kMultiplied, {ps(100), std::nullopt}}});
  REQUIRE(out.columns.size() == 2);
  CHECK(out.columns[0].least->ratio == 1);
  CHECK(out.columns[1].ratio == 1.1);
  CHECK(out.columns[1].least->ratio == 0.95);
  CHECK(out.columns[1].least->parameter == "/strong");
  CHECK(out.columns[1].most->ratio == 1.5);
  CHECK(out.columns[1].most->change == Change::kMultiplied);
  REQUIRE(out.parameters.size() == 3);
  CHECK(out.parameters[0].parameter == "/strong");
  CHECK(out.parameters[0].influence == doctest::Approx(1.5 / 1.1 - 1));
  CHECK(out.parameters[1].parameter == "/weak");
  CHECK(out.parameters[2].influence == 0);
  REQUIRE(out.order_changes.size() == 1);
  CHECK(out.order_changes[0].parameter == "/strong");
  CHECK(out.order_changes[0].change == Change::kDivided);
  CHECK(out.order_changes[0].lower == 0);
  CHECK(out.order_changes[0].higher == 1);
}

TEST_CASE("analysis: a single column is compared with itself unchanged") {
  const Sensitivity out = analyse({"a"}, {ps(100)}, {{"/p", Change::kMultiplied, {ps(130)}}});
  CHECK(out.columns[0].most->ratio == 1.3);
  CHECK(out.columns[0].least->parameter.empty());
  CHECK(out.parameters[0].influence == doctest::Approx(0.3));
  CHECK(out.order_changes.empty());
}

}  // namespace sensitivity_test
}  // namespace farfault::analysis
