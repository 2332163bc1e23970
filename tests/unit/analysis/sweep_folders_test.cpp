#include "analysis/sweep_store/folders.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sim/core/error.h"
#include "tests/unit/analysis/results.h"

namespace farfault::analysis {
namespace sweep_folders_test {

namespace fs = std::filesystem;

/// Result folders of hand-made configs, which go with the test.
class Folders {
 public:
  explicit Folders(const std::vector<std::string>& configs) {
    std::string name = (fs::temp_directory_path() / "farfault-folders-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    for (const std::string& config : configs) {
      paths_.push_back(root_ / std::to_string(paths_.size()));
      fs::create_directory(paths_.back());
      std::ofstream(paths_.back() / "config.resolved.json") << config;
      std::ofstream(paths_.back() / "results.json") << kSmallResult;
    }
  }
  ~Folders() { fs::remove_all(root_); }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  const std::vector<fs::path>& paths() const { return paths_; }

 private:
  fs::path root_;
  std::vector<fs::path> paths_;
};

/// "path: value of the first, of the second, ..."
std::vector<std::string> axes_of(const std::vector<std::string>& configs) {
  const Folders folders(configs);
  const Sweep sweep = sweep_of_folders(folders.paths());
  REQUIRE(sweep.points.size() == configs.size());
  std::vector<std::string> out;
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    std::string text = sweep.axes[axis].path + ':';
    for (const SweepPoint& point : sweep.points) {
      text += point.axes[axis] == kNoAxisValue ? " -" : ' ' + sweep.axes[axis].values[point.axes[axis]];
    }
    out.push_back(text);
  }
  return out;
}

using Texts = std::vector<std::string>;

std::string error_of(const std::vector<std::string>& configs) {
  const Folders folders(configs);
  try {
    sweep_of_folders(folders.paths());
  } catch (const InputError& error) {
    const std::string text = error.what();
    const auto at = text.find("/0");
    return text.substr((at == std::string::npos ? text.find("/1") : at) + 1);
  }
  return "no error";
}

TEST_CASE("sweep of folders: axes are where configs differ") {
  CHECK(
      axes_of(
          {R"({"name": "a", "description": "x", "seed": 1, "m": {"c": {"value": "1 GiB", "source": "q"}, "d": 1}})",
           R"({"name": "b", "description": "y", "seed": 2, "m": {"c": {"value": "1 GiB", "source": "r"}, "d": 1}})",
           R"({"name": "c", "description": "z", "seed": 1, "m": {"c": {"value": "2 GiB", "source": "q"}, "d": 1}})"}) ==
      Texts{R"(/m/c: "1 GiB" "1 GiB" "2 GiB")", "/seed: 1 2 1"});
}

TEST_CASE("sweep of folders: a value with and without a source is the same value") {
  CHECK(axes_of({R"({"a": {"value": 3, "source": "default"}, "b": 1})", R"({"a": 3, "b": 2})"}) == Texts{"/b: 1 2"});
}

TEST_CASE("sweep of folders: what changes together is one axis, the shortest pointer") {
  CHECK(axes_of({R"({"long": {"path": 1}, "x": "a", "y": 5})", R"({"long": {"path": 2}, "x": "b", "y": 5})",
                 R"({"long": {"path": 1}, "x": "a", "y": 6})"}) == Texts{R"(/x: "a" "b" "a")", "/y: 5 5 6"});
}

TEST_CASE("sweep of folders: what a kind decides is no axis") {
  const auto policy = [](const std::string& kind, const std::string& more, int seed) {
    return R"({"policy": {"eviction": {"kind": ")" + kind + '"' + more + "}}, \"seed\": " + std::to_string(seed) + '}';
  };
  CHECK(axes_of({policy("lru", "", 1), policy("lfu", R"(, "half_life": 3)", 1), policy("arc", "", 2),
                 policy("lfu", R"(, "half_life": 3)", 2)}) ==
        Texts{R"(/policy/eviction/kind: "lru" "lfu" "arc" "lfu")", "/seed: 1 1 2 2"});
  // A parameter that was varied within a kind is one.
  CHECK(axes_of(
            {policy("lru", "", 1), policy("lfu", R"(, "half_life": 3)", 1), policy("lfu", R"(, "half_life": 4)", 1)}) ==
        Texts{"/policy/eviction/half_life: - 3 4", R"(/policy/eviction/kind: "lru" "lfu" "lfu")"});
}

