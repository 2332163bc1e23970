#include "analysis/validation/judge.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "analysis/validation/suite_export.h"
#include "sim/core/error.h"

namespace farfault::analysis {
namespace judge_test {

ResultFile result(double microseconds) {
  ResultFile out;
  out.statistics.emplace("time.kernels", Statistic{Unit::kTime, static_cast<std::int64_t>(microseconds * 1e6), {}});
  out.statistics.emplace("faults", Statistic{Unit::kCount, std::int64_t{6}, {}});
  DistributionSummary pieces;
  pieces.unit = Unit::kBytes;
  pieces.count = 8;
  pieces.buckets = {{4096, 4159, 6}, {61440, 61951, 2}};
  out.distributions.emplace("pieces", pieces);
  return out;
}

RunOutcomes outcomes() {
  RunOutcomes out;
  out["at_100"] = {result(20), {}};
  out["at_150"] = {result(30), {}};
  out["broken"] = {std::nullopt, "out of memory"};
  return out;
}

std::string case_text(const std::string& rows, const std::string& more = "") {
  return R"({"title": "t", "setup": "s", "class": "regular", "used": "prediction", "source": "x", "confidence": "quoted",
    "scenario": {"platform": "ideal"}, "runs": {"at_100": [], "at_150": ["a=b"], "broken": []},)" +
         more + R"("rows": [)" + rows + "]}";
}

std::string row(const std::string& id, const std::string& measured, const std::string& statistic,
                const std::string& run = "at_100", const std::string& more = "") {
  return R"({"id": ")" + id + R"(", "quantity": "q", "measured": )" + measured + R"(, "statistic": ")" + statistic +
         R"(", "run": ")" + run + '"' + more + '}';
}

JudgedCase judged(const std::string& rows, const std::string& more = "") {
  return judge_case(parse_case(case_text(rows, more), "c", "c.json"), outcomes());
}

TEST_CASE("a row is within its class's limit or misses it") {
  const JudgedCase of =
      judged(row("a", R"("20 us")", "time.kernels") + ',' + row("b", R"("17.4 us")", "time.kernels") + ',' +
             row("c", R"("17.3 us")", "time.kernels") + ',' + row("d", R"("23.6 us")", "time.kernels"));
  CHECK(of.rows[0].verdict == RowVerdict::kWithin);
  CHECK(*of.rows[0].error == doctest::Approx(0));
  CHECK(*of.rows[1].error == doctest::Approx(20 / 17.4 - 1));
  CHECK(of.rows[1].verdict == RowVerdict::kWithin);
  CHECK(of.rows[2].verdict == RowVerdict::kMissed);
  CHECK(*of.rows[3].error == doctest::Approx(20 / 23.6 - 1));
  CHECK(of.rows[3].verdict == RowVerdict::kMissed);
}

TEST_CASE("an irregular row may be off by a factor of 1.5, both ways") {
  const std::string irregular = R"(, "class": "irregular")";
  const JudgedCase of = judged(row("a", R"("30 us")", "time.kernels", "at_100", irregular) + ',' +
                               row("b", R"("30.1 us")", "time.kernels", "at_100", irregular) + ',' +
                               row("c", R"("13.4 us")", "time.kernels", "at_100", irregular) + ',' +
                               row("d", R"("13.3 us")", "time.kernels", "at_100", irregular));
  CHECK(of.rows[0].verdict == RowVerdict::kWithin);
  CHECK(of.rows[1].verdict == RowVerdict::kMissed);
  CHECK(of.rows[2].verdict == RowVerdict::kWithin);
  CHECK(of.rows[3].verdict == RowVerdict::kMissed);
}

TEST_CASE("an exact row is off by nothing") {
  const std::string exact = R"(, "class": "exact")";
  const JudgedCase of =
      judged(row("a", R"("6")", "faults", "at_100", exact) + ',' + row("b", R"("7")", "faults", "at_100", exact) + ',' +
             row("c", R"("2")", "count_at(pieces, 60 KiB)", "at_100", exact));
  CHECK(of.rows[0].verdict == RowVerdict::kWithin);
  CHECK(of.rows[1].verdict == RowVerdict::kMissed);
  CHECK(of.rows[2].verdict == RowVerdict::kWithin);
}

TEST_CASE("of a range, the error is to the nearer end and nothing inside") {
  const JudgedCase of = judged(row("a", R"(["19 us", "21 us"])", "time.kernels") + ',' +
                               row("b", R"(["10 us", "16 us"])", "time.kernels") + ',' +
                               row("c", R"(["25 us", "40 us"])", "time.kernels"));
  CHECK(*of.rows[0].error == 0);
  CHECK(*of.rows[1].error == doctest::Approx(0.25));
  CHECK(*of.rows[2].error == doctest::Approx(-0.2));
}

TEST_CASE("what failed says why, and the others are judged") {
  const JudgedCase of =
      judged(row("a", R"("20 us")", "time.kernels", "broken") + ',' + row("b", R"("20 us")", "time.kernel", "at_100") +
             ',' + row("c", R"("20 MiB")", "time.kernels", "at_100") + ',' +
             row("d", R"("10 us")", "at_150:time.kernels - at_100:time.kernels", "broken"));
  CHECK(of.rows[0].verdict == RowVerdict::kFailed);
  CHECK(of.rows[0].failure == "out of memory");
  CHECK(of.rows[1].failure == "the results have no figure \"time.kernel\"; did you mean \"time.kernels\"?");
  CHECK(of.rows[2].failure == "measured is a size, simulated a time");
  CHECK(of.rows[3].verdict == RowVerdict::kWithin);
}

