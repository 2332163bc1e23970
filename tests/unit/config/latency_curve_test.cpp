#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace latency_curve_test {

std::string with_curve(const std::string& curve) {
  return scenario(R"(, "platform": {"host": {"memory": {"loaded_latency": )" + curve + "}}}");
}

LatencyCurve curve_of(const std::string& curve) {
  return load(with_curve(curve)).platform.host.memory.loaded_latency.value;
}

/// The only problem of a curve.
std::string problem_of(const std::string& curve) {
  const auto found = problems(with_curve(curve));
  CAPTURE(texts(found));
  REQUIRE(found.size() == 1);
  CHECK(found[0].pointer == "/platform/host/memory/loaded_latency");
  CHECK_FALSE(found[0].remedy.empty());
  return found[0].problem;
}

TEST_CASE("config: a curve of latency is read as points and a source may stand beside it") {
  const LatencyCurve expected = {{0.0, SimTime::nanoseconds(90)}, {0.805, SimTime::nanoseconds(150)}};
  CHECK(curve_of(R"([["0 %", "90 ns"], ["80.5 %", "150 ns"]])") == expected);
  CHECK(curve_of("null").empty());
  const RunSpec spec = load(with_curve(R"({"value": [["10 %", "90 ns"]], "source": "measured"})"));
  CHECK(spec.platform.host.memory.loaded_latency.source == "measured");
}

TEST_CASE("config: a curve survives being written and read again") {
  const RunSpec spec = load(with_curve(R"([["0 %", "90 ns"], ["33.3 %", "90 ns"], ["100 %", "1.5 us"]])"));
  CHECK(load(resolved_json(spec)).platform.host.memory.loaded_latency == spec.platform.host.memory.loaded_latency);
}

TEST_CASE("config: what is wrong with a curve is said with its place") {
  CHECK(problem_of("3") == "is a number, not a curve of latency");
  CHECK(problem_of("[]") == "a curve has at least one point");
  CHECK(problem_of(R"([["0 %", "90 ns"], ["50 %"]])") == "point 1 is not a pair of a utilisation and a latency");
  CHECK(problem_of(R"([["0 %", 90]])") == "point 0 is not a pair of a utilisation and a latency");
  CHECK(problem_of(R"([["0.5", "90 ns"]])").rfind("point 0: ", 0) == 0);
  CHECK(problem_of(R"([["0 %", "90"]])").rfind("point 0: ", 0) == 0);
  CHECK(problem_of(R"([["101 %", "90 ns"]])") == "point 0: a utilisation of 101 % is out of range");
  CHECK(problem_of(R"([["5 %", "90 ns"], ["5 %", "91 ns"]])").find("does not rise from (5 %, 90 ns)") !=
        std::string::npos);
  CHECK(problem_of(R"([["5 %", "90 ns"], ["6 %", "89 ns"]])").find("the latency falls from") != std::string::npos);
  CHECK(problem_of(R"("no-such-file.csv")").find("cannot read the curve in no-such-file.csv") != std::string::npos);
}

TEST_CASE("config: a curve may be a CSV file beside the config") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "farfault_latency_curve_test";
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& text) { std::ofstream(folder / "curve.csv") << text; };
  const std::string config = (folder / "scenario.json").string();
  std::ofstream(config) << with_curve("\"curve.csv\"");
  write("utilisation,latency\n# measured\n\n0 %,90 ns\n\"80 %\" , \"150 ns\"\r\n");
  const LatencyCurve expected = {{0.0, SimTime::nanoseconds(90)}, {0.8, SimTime::nanoseconds(150)}};
  CHECK(load_scenario(config, {}, paths(), catalogue()).platform.host.memory.loaded_latency.value == expected);

  const auto error = [&](const std::string& text) -> std::string {
    write(text);
    try {
      load_scenario(config, {}, paths(), catalogue());
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  CHECK(error("utilisation,latency\n").find("has no points") != std::string::npos);
  CHECK(error("0 %,90 ns\n50 %;100 ns\n").find("curve.csv, line 2: has not two columns") != std::string::npos);
  CHECK(error("0 %,90 ns\n50 %,80 ns\n").find("curve.csv, line 2: the latency falls") != std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace latency_curve_test
}  // namespace farfault::config_test
