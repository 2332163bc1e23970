#include "sim/core/statistics.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/core/error.h"

namespace farfault {
namespace statistics_test {

TEST_CASE("statistics: unit names are those of results.json") {
  CHECK(unit_name(Unit::kCount) == "count");
  CHECK(unit_name(Unit::kBytes) == "bytes");
  CHECK(unit_name(Unit::kTime) == "ps");
  CHECK(unit_name(Unit::kBandwidth) == "bytes/s");
  CHECK(unit_name(Unit::kRatio) == "ratio");
}

TEST_CASE("statistics: figures keep value and unit and description") {
  Statistics s;
  s.count("faults.raised", 12, "faults");
  s.bytes("link.bytes", Bytes::gib(3), "moved");
  s.time("run.time", SimTime::microseconds(7), "simulated");
  s.bandwidth("link.rate", Bandwidth::gigabytes_per_second(11), "average");
  s.ratio("hit.ratio", 0.25, "hits");
  CHECK(s.integer("faults.raised") == 12);
  CHECK(s.integer("link.bytes") == 3'221'225'472);
  CHECK(s.integer("run.time") == 7'000'000);
  CHECK(s.at("link.rate").as_double() == 11e9);
  CHECK(s.at("hit.ratio").as_double() == 0.25);
  CHECK(s.at("faults.raised").as_double() == 12.0);
  CHECK(s.at("run.time").unit == Unit::kTime);
  CHECK(s.at("link.bytes").description == "moved");
}

TEST_CASE("statistics: counts are exact where doubles are not") {
  Statistics s;
  s.count("n", (1ULL << 53U) + 1, "");
  CHECK(s.integer("n") == (std::int64_t{1} << 53U) + 1);
}

TEST_CASE("statistics: figures come in the order of their names") {
  Statistics s;
  s.count("b", 1, "");
  s.count("a.z", 1, "");
  s.count("a.b", 1, "");
  std::vector<std::string> names;
  for (const auto& [name, figure] : s.figures()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"a.b", "a.z", "b"});
}

TEST_CASE("statistics: a name is set once") {
  Statistics s;
  s.count("n", 1, "");
  CHECK_THROWS_AS(s.count("n", 2, ""), std::logic_error);
  CHECK_THROWS_AS(s.ratio("n", 2, ""), std::logic_error);
  CHECK_THROWS_AS(s.distribution("n", Unit::kTime, {}, ""), std::logic_error);
  s.distribution("d", Unit::kTime, {}, "");
  CHECK_THROWS_AS(s.count("d", 2, ""), std::logic_error);
  CHECK(s.integer("n") == 1);
}

TEST_CASE("statistics: unknown names and wrong kinds are programming errors") {
  Statistics s;
  s.ratio("r", 0.5, "");
  CHECK(s.contains("r"));
  CHECK_FALSE(s.contains("x"));
  CHECK_THROWS_AS(s.at("x"), std::logic_error);
  CHECK_THROWS_AS(s.integer("r"), std::logic_error);
}

TEST_CASE("statistics: a counter that wrapped around is an error") {
  Statistics s;
  CHECK_THROWS_AS(s.count("n", std::uint64_t{0} - 1, ""), RunError);
  CHECK_THROWS_AS(s.bytes("b", Bytes(1) - Bytes(2), ""), RunError);
  CHECK_FALSE(s.contains("n"));
}

TEST_CASE("statistics: distributions keep their histogram") {
  Statistics s;
  Histogram h;
  h.add(1'000, 3);
  s.distribution("latency", Unit::kTime, h, "time of a fault");
  REQUIRE(s.distributions().contains("latency"));
  CHECK(s.distributions().at("latency").histogram == h);
  CHECK(s.distributions().at("latency").unit == Unit::kTime);
  CHECK_FALSE(s.contains("latency"));
}

}  // namespace statistics_test
}  // namespace farfault
