#include "sim/replay/results.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "analysis/result_file.h"
#include "sim/core/error.h"

namespace farfault {
namespace results_test {

namespace fs = std::filesystem;

/// An empty folder, gone at the end of the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "farfault-results-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  /// Names of all entries, hidden ones too.
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(path_)) out.push_back(entry.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  fs::path path_;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

void put(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// The text of the InputError that making it throws.
std::string refusal(const fs::path& target, IfExists if_exists) {
  try {
    const OutputDirectory output(target, if_exists);
  } catch (const InputError& error) {
    CHECK(error.code() == ExitCode::kInvalidInput);
    return error.what();
  }
  FAIL("it was not refused");
  return {};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

RunResult sample_result() {
  RunResult result;
  result.workload = "traces/samples/a.lackey.zst";
  result.statistics.count("accesses.total", (1ULL << 53U) + 1, "accesses");
  result.statistics.time("time.total", SimTime::picoseconds(1'234'567'890'123), "simulated time");
  result.statistics.bytes("bytes.moved", Bytes::gib(1), "moved");
  result.statistics.bandwidth("bandwidth.link", Bandwidth::bytes_per_second(1.5e9), "average");
  result.statistics.ratio("ratio.undefined", std::numeric_limits<double>::quiet_NaN(), "0 of 0");
  result.statistics.ratio("ratio.infinite", std::numeric_limits<double>::infinity(), "1 of 0");
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 100; ++i) histogram.add(i);
  result.statistics.distribution("latency.fault", Unit::kTime, histogram, "of a fault");
  result.statistics.distribution("latency.none", Unit::kTime, Histogram(), "of nothing");
  result.policies = {"eviction lru/1"};
  result.notes = {"a note"};
  result.trace_unknown = {"time"};
  return result;
}

TEST_CASE("results: json has every figure with value and unit and description") {
  RunSpec spec;
  spec.name = "sample";
  const auto json = nlohmann::json::parse(results_json(spec, sample_result(), "1.2.3"));
  CHECK(json["schema"] == kResultsSchema);
  CHECK(json["farfault"] == "1.2.3");
  CHECK(json["name"] == "sample");
  CHECK(json["config_hash"] == config_hash(spec));
  CHECK(json["workload"] == "traces/samples/a.lackey.zst");
  CHECK(json["policies"] == nlohmann::json({"eviction lru/1"}));
  CHECK(json["detail"] == "pages");
  CHECK(json["statistics"]["accesses.total"]["value"] == (1ULL << 53U) + 1);
  CHECK(json["statistics"]["accesses.total"]["unit"] == "count");
  CHECK(json["statistics"]["time.total"]["value"] == 1'234'567'890'123);
  CHECK(json["statistics"]["time.total"]["unit"] == "ps");
  CHECK(json["statistics"]["time.total"]["description"] == "simulated time");
  CHECK(json["statistics"]["bandwidth.link"]["value"] == 1.5e9);
  CHECK(json["notes"] == nlohmann::json({"a note"}));
  CHECK(json["trace_unknown"] == nlohmann::json({"time"}));
  CHECK(json["assumptions"].size() == assumptions(spec).size());
}

TEST_CASE("results: figures that are no numbers are null") {
  const auto json = nlohmann::json::parse(results_json(RunSpec(), sample_result(), "1"));
  CHECK(json["statistics"]["ratio.undefined"]["value"].is_null());
  CHECK(json["statistics"]["ratio.infinite"]["value"].is_null());
}

TEST_CASE("results: what is written can be read back to compare") {
  const RunSpec spec;
  const RunResult result = sample_result();
  const analysis::ResultFile read = analysis::parse_result(results_json(spec, result, "1"), "results.json");
  CHECK(read.config_hash == config_hash(spec));
  CHECK(read.workload == result.workload);
  CHECK(read.notes == result.notes);
  CHECK(read.assumptions.size() == assumptions(spec).size());
  REQUIRE(read.statistics.size() == result.statistics.figures().size());
  for (const auto& [name, figure] : result.statistics.figures()) {
    CAPTURE(name);
    CHECK(read.statistics.at(name).unit == figure.unit);
    CHECK(read.statistics.at(name).description == figure.description);
    if (std::isfinite(figure.as_double())) CHECK(read.statistics.at(name).value == figure.value);
  }
  REQUIRE(read.distributions.size() == result.statistics.distributions().size());
  for (const auto& [name, distribution] : result.statistics.distributions()) {
    CHECK(read.distributions.at(name).p99 == distribution.histogram.quantile(0.99));
    CHECK(read.distributions.at(name).buckets.size() == distribution.histogram.buckets().size());
  }
}

TEST_CASE("results: distributions have percentiles and buckets") {
  const auto json = nlohmann::json::parse(results_json(RunSpec(), sample_result(), "1"));
  const auto& fault = json["distributions"]["latency.fault"];
  CHECK(fault["unit"] == "ps");
  CHECK(fault["count"] == 100);
  CHECK(fault["mean"] == 50.5);
  CHECK(fault["min"] == 1);
  CHECK(fault["max"] == 100);
  CHECK(fault["p50"] == 50);
  CHECK(fault["p99"] == 99);
  CHECK(fault["p99.9"] == 100);
  CHECK(fault["buckets"].size() == 100);
  CHECK(fault["buckets"][6] == nlohmann::json({7, 7, 1}));
  CHECK(json["distributions"]["latency.none"]["count"] == 0);
  CHECK(json["distributions"]["latency.none"]["buckets"].empty());
}

TEST_CASE("results: json is the same each time and survives texts that are not UTF-8") {
  RunSpec spec;
  spec.name = "bad \xFF\x1B \" name";
  RunResult result = sample_result();
  result.notes = {"\xC3"};
  const std::string once = results_json(spec, result, "1");
  CHECK(once == results_json(spec, result, "1"));
  CHECK_NOTHROW(nlohmann::json::parse(once));
  CHECK(once.back() == '\n');
  CHECK_FALSE(contains(once, "\x1B"));
}

TEST_CASE("results: the config hash knows the trace as given and not where it is") {
  RunSpec here;
  here.workload.trace = "/home/a/t.zst";
  here.workload.trace_as_given = "t.zst";
  RunSpec there = here;
  there.workload.trace = "/mnt/b/t.zst";
  CHECK(config_hash(here) == config_hash(there));
  there.seed = 2;
  CHECK(config_hash(here) != config_hash(there));
}

TEST_CASE("results: hashes are XXH3 of the bytes") {
  // The reference implementation's values.
  CHECK(text_hash("") == "2d06800538d394c2");
  const Folder folder;
  std::string large(3'000'001, 'x');
  for (std::size_t i = 0; i < large.size(); i += 977) large[i] = static_cast<char>(i);
  put(folder / "large", large);
  put(folder / "empty", "");
  CHECK(file_hash(folder / "large") == text_hash(large));
  CHECK(file_hash(folder / "empty") == text_hash(""));
  CHECK_THROWS_AS(file_hash(folder / "none"), InputError);
  CHECK_THROWS_AS(file_hash(folder / "."), InputError);
}

TEST_CASE("results: a folder appears whole") {
  const Folder folder;
  {
    OutputDirectory output(folder / "out", IfExists::kRefuse);
    output.write("a.txt", "hello");
    output.write("b.txt", "");
    CHECK_FALSE(fs::exists(folder / "out"));
    CHECK(output.commit().empty());
    CHECK(text_of(folder / "out" / "a.txt") == "hello");
  }
  CHECK(folder.names() == std::vector<std::string>{"out"});
  CHECK(text_of(folder / "out" / "b.txt").empty());
  const mode_t mask = ::umask(0);
  ::umask(mask);
  CHECK((static_cast<unsigned>(fs::status(folder / "out").permissions()) & 0777U) == (0777U & ~mask));
}

TEST_CASE("results: without commit nothing remains") {
  const Folder folder;
  {
    OutputDirectory output(folder / "deep" / "er" / "out", IfExists::kRefuse);
    output.write("a.txt", "hello");
  }
  CHECK(folder.names().empty());
}

TEST_CASE("results: parents are made and a trailing slash means the folder") {
  const Folder folder;
  {
    OutputDirectory output(folder / "deep" / "out/", IfExists::kRefuse);
    output.write("a.txt", "hello");
    output.commit();
  }
  CHECK(text_of(folder / "deep" / "out" / "a.txt") == "hello");
}

TEST_CASE("results: what exists is not replaced unless asked") {
  const Folder folder;
  fs::create_directory(folder / "out");
  put(folder / "out" / "results.json", "old");
  const std::string text = refusal(folder / "out", IfExists::kRefuse);
  CHECK(contains(text, "exists"));
  CHECK(contains(text, "--force"));
  CHECK(text_of(folder / "out" / "results.json") == "old");
  CHECK(folder.names().size() == 1);
}

TEST_CASE("results: force replaces results and empty folders only") {
  const Folder folder;
  for (const char* name : {"old", "empty", "photos"}) fs::create_directory(folder / name);
  put(folder / "old" / "results.json", "old");
  put(folder / "old" / "extra", "old");
  put(folder / "photos" / "cat.jpg", "miaow");
  for (const char* name : {"old", "empty"}) {
    OutputDirectory output(folder / name, IfExists::kReplace);
    output.write("results.json", "new");
    CHECK(output.commit().empty());
    CHECK(text_of(folder / name / "results.json") == "new");
    CHECK_FALSE(fs::exists(folder / name / "extra"));
  }
  CHECK(contains(refusal(folder / "photos", IfExists::kReplace), "not farfault's to replace"));
  put(folder / "file", "text");
  CHECK(contains(refusal(folder / "file", IfExists::kReplace), "not a folder"));
  CHECK(folder.names() == std::vector<std::string>{"empty", "file", "old", "photos"});
}

TEST_CASE("results: force keeps the old folder until commit") {
  const Folder folder;
  fs::create_directory(folder / "out");
  put(folder / "out" / "results.json", "old");
  {
    OutputDirectory output(folder / "out", IfExists::kReplace);
    output.write("results.json", "new");
  }
  CHECK(text_of(folder / "out" / "results.json") == "old");
  CHECK(folder.names() == std::vector<std::string>{"out"});
}

TEST_CASE("results: a folder that someone filled meanwhile stays") {
  const Folder folder;
  {
    OutputDirectory output(folder / "out", IfExists::kRefuse);
    fs::create_directory(folder / "out");
    CHECK_THROWS_AS(output.commit(), RunError);
  }
  {
    OutputDirectory output(folder / "out", IfExists::kReplace);
    put(folder / "out" / "thesis.txt", "years of work");
    CHECK_THROWS_AS(output.commit(), RunError);
  }
  CHECK(text_of(folder / "out" / "thesis.txt") == "years of work");
  CHECK(folder.names() == std::vector<std::string>{"out"});
}

TEST_CASE("results: symbolic links are not followed out of the folder") {
  const Folder folder;
  fs::create_directory(folder / "elsewhere");
  put(folder / "elsewhere" / "results.json", "theirs");
  fs::create_directory_symlink(folder / "elsewhere", folder / "link");
  fs::create_symlink(folder / "nowhere", folder / "dangling");
  CHECK(contains(refusal(folder / "link", IfExists::kReplace), "symbolic link"));
  CHECK(contains(refusal(folder / "link/", IfExists::kReplace), "symbolic link"));
  CHECK(contains(refusal(folder / "dangling", IfExists::kReplace), "symbolic link"));
  CHECK(contains(refusal(folder / "dangling", IfExists::kRefuse), "exists"));
  fs::create_directory(folder / "old");
  put(folder / "old" / "results.json", "old");
  fs::create_directory_symlink(folder / "elsewhere", folder / "old" / "inner");
  OutputDirectory output(folder / "old", IfExists::kReplace);
  output.write("results.json", "new");
  output.commit();
  CHECK(text_of(folder / "elsewhere" / "results.json") == "theirs");
}

TEST_CASE("results: numbered folders never collide") {
  const Folder folder;
  CHECK(fresh_directory(folder / "run") == folder / "run");
  OutputDirectory first(folder / "run", IfExists::kNumber);
  OutputDirectory second(folder / "run", IfExists::kNumber);
  first.write("results.json", "1");
  second.write("results.json", "2");
  first.commit();
  second.commit();
  CHECK(first.target() == folder / "run");
  CHECK(second.target() == folder / "run-2");
  CHECK(fresh_directory(folder / "run") == folder / "run-3");
  CHECK(folder.names() == std::vector<std::string>{"run", "run-2"});
}

TEST_CASE("results: places where no folder can be made are refused at once") {
  const Folder folder;
  put(folder / "file", "");
  CHECK(contains(refusal(folder / "file" / "out", IfExists::kRefuse), "not a folder"));
  CHECK(contains(refusal("/proc/farfault/out", IfExists::kRefuse), "/proc/farfault"));
  for (const char* name : {"", ".", "..", "/", "a/..", "a/."}) refusal(name, IfExists::kReplace);
  refusal(folder / std::string(300, 'x'), IfExists::kRefuse);
  CHECK(folder.names() == std::vector<std::string>{"file"});
}

TEST_CASE("results: the longest name that the disk allows is allowed") {
  const Folder folder;
  const std::string name(255, 'x');
  OutputDirectory output(folder / name, IfExists::kRefuse);
  output.commit();
  CHECK(fs::is_directory(folder / name));
}

TEST_CASE("results: files in folders are written with them") {
  const Folder folder;
  OutputDirectory output(folder / "out", IfExists::kRefuse);
  output.write("a/b/c.txt", "1");
  output.write("a/d.txt", "2");
  output.write("e.txt", "3");
  CHECK_THROWS_AS(output.write("e.txt/f", "4"), RunError);
  output.commit();
  CHECK(text_of(folder / "out" / "a" / "b" / "c.txt") == "1");
  CHECK(text_of(folder / "out" / "a" / "d.txt") == "2");
  CHECK(folder.names() == std::vector<std::string>{"out"});
}

TEST_CASE("results: a folder of a comparison may be replaced") {
  const Folder folder;
  {
    OutputDirectory output(folder / "out", IfExists::kRefuse);
    output.write("compare.json", "{}");
    output.commit();
  }
  OutputDirectory output(folder / "out", IfExists::kReplace);
  output.write("compare.json", "new");
  output.commit();
  CHECK(text_of(folder / "out" / "compare.json") == "new");
}

TEST_CASE("results: only names within the folder are written") {
  const Folder folder;
  OutputDirectory output(folder / "out", IfExists::kRefuse);
  for (const char* name : {"", ".", "..", "../evil", "a/../b", "a/", "/etc/passwd"}) {
    CHECK_THROWS_AS(output.write(name, "x"), std::logic_error);
  }
  output.write("a", "1");
  CHECK_THROWS_AS(output.write("a", "2"), RunError);
}

TEST_CASE("results: a write that fails names file and cause and leaves nothing") {
  const Folder folder;
  {
    OutputDirectory output(folder / "out", IfExists::kRefuse);
    // What a user may do while a run lasts.
    fs::remove_all(output.temporary());
    try {
      output.write("results.json", "text");
      FAIL("it wrote into a folder that is gone");
    } catch (const RunError& error) {
      CHECK(contains(error.what(), (folder / "out" / "results.json").string()));
      CHECK(contains(error.what(), "No such file"));
      CHECK(contains(error.what(), "-o"));
    }
  }
  CHECK(folder.names().empty());
}

}  // namespace results_test
}  // namespace farfault