TEST_CASE("sweep of folders: a platform is told by its name") {
  const auto platform = [](const std::string& name, int cpus, int generation) {
    return R"({"platform": {"name": ")" + name + R"(", "cpus": )" + std::to_string(cpus) + R"(, "a": )" +
           std::to_string(cpus * 2) + R"(, "pcie": )" + std::to_string(generation) + "}}";
  };
  CHECK(axes_of({platform("p", 1, 3), platform("q", 2, 3), platform("r", 2, 3), platform("p", 1, 4)}) ==
        Texts{R"(/platform/name: "p" "q" "r" "p")", "/platform/pcie: 3 3 3 4"});
  // A name alone is none.
  CHECK(axes_of({platform("p", 1, 3), platform("q", 1, 3), platform("q", 1, 4)}) == Texts{"/platform/pcie: 3 3 4"});
}

TEST_CASE("sweep of folders: objects and arrays that differ in shape are one axis") {
  CHECK(axes_of({R"({"a": [1, 2], "o": {"x": 1}})", R"({"a": [1, 3], "o": {"x": 1}})", R"({"a": [1, 2]})"}) ==
        Texts{"/a/1: 2 3 2", R"(/o: {"x":1} {"x":1} -)"});
  CHECK(axes_of({R"({"a": [1, 2], "s": 1})", R"({"a": [1, 3], "s": 1})", R"({"a": [1], "s": 2})",
                 R"({"a": [1], "s": 1})"}) == Texts{"/a: [1,2] [1,3] [1] [1]", "/s: 1 1 2 1"});
}

TEST_CASE("sweep of folders: keys of any kind") {
  CHECK(axes_of({R"({"a/b": {"c~": 1}, "": 2, "z": 1})", R"({"a/b": {"c~": 2}, "": 2, "z": 1})",
                 R"({"a/b": {"c~": 1}, "": 3, "z": 1})"}) == Texts{"/: 2 2 3", "/a~1b/c~0: 1 2 1"});
}

TEST_CASE("sweep of folders: figures and names") {
  const Folders folders({R"({"a": 1})", R"({"a": 2})"});
  const Sweep sweep = sweep_of_folders(folders.paths());
  CHECK(sweep.axes[0].title == "a");
  CHECK(sweep.points[1].key == folders.paths()[1].string());
  CHECK(sweep.points[1].config_hash == "0123456789abcdef");
  CHECK(sweep.points[1].version == "0.1.0");
  const SweepFigure* time = find_figure(sweep, "time.total");
  REQUIRE(time != nullptr);
  CHECK(time->unit == Unit::kTime);
  CHECK(time->values == std::vector<Number>{std::int64_t{25025732037}, std::int64_t{25025732037}});
  CHECK(find_figure(sweep, "latency.fault.device.p99") != nullptr);
}

TEST_CASE("sweep of folders: what is no sweep") {
  CHECK(error_of({R"({"a": 1})"}) == "0: one result is no sweep; give at least two folders");
  CHECK(error_of({R"({"a": 1, "name": "x"})", R"({"a": 1, "name": "y"})"}) ==
        "0: and the others have the same parameters: there is nothing to sweep over; give runs that differ");
  CHECK(error_of({R"({"a": 1)", R"({"a": 1})"}) == "0/config.resolved.json: is no JSON, or was cut off; run it again");
  CHECK(error_of({"[1]", "[2]"}) == "0/config.resolved.json: is no config; give folders that `farfault run -o` wrote");
  CHECK_THROWS_AS(sweep_of_folders({}), InputError);
  CHECK_THROWS_AS(sweep_of_folders({"/nowhere/a", "/nowhere/b"}), InputError);
}

TEST_CASE("sweep of folders: too many axes") {
  const std::size_t count = kMostSweepAxes + 1;
  std::vector<std::string> configs;
  for (std::size_t i = 0; i <= count; ++i) {
    std::string config = "{";
    for (std::size_t j = 0; j < count; ++j) {
      config += (j == 0 ? "\"p" : ", \"p") + std::to_string(j) + "\": " + (i == j ? "2" : "1");
    }
    configs.push_back(config + '}');
  }
  CHECK(error_of(configs) ==
        "0: and the others differ in 65 parameters, a sweep has at most 64; "
        "compare a few of them: farfault compare");
}

}  // namespace sweep_folders_test
}  // namespace farfault::analysis
