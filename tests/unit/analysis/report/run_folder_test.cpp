#include "analysis/report/run_folder.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "analysis/comparison_json.h"
#include "sim/core/error.h"
#include "tests/unit/analysis/report/support.h"

namespace farfault::report {
namespace run_folder_test {

namespace fs = std::filesystem;

/// A folder that is gone with the test.
class Folder {
 public:
  Folder()
      : path_(fs::temp_directory_path() /
              ("farfault-report-" + std::to_string(getpid()) + '-' + std::to_string(++count()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

 private:
  static int& count() {
    static int count = 0;
    return count;
  }
  fs::path path_;
};

std::string result_text(const std::string& hash) {
  std::string text = analysis::kSmallResult;
  const std::string was = "0123456789abcdef";
  return text.replace(text.find(was), was.size(), hash);
}

std::string comparison_text(const std::string& scenario, const std::vector<std::string>& hashes) {
  std::vector<analysis::Column> columns;
  for (const std::string& hash : hashes) {
    analysis::ResultFile result = analysis::parse_result(result_text(hash), hash);
    columns.push_back({"column " + hash, std::move(result), {}});
  }
  columns.push_back({"bad", std::nullopt, "out of memory"});
  return analysis::comparisons_json("designs",
                                    {{{scenario, "why?", "random", ""}, analysis::compare(columns), {}, {}}});
}

std::string message_of(const auto& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no problem";
}

TEST_CASE("report: a run's folder, whole and with its results alone") {
  const Folder folder;
  folder.write("results.json", analysis::kSmallResult);
  RunFolder run = read_run_folder(folder.path());
  CHECK(run.result.name == "small");
  CHECK_FALSE(run.timeline);
  CHECK_FALSE(run.record);
  CHECK(run.config.empty());

  folder.write("timeline.json", small_timeline_text());
  folder.write("config.resolved.json", "{}");
  folder.write(
      "run.json",
      R"({"git":"abc","argv":["farfault","run"],"seed":7,"trace":{"path":"t","xxh3_64":"0f"},"wall_clock_seconds":1.5})");
  run = read_run_folder(folder.path() / "results.json");
  REQUIRE(run.timeline);
  CHECK(run.timeline->bins == 4);
  CHECK(run.config == "{}");
  REQUIRE(run.record);
  CHECK(run.record->argv == std::vector<std::string>{"farfault", "run"});
  CHECK(run.record->seed == "7");
  CHECK(run.record->trace_hash == "0f");
  CHECK(run.record->start.empty());
}

TEST_CASE("report: what is wrong with a folder is named by file and place") {
  const Folder folder;
  CHECK(message_of([&] { read_run_folder(folder.path()); }).find("results.json: cannot be read") != std::string::npos);
  folder.write("results.json", analysis::kSmallResult);
  folder.write("timeline.json", "{");
  CHECK(message_of([&] { read_run_folder(folder.path()); }).find("timeline.json:1: ends in the middle") !=
        std::string::npos);
  folder.write("timeline.json", small_timeline_text());
  folder.write("run.json", R"({"argv":[1]})");
  CHECK(message_of([&] { read_run_folder(folder.path()); }).find("run.json: /argv/0: is no text") != std::string::npos);
  folder.write("run.json", "{}");
  folder.write("config.resolved.json", std::string((4U << 20U) + 1, ' '));
  CHECK(message_of([&] { read_run_folder(folder.path()); }).find("config.resolved.json: is larger than 4 MiB") !=
        std::string::npos);
}

TEST_CASE("report: columns of a comparison are in its order, with the runs of their hashes") {
  const Folder folder;
  CHECK_FALSE(comparison_kind(folder.path()));
  folder.write("compare.json", comparison_text("s", {"bbbb", "aaaa"}));
  folder.write("a/results.json", result_text("aaaa"));
  folder.write("b/results.json", result_text("bbbb"));
  folder.write("b/timeline.json", small_timeline_text());
  CHECK(comparison_kind(folder.path()) == "designs");
  const std::vector<ScenarioResults> scenarios = read_comparison_folder(folder.path());
  REQUIRE(scenarios.size() == 1);
  CHECK(scenarios[0].heading.question == "why?");
  REQUIRE(scenarios[0].columns.size() == 3);
  CHECK(scenarios[0].columns[0].name == "column bbbb");
  CHECK(scenarios[0].columns[0].run->timeline);
  CHECK(scenarios[0].columns[1].run->path.filename() == "a");
  CHECK_FALSE(scenarios[0].columns[2].run);
  CHECK(scenarios[0].columns[2].failure == "out of memory");
}

TEST_CASE("report: a comparison whose folders are gone has its figures") {
  const Folder folder;
  folder.write("compare.json", comparison_text("s", {"aaaa"}));
  const std::vector<ScenarioResults> scenarios = read_comparison_folder(folder.path());
  const auto& run = scenarios[0].columns[0].run;
  REQUIRE(run);
  CHECK(run->result.config_hash == "aaaa");
  CHECK(run->result.statistics.at("time.total").as_double() == 25025732037.0);
  CHECK(run->result.assumptions.size() == 1);
  CHECK(analysis::compare(columns_of(scenarios[0])).columns.size() == 2);
}

TEST_CASE("report: scenarios of a folder of comparisons") {
  const Folder folder;
  folder.write("one/compare.json", comparison_text("first", {"aaaa"}));
  folder.write("one/x/results.json", result_text("aaaa"));
  folder.write("two/compare.json", comparison_text("second", {"bbbb"}));
  folder.write("two/y/results.json", result_text("bbbb"));
  std::vector<analysis::Titled> both;
  for (const char* const name : {"second", "first"}) {
    const std::string hash = name == std::string("first") ? "aaaa" : "bbbb";
    both.push_back(
        {{name, "", "", ""}, analysis::compare({{"c", analysis::parse_result(result_text(hash), hash), {}}}), {}, {}});
  }
  folder.write("compare.json", analysis::comparisons_json("designs", both));
  const std::vector<ScenarioResults> scenarios = read_comparison_folder(folder.path());
  REQUIRE(scenarios.size() == 2);
  CHECK(scenarios[0].heading.name == "second");
  CHECK(scenarios[0].columns[0].run->path.filename() == "y");
  CHECK(scenarios[1].columns[0].run->path.filename() == "x");
}

TEST_CASE("report: a sensitivity is read, and no comparison is taken for one") {
  const Folder folder;
  const std::vector<std::optional<analysis::Number>> unchanged = {std::int64_t{100}, std::int64_t{200}};
  analysis::SensitivityReport report;
  report.heading.name = "s";
  report.figure = "time.total";
  report.sensitivity = analysis::analyse({"a", "b"}, unchanged,
                                         {{"/p", analysis::Change::kDivided, {std::int64_t{100}, std::int64_t{50}}}});
  folder.write("s.json", analysis::sensitivities_json({report}));
  const std::vector<SensitivityResults> read = read_sensitivities(folder.path() / "s.json");
  REQUIRE(read.size() == 1);
  CHECK(read[0].columns == std::vector<std::string>{"a", "b"});
  REQUIRE(read[0].parameters.size() == 1);
  CHECK(read[0].parameters[0].divided[1] == 0.5);
  CHECK_FALSE(read[0].parameters[0].multiplied[1]);
  REQUIRE(read[0].order_changes.size() == 1);
  CHECK(read[0].order_changes[0].was_lower == "a");
  folder.write("compare.json", comparison_text("s", {"aaaa"}));
  CHECK(message_of([&] { read_sensitivities(folder.path()); }).find("is no sensitivity") != std::string::npos);
}

TEST_CASE("report: runs side by side have the names of their folders") {
  RunFolder a = small_run("x");
  RunFolder b = small_run("x");
  a.path = "results/old/";
  b.path = "other/old";
  const ScenarioResults scenario = side_by_side({a, b});
  CHECK(scenario.columns[0].name == "old");
  CHECK(scenario.columns[1].name == "old 2");
}

}  // namespace run_folder_test
}  // namespace farfault::report
