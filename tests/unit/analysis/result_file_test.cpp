#include "analysis/result_file.h"

#include <doctest/doctest.h>

#include <cmath>

#include "sim/core/error.h"
#include "tests/unit/analysis/results.h"

namespace farfault::analysis {
namespace result_file_test {

/// The text with the first `from` replaced.
std::string edited(const std::string& from, const std::string& to) {
  std::string text = kSmallResult;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// What the InputError says that reading it throws; each has file, problem and remedy.
std::string refusal(const std::string& text) {
  try {
    parse_result(text, "out/results.json");
  } catch (const InputError& error) {
    REQUIRE(error.diagnostics().size() == 1);
    CHECK(error.diagnostics().front().file == "out/results.json");
    CHECK_FALSE(error.diagnostics().front().problem.empty());
    CHECK_FALSE(error.diagnostics().front().remedy.empty());
    return error.what();
  }
  FAIL("it was read: " << text);
  return {};
}

bool says(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("analysis: a result is read whole") {
  const ResultFile result = parse_result(kSmallResult, "results.json");
  CHECK(result.name == "small");
  CHECK(result.version == "0.1.0");
  CHECK(result.config_hash == "0123456789abcdef");
  CHECK(result.workload == "random");
  CHECK(result.policies == std::vector<std::string>{"eviction lru/1"});
  CHECK(result.notes == std::vector<std::string>{"a note"});
  CHECK(result.trace_unknown.empty());
  CHECK(result.statistics.size() == 4);
  const Statistic& total = result.statistics.at("time.total");
  CHECK(total.unit == Unit::kTime);
  CHECK(std::get<std::int64_t>(total.value) == 25025732037);
  CHECK(total.description == "simulated time");
  CHECK(std::get<double>(result.statistics.at("utilisation.memory.gpu0").value) == 0.5);
  CHECK(std::isnan(std::get<double>(result.statistics.at("bandwidth.link.pcie.to_host").value)));
  CHECK(result.assumptions == std::vector<RestsOn>{{"/platform/host/cpus", "16", "assumption: a guess"}});
  const DistributionSummary& faults = result.distributions.at("latency.fault.device");
  CHECK(faults.count == 3);
  CHECK(faults.mean == 200.5);
  CHECK(faults.p999 == 300);
  REQUIRE(faults.buckets.size() == 3);
  CHECK(faults.buckets[1].high == 203);
}

TEST_CASE("analysis: distributions become figures and an empty one only a count") {
  const Figures figures = all_figures(parse_result(kSmallResult, "results.json"));
  CHECK(figures.size() == 4 + 8 + 1);
  CHECK(std::get<std::int64_t>(figures.at("latency.fault.device.p99").value) == 300);
  CHECK(figures.at("latency.fault.device.p99").unit == Unit::kTime);
  CHECK(std::get<double>(figures.at("latency.fault.device.mean").value) == 200.5);
  CHECK(std::get<std::int64_t>(figures.at("latency.fault.cpu.count").value) == 0);
  CHECK_FALSE(figures.contains("latency.fault.cpu.p99"));
}

TEST_CASE("analysis: a result cut off at any byte is refused") {
  const std::size_t end = kSmallResult.rfind('}');
  for (std::size_t size = 0; size <= end; ++size) {
    CAPTURE(size);
    CHECK(says(refusal(kSmallResult.substr(0, size)), "out/results.json"));
  }
  CHECK(says(refusal(kSmallResult.substr(0, end / 2)), "it was cut off"));
  CHECK(parse_result(kSmallResult.substr(0, end + 1), "f").name == "small");
}

TEST_CASE("analysis: any one byte changed is read or refused") {
  for (std::size_t at = 0; at < kSmallResult.size(); ++at) {
    for (const char c : {'\0', '"', '9', '-', '{', ']', ' ', '\xFF'}) {
      std::string text = kSmallResult;
      text[at] = c;
      try {
        all_figures(parse_result(text, "f"));
      } catch (const InputError& error) {
        CHECK_FALSE(error.diagnostics().empty());
      }
    }
  }
}

TEST_CASE("analysis: what is wrong in a result is named with its place") {
  CHECK(says(refusal("[1, 2]"), "is no result"));
  CHECK(says(refusal(R"({"name": "a scenario", "workload": {}})"), "is no result of a run"));
  CHECK(says(refusal(edited("\"schema\": 1", "\"schema\": 2")), "/schema: is 2"));
  CHECK(says(refusal(edited("\"schema\": 1", "\"schema\": \"1\"")), "/schema: is no number"));
  CHECK(says(refusal(edited("\"name\": \"small\"", "\"name\": 7")), "/name: is no text"));
  CHECK(says(refusal(edited("\"name\": \"small\",", "")), "has no member \"name\""));
  CHECK(says(refusal(edited("25025732037", "1.5")), "/statistics/time.total/value: is no whole number"));
  CHECK(says(refusal(edited("25025732037", "9223372036854775808")), "/statistics/time.total/value"));
  CHECK(says(refusal(edited("25025732037", "1e999")), "out of range"));
  CHECK(says(refusal(edited("\"unit\":\"ps\"", "\"unit\":\"days\"")), "unknown unit \"days\""));
  CHECK(says(refusal(edited("\"value\":0.5", "\"value\":\"half\"")), "/statistics/utilisation.memory.gpu0/value"));
  CHECK(says(refusal(edited("[200,203,1]", "[200,203]")), "/distributions/latency.fault.device/buckets/1"));
  CHECK(says(refusal(edited("[200,203,1]", "[203,200,1]")), "ends before it begins"));
  CHECK(says(refusal(edited("[200,203,1]", "[-1,200,1]")), "is no bucket"));
  CHECK(says(refusal(edited("\"count\":3", "\"count\":-3")), "/distributions/latency.fault.device/count"));
  CHECK(says(refusal(edited("[\"a note\"]", "{}")), "/notes: is no array"));
  CHECK(says(refusal(edited("\"faults.device.raised\"", "\"time.total\"")), "twice"));
  CHECK(says(refusal(edited("\"name\": \"small\"", "\"name\": \"\xFF\"")), ":4:"));
  CHECK(says(refusal(kSmallResult + "{}"), "is no JSON from here on"));
}

TEST_CASE("analysis: memory is bounded by what a result may hold") {
  CHECK(says(refusal(std::string(1'000'000, '[')), "nested deeper"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  CHECK(says(refusal(deep), "nested deeper"));
  std::string many = "[";
  for (int i = 0; i < 4'100'000; ++i) many += "0,";
  CHECK(says(refusal(many + "0]"), "more values"));
  CHECK(says(refusal(std::string((std::size_t{64} << 20U) + 1, ' ')), "larger than any result"));
}

TEST_CASE("analysis: members that nobody knows are left alone") {
  CHECK(parse_result(edited("\"detail\": \"pages\"", "\"later\": {\"a\": [1, {}]}"), "f").name == "small");
}

TEST_CASE("analysis: a missing result says what to give") {
  try {
    read_result("no/such/folder");
    FAIL("it was read");
  } catch (const InputError& error) {
    CHECK(says(error.what(), "no/such/folder: cannot be read"));
  }
}

}  // namespace result_file_test
}  // namespace farfault::analysis
