#include "analysis/report/verdict.h"

#include <doctest/doctest.h>

#include "tests/unit/analysis/report/support.h"

namespace farfault::report {
namespace verdict_test {

using Texts = std::vector<std::string>;

Texts verdict(std::vector<analysis::Column> columns, const SensitivityResults* sensitivity = nullptr) {
  return texts_of(comparison_verdict(analysis::compare(std::move(columns)), sensitivity));
}

constexpr const char* kNotTried =
    " Whether one of them can turn the order around was not tried (farfault compare --sensitivity time.total).";

TEST_CASE("report: what a run's numbers say") {
  CHECK(
      texts_of(run_verdict(small_result("small"))) ==
      Texts{
          "small took 1 ms of simulated time for 1,000 accesses to 1 MiB of memory.",
          "The devices' streams waited for page faults for 70 % of the time; the host's threads waited for others for "
          "100 %.",
          "Devices raised 20 faults in 4 batches; the host faulted once on pages in device memory. Software of driver "
          "and kernel took 300 us, copies 100 us.",
          "2 MiB moved to devices (2.00x the footprint) and 1 MiB to the host. The busiest link, pcie to the device, "
          "carried 8 GB/s on average, 75 % of its peak: near its limit.",
          "10 pages were evicted, and device memory thrashed: 5 of 20 pages that came on demand (25 %) had been "
          "evicted before. Device memory held at most 512 KiB of 512 KiB.",
          "All of it rests on 2 assumptions, values that nobody measured."});
}

TEST_CASE("report: a run in which nothing moved, resting on nothing") {
  analysis::ResultFile result;
  result.name = "quiet";
  result.statistics = {{"time.total", analysis::time_of(1'000'000)}};
  CHECK(texts_of(run_verdict(result)) ==
        Texts{"quiet took 1 us of simulated time for 0 accesses to 0 B of memory.",
              "No page faulted on a device, and the host found none of its pages there.", "Nothing moved over a link.",
              "None of it rests on assumptions."});
}

TEST_CASE("report: who wins, by how much, and who comes next") {
  CHECK(verdict({timed("old", 1'000'000'000), timed("new", 500'000'000), timed("slow", 2'000'000'000),
                 timed("third", 600'000'000)}) ==
        Texts{"Fastest: new, 500 us, 0.50x the time of old; next: third, 20 % slower.",
              "Slowest: slow, 2 ms, 4.00x the time of the fastest.",
              "Where it comes from, new against old: -500 us rest.",
              std::string("All times rest on 1 assumption, values that nobody measured.") + kNotTried});
}

TEST_CASE("report: a small lead is said to rest on the assumptions") {
  CHECK(verdict({timed("old", 1'000'000'000), timed("new", 980'000'000)}) ==
        Texts{"Fastest: new, 980 us, 0.98x the time of old.", "Where it comes from, new against old: -20 us rest.",
              std::string("All times rest on 1 assumption, values that nobody measured. The lead of new over old, 2 %, "
                          "rests on them.") +
                  kNotTried});
}

TEST_CASE("report: ties are no wins") {
  CHECK(verdict({timed("a", 1'000'000'000), timed("b", 1'000'900'000), timed("c", 999'950'000)}) ==
        Texts{"No difference in time beyond 0.1 %: all 3 columns take 1 ms.",
              "All times rest on 1 assumption, values that nobody measured."});
  const Texts some = verdict({timed("a", 2'000'000'000), timed("b", 1'000'900'000), timed("c", 1'000'000'000)});
  CHECK(some[0] == "Fastest: b and c (equal within 0.1 %), 1 ms, 0.50x the time of a.");
}

TEST_CASE("report: columns that failed are told of, and one alone is compared with nothing") {
  const analysis::Column failed{"bad", std::nullopt, "out of memory"};
  const Texts texts = verdict({timed("good", 1'000'000'000), failed});
  CHECK(texts[0] == "Only good has a time: 1 ms; there is nothing to compare it with.");
  CHECK(texts[1] == "bad failed: out of memory.");
  CHECK(verdict({failed}) == Texts{"Every column failed.", "bad failed: out of memory."});
  // The first one failed: there is a fastest, but no ratio and no attribution.
  const Texts first = verdict({failed, timed("x", 1'000'000'000), timed("y", 2'000'000'000)});
  CHECK(first[0] == "Fastest: x, 1 ms.");
  CHECK(first[1] == "bad failed: out of memory.");
}

TEST_CASE("report: what assumptions can turn around") {
  SensitivityResults sensitivity;
  sensitivity.figure = "time.total";
  sensitivity.columns = {"old", "new"};
  sensitivity.ratios = {1.0, 0.5};
  sensitivity.parameters = {{"/kernel/page", 0.129, {}, {}}};
  CHECK(verdict({timed("old", 1'000'000'000), timed("new", 500'000'000)}, &sensitivity).back() ==
        "Of 1 assumption tried, none, divided or multiplied by 2, turns the order of two columns around. The most "
        "influential, /kernel/page, changes a ratio by up to 12.9 %.");
  // Of another figure it says nothing of times.
  sensitivity.figure = "faults.device.raised";
  CHECK(verdict({timed("old", 1'000'000'000), timed("new", 500'000'000)}, &sensitivity).back().ends_with(kNotTried));
}

TEST_CASE("report: several scenarios") {
  const analysis::Comparison tie = analysis::compare({timed("a", 100), timed("b", 100)});
  const analysis::Comparison wide = analysis::compare({timed("a", 100), timed("b", 400), {"c", std::nullopt, "no"}});
  CHECK(texts_of(overview_verdict({{"one", &tie}, {"two", &wide}})) ==
        Texts{"2 scenarios compared: the columns differ in time by more than 0.1 % in 1 of 2.",
              "The widest spread is in two: b takes 4.00x the time of a.", "No difference beyond 0.1 % in one.",
              "1 column failed; the scenarios below say why.",
              "All times rest on 1 assumption, values that nobody measured."});
}

TEST_CASE("report: names in sentences stay names") {
  const std::string html = Words("Fastest: ").name(kHostile).say(" & more").html();
  CHECK(html.starts_with("Fastest: <bdi"));
  CHECK(html.ends_with("</bdi> &amp; more"));
  CHECK(html.find("<img") == std::string::npos);
  CHECK(Words().names({"a", "b", "c", "d", "e", "f", "g"}).text() == "a, b, c, d and 3 more");
  CHECK(Words().names({"a", "b", "c"}).text() == "a, b and c");
}

}  // namespace verdict_test
}  // namespace farfault::report