TEST_CASE("orders hold where the simulation ranks as measured") {
  const std::string rows =
      row("a", R"("20 us")", "time.kernels") + ',' + row("b", R"("22 us")", "time.kernels", "at_150") + ',' +
      row("c", R"("19 us")", "time.kernels", "at_150") + ',' + row("d", R"("19 us")", "time.kernels", "broken") + ',' +
      row("e", R"("22 us")", "time.kernels") + ',' + row("f", R"("24 us")", "time.kernels");
  const JudgedCase of = judged(rows, R"("orders": [{"what": "x", "rows": ["a", "b"]}, {"what": "y", "rows": ["a", "c"]},
                                                   {"what": "z", "rows": ["a", "d"]}, {"what": "close", "rows": ["a", "e"]},
                                                   {"what": "not close", "rows": ["a", "f"]}],)");
  CHECK(of.orders[0].holds);
  CHECK(of.orders[0].measured == "1, 1.1");
  CHECK(of.orders[0].simulated == "1, 1.5");
  CHECK(!of.orders[1].holds);
  CHECK(!of.orders[2].holds);
  CHECK(of.orders[2].measured.empty());
  CHECK(of.orders[3].holds);  // a tie of what differs by 10 %
  CHECK(!of.orders[4].holds);
}

TEST_CASE("medians are of one class and use") {
  std::vector<JudgedCase> cases;
  cases.push_back(judged(row("a", R"("20 us")", "time.kernels") + ',' + row("b", R"("18 us")", "time.kernels") + ',' +
                         row("c", R"("10 us")", "time.kernels") + ',' +
                         row("d", R"("10 us")", "time.kernels", "at_100", R"(, "used": "fit")") + ',' +
                         R"({"id": "e", "quantity": "q", "measured": "1 s", "left_out": "nobody knows how"})"));
  const Summary summary = summarise(cases);
  REQUIRE(summary.classes.size() == 2);
  CHECK(summary.classes[0].used == Use::kFit);
  CHECK(*summary.classes[0].median == doctest::Approx(1));
  CHECK(*summary.classes[1].median == doctest::Approx(20.0 / 18 - 1));
  CHECK(summary.classes[1].worst_row == "c");
  CHECK(summary.left_out == 1);
  CHECK(summary.missed == 2);
  const auto worst = worst_rows(cases, 1);
  REQUIRE(worst.size() == 1);
  CHECK(worst[0].row->row->id == "c");
  const Figures figures = summary_figures(summary);
  CHECK(figures.at("rows.missed").as_double() == 2);
  CHECK(figures.at("median.regular.fit").as_double() == doctest::Approx(1));
  const std::string csv = suite_csv(cases);
  CHECK(csv.find("c,a,q,s,2e-05,2e-05,2e-05,0,regular,prediction,ok,,x\n") != std::string::npos);
  CHECK(csv.find(",,,regular,prediction,left out,nobody knows how,x\n") != std::string::npos);
  CHECK(suite_json(cases, summary).find("\"verdict\": \"MISS\"") != std::string::npos);
}

TEST_CASE("a case that says something wrong is refused with its place") {
  const auto problem = [](const std::string& text) -> std::string {
    try {
      parse_case(text, "c", "c.json");
    } catch (const InputError& error) {
      return error.what();
    }
    return "nothing";
  };
  const auto about = [&](const std::string& text, const std::string& words) {
    CHECK_MESSAGE(problem(text).find(words) != std::string::npos, problem(text));
  };
  const std::string good = row("a", R"("20 us")", "time.kernels");
  CHECK(problem(case_text(good)) == "nothing");
  about("{", "c.json: is no JSON");
  about("[]", "is no object");
  about(R"({"title": "t"})", "has no member \"setup\"");
  about(case_text(good, R"("clas": 1,)"), "/clas: is not known; did you mean \"class\"?");
  about(case_text(good, R"("orders": [{"what": "x", "rows": ["a", "z"]}],)"), "/orders/0/rows: names no row");
  about(case_text(good + ',' + row("b", R"("6")", "faults"), R"("orders": [{"what": "x", "rows": ["a", "b"]}],)"),
        "/orders/0/rows: are not all of one unit");
  about(case_text(""), "/rows");
  about(case_text(good + ',' + good), "/rows/1/id: is there twice");
  about(case_text(row("a", R"("20 foo")", "x")), "/rows/0/measured");
  about(case_text(row("a", R"(["2 us", "1 us"])", "x")), "ends before it begins");
  about(case_text(row("a", R"(["1 us", "2 B"])", "x")), "is a range from a time to a size");
  about(case_text(row("a", R"("1 us")", "x", "at_200")), "names no run");
  about(case_text(row("a", R"("1 us")", "x", "at_100", R"(, "class": "regulra")")), "did you mean \"regular\"?");
  about(case_text(row("a", R"("1 us")", "x", "at_100", R"(, "used": "both")")), "/rows/0/used");
  about(case_text(row("a", R"("1 us")", "x", "at_100", R"(, "left_out": "why")")), "does not go together");
}

}  // namespace judge_test
}  // namespace farfault::analysis
