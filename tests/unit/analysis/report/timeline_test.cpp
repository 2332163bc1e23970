#include "analysis/report/timeline.h"

#include <doctest/doctest.h>

#include "sim/core/error.h"
#include "tests/unit/analysis/report/support.h"

namespace farfault::report {
namespace timeline_test {

std::string problem_of(const std::string& text) {
  try {
    parse_timeline(text, "timeline.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no problem";
}

std::string with(const std::string& what, const std::string& instead) {
  std::string text = small_timeline_text();
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

bool complains(const std::string& text, const std::string& of) {
  const std::string problem = problem_of(text);
  INFO(problem);
  return problem.find(of) != std::string::npos;
}

TEST_CASE("report: a timeline is read") {
  const Timeline timeline = parse_timeline(small_timeline_text(), "timeline.json");
  CHECK(timeline.end_ps == 1'000'000'000);
  CHECK(timeline.bins == 4);
  CHECK(timeline.series.at("pages.refault").values == std::vector<double>{0, 2, 3, 0});
  CHECK(timeline.series.at("resident.gpu0").kind == SeriesKind::kMean);
  REQUIRE(timeline.heat_map);
  CHECK(timeline.heat_map->rows == std::vector<std::uint64_t>{0x100000, 0x110000, 0x7f0000000000});
  CHECK(timeline.heat_map->layers.at("accesses.device").values == std::vector<float>{3, 3, 0, 7, 0, 0});
}

TEST_CASE("report: what is wrong with a timeline is named by its place") {
  CHECK(complains("", "timeline.json:1: ends in the middle of a timeline"));
  CHECK(complains("[]", "is no timeline of a run"));
  CHECK(
      complains(with("\"schema\":1", "\"schema\":2"), "/schema: is 2, and this farfault reads version 1 of timelines"));
  CHECK(complains(with("\"bins\":4", "\"bins\":0"), "/bins: is not 1 to 65536 bins"));
  CHECK(complains(with("\"bins\":4", "\"bins\":4000000000"), "/bins: is not 1 to 65536 bins"));
  CHECK(complains(with("\"bins\":4", "\"bins\":5"), "has 4 values for 5 bins"));
  CHECK(
      complains(with("\"bin_width_ps\":250000000", "\"bin_width_ps\":0"), "/bin_width_ps: is no time in picoseconds"));
  CHECK(complains(with("[5,10,5,0]", "[5,-10,5,0]"),
                  "/series/faults.device.raised/values/1: is no number of zero or more"));
  CHECK(complains(with("[5,10,5,0]", "[5,\"x\",5,0]"), "values/1: is no number of zero or more"));
  CHECK(complains(with("\"kind\":\"mean\"", "\"kind\":\"men\""), "/kind: unknown kind \"men\"; known: sum, mean"));
  CHECK(complains(with("\"row_bytes\":65536", "\"row_bytes\":65535"), "/heat_map/row_bytes: is no power of two"));
  CHECK(complains(with("0x110000", "110000"), "/heat_map/rows/1: is no address"));
  CHECK(complains(with("0x110000", "0x110001"), "/heat_map/rows/1: is not where a row begins"));
  CHECK(complains(with("0x110000", "0x100000"), "/heat_map/rows/1: is not above the row before it"));
}

TEST_CASE("report: runs of a heat map cannot grow it beyond its bins") {
  CHECK(complains(with("[3,2]", "[3,2000000000]"), "/runs/0/1: is no number of times that the bins have room for"));
  CHECK(complains(with("[3,2]", "[3,1]"), "/runs/0: has 1 values for 2 bins"));
  CHECK(complains(with("[3,2]", "[3]"), "/runs/0: is no array of values, each with its number of times"));
  CHECK(complains(with("[[3,2],[0,1,7,1],[0,2]]", "[[3,2]]"), "/runs: has 1 rows for 3 addresses"));
  CHECK(complains(with("\"bin_width_ps\":500000000,\"bins\":2", "\"bin_width_ps\":500000000,\"bins\":3"),
                  "has 2 values for 3 bins"));
}

}  // namespace timeline_test
}  // namespace farfault::report
