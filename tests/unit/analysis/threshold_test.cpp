#include "analysis/threshold.h"

#include <doctest/doctest.h>

#include <limits>

#include "sim/core/error.h"
#include "tests/unit/analysis/results.h"

namespace farfault::analysis {
namespace threshold_test {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// The text of the usage error that parsing it throws.
std::string refusal(const std::string& text) {
  try {
    parse_threshold(text);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.what();
  }
  FAIL("it was parsed: " << text);
  return {};
}

/// Whether the second of two columns with these values is beyond.
bool beyond(const std::string& text, Statistic first, Statistic second) {
  const Comparison comparison =
      compare({column("a", {{"x", std::move(first)}}), column("b", {{"x", std::move(second)}})});
  const std::vector<Verdict> verdicts = judge(parse_threshold(text), comparison);
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].column == 1);
  CHECK(verdicts[0].words.empty() == (verdicts[0].kind == Verdict::Kind::kHolds));
  return verdicts[0].kind == Verdict::Kind::kBeyond;
}

TEST_CASE("analysis: thresholds are parsed in every form") {
  const Threshold factor = parse_threshold("time.total > 1.05x");
  CHECK(factor.figure == "time.total");
  CHECK(factor.order == Order::kGreater);
  CHECK(factor.relative);
  CHECK(factor.limit == 1.05);
  CHECK(parse_threshold("a<=0.5 x ").order == Order::kLessOrEqual);
  CHECK(parse_threshold("a>=2x").order == Order::kGreaterOrEqual);
  CHECK(parse_threshold("  a  <2x").order == Order::kLess);
  CHECK(parse_threshold("a > +5%").limit == 1.05);
  CHECK(parse_threshold("a < -5 %").limit == 0.95);
  const Threshold time = parse_threshold("a > 3 ms");
  CHECK_FALSE(time.relative);
  CHECK(time.unit == Unit::kTime);
  CHECK(time.limit == 3e9);
  CHECK(parse_threshold("a > 16 GiB").unit == Unit::kBytes);
  CHECK(parse_threshold("a > 25 GB/s").limit == 25e9);
  CHECK(parse_threshold("a > 5 %").limit == 0.05);
  CHECK_FALSE(parse_threshold("faults.device.raised > 1000").unit);
  CHECK(parse_threshold("a > 1e3").limit == 1000);
}

TEST_CASE("analysis: a bad threshold is shown with a mark below") {
  CHECK(refusal("time.total > abc").find("\n  time.total > abc\n               ^") != std::string::npos);
  CHECK(refusal("time.total 3").find("\n             ^") != std::string::npos);
  CHECK(refusal("time.total == 3").find("expected <, <=, > or >= here") != std::string::npos);
  for (const char* text :
       {"",        " ",         ">",         "> 3",      "a",        "a >",       "a > ",       "a >> 3",
        "a => 3",  "a > x",     "a > 1.2.3", "a > -3",   "a > +",    "a > +5",    "a > -101 %", "a > 3 parsecs",
        "a > nan", "a > inf",   "a > 1e999", "a > nanx", "a > 0x10", "a > 5 % %", "a b > 3",    "a > 3 4",
        "a\n> 3",  "a\xFF > 3", "a > 1x x"}) {
    CAPTURE(text);
    CHECK_FALSE(refusal(text).empty());
  }
  refusal(std::string(100'000, 'a') + " > 3");
}

TEST_CASE("analysis: relative limits are to the first column") {
  CHECK(beyond("x > 1.05x", time_of(100), time_of(106)));
  CHECK_FALSE(beyond("x > 1.05x", time_of(100), time_of(104)));
  CHECK_FALSE(beyond("x > 1x", time_of(kMost), time_of(kMost)));
  CHECK(beyond("x > 1x", time_of(kMost - 1), time_of(kMost)));
  CHECK(beyond("x >= 1x", time_of(7), time_of(7)));
  CHECK(beyond("x < 0.9x", count_of(10), count_of(8)));
  CHECK(beyond("x > +50%", count_of(10), count_of(16)));
  CHECK_FALSE(beyond("x > +50%", count_of(10), count_of(15)));
  CHECK(beyond("x > 2x", count_of(0), count_of(1)));
  CHECK_FALSE(beyond("x > 2x", count_of(0), count_of(0)));
}

TEST_CASE("analysis: absolute limits hold for all columns but the first") {
  CHECK(beyond("x > 1000", count_of(5'000), count_of(1'001)));
  CHECK_FALSE(beyond("x > 1000", count_of(5'000), count_of(1'000)));
  CHECK(beyond("x >= 3 ns", time_of(0), time_of(3'000)));
  CHECK(beyond("x > 0", time_of(0), time_of(1)));
  CHECK(beyond("x > 5 %", ratio_of(0), ratio_of(0.06)));
  CHECK(beyond("x > 0.05", ratio_of(0), ratio_of(0.06)));
}

TEST_CASE("analysis: a limit in another unit than the figure is a usage error") {
  for (const char* text : {"x > 3", "x > 3 GiB", "x > 5 %"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(beyond(text, time_of(1), time_of(1)), Error);
  }
  CHECK_THROWS_AS(beyond("x > 3 ms", count_of(1), count_of(1)), Error);
}

TEST_CASE("analysis: an unknown figure has a hint and a missing one does not pass") {
  const Comparison comparison = compare(
      {column("a", {{"time.total", time_of(1)}}), column("b", {{"other", time_of(1)}}), {"c", std::nullopt, "killed"}});
  try {
    judge(parse_threshold("time.totl > 1x"), comparison);
    FAIL("it was judged");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("did you mean \"time.total\"?") != std::string::npos);
  }
  const std::vector<Verdict> verdicts = judge(parse_threshold("time.total > 1x"), comparison);
  REQUIRE(verdicts.size() == 1);  // the failed column is no verdict
  CHECK(verdicts[0].kind == Verdict::Kind::kMissing);
  CHECK(judge(parse_threshold("other > 1x"), comparison)[0].kind == Verdict::Kind::kMissing);
  CHECK(judge(parse_threshold("other > 1 s"), comparison)[0].kind == Verdict::Kind::kHolds);
}

}  // namespace threshold_test
}  // namespace farfault::analysis
