// Reading the trace once before it is replayed, as measured times of kernels need: it can be interrupted, and says what
// is wrong with the trace.
#include <doctest/doctest.h>

#include <unistd.h>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>

#include "sim/core/error.h"
#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace scan_test {

TEST_CASE("replay: an interrupt ends the reading for kernel times") {
  const std::string text = engine::testing::output_of_child([]() -> std::string {
    const Catalogue catalogue = make_catalogue();
    const RunSpec spec = load_scenario_text(
        R"({"workload": {"generator": {"kind": "sequential", "footprint": "64 MiB"}, "kernel_times": {"k": {"time": "1 ms"}}}})",
        "test", ".", {}, ConfigPaths{"configs"}, catalogue);
    std::atomic<bool> interrupted = false;
    std::uint64_t scanned = 0;
    SimulationOptions options;
    options.interrupted = &interrupted;
    options.on_progress = [&](const RunProgress& progress) {
      CHILD_CHECK(progress.phase == RunProgress::Phase::kScan);
      scanned = progress.accesses;
      if (scanned > 20'000) interrupted = true;
    };
    try {
      simulate(spec, catalogue, options);
    } catch (const Interrupted&) {
      return scanned < 40'000 ? "at once" : "late";
    }
    return "not at all";
  });
  CHECK(text == "at once");
}

TEST_CASE("replay: what is wrong with a trace that is read for kernel times has file and line") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("farfault-scan-" + std::to_string(getpid()) + ".lackey");
  std::FILE* const file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs("==1== Lackey, an example Valgrind tool\n L 10000000,8\nhello\n", file);
  std::fclose(file);
  const std::string text = testing::failure_of(R"({"workload": {"trace": ")" + path.string() +
                                               R"(", "kernel_times": {"*": {"time": "1 ms"}}}})");
  std::filesystem::remove(path);
  CHECK(text.substr(0, 2) == "3 ");
  CHECK(text.find(path.filename().string() + ":3") != std::string::npos);
}

}  // namespace scan_test
}  // namespace farfault
