#include "sim/sweep/outcome.h"

#include <doctest/doctest.h>

#include <limits>

#include "sim/core/error.h"

namespace farfault::sweep {
namespace outcome_test {

Outcome sample() {
  Outcome out;
  out.key = "0123456789abcdef";
  out.failure = Failure::kCrash;
  out.reason = "signal 11";
  out.output = std::string("\xff\xfe not UTF-8\0 and more", 22);
  out.version = "0.1.0 (abc)";
  out.host = "node1";
  out.seconds = 1.25;
  out.peak_memory = std::numeric_limits<std::uint64_t>::max();
  out.figures["time.total"] = {Unit::kTime, std::numeric_limits<std::int64_t>::max(), "simulated time"};
  out.figures["below"] = {Unit::kCount, std::int64_t{-1}, "negative"};
  out.figures["share"] = {Unit::kRatio, 0.1, "a real"};
  out.figures["whole"] = {Unit::kRatio, 2.0, "a real that is whole"};
  return out;
}

TEST_CASE("sweep: an outcome comes back as it was") {
  const Outcome before = sample();
  const Outcome after = decode(encode(before));
  CHECK(after.key == before.key);
  CHECK(after.failure == before.failure);
  CHECK(after.reason == before.reason);
  CHECK(after.output == before.output);
  CHECK(after.version == before.version);
  CHECK(after.host == before.host);
  CHECK(after.seconds == before.seconds);
  CHECK(after.peak_memory == before.peak_memory);
  REQUIRE(after.figures.size() == before.figures.size());
  for (const auto& [name, statistic] : before.figures) {
    const Statistic& same = after.figures.at(name);
    CHECK_MESSAGE(same.value == statistic.value, name);
    CHECK(same.unit == statistic.unit);
    CHECK(same.description == statistic.description);
  }
}

TEST_CASE("sweep: bytes that are cut off or of something else, are an error and no crash") {
  const std::string bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(decode(std::string_view(bytes).substr(0, size)), RunError);
  }
  CHECK_THROWS_AS(decode(bytes + "x"), RunError);
  CHECK_THROWS_AS(decode("{}"), RunError);
}

TEST_CASE("sweep: names of failures are stored and stay") {
  CHECK(failure_name(Failure::kNone).empty());
  CHECK(failure_name(Failure::kTime) == "time");
  CHECK(failure_name(Failure::kLost) == "lost");
}

}  // namespace outcome_test
}  // namespace farfault::sweep
