// Order among lanes and events: what the dispatcher promises.
#include <doctest/doctest.h>

#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace order_test {

using testing::Figures;
using testing::run_scenario;

/// A lackey trace in a file that goes with the object.
class TraceFile {
 public:
  explicit TraceFile(const std::string& lines)
      : path_(std::filesystem::temp_directory_path() / ("farfault-order-" + std::to_string(getpid()) + ".lackey")) {
    std::FILE* file = std::fopen(path_.c_str(), "w");
    REQUIRE(file != nullptr);
    std::fputs(("==1== Lackey, an example Valgrind tool\n" + lines).c_str(), file);
    std::fclose(file);
  }
  ~TraceFile() { std::filesystem::remove(path_); }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  std::string workload(const std::string& more = "") const {
    return R"("workload": {"trace": ")" + path_.string() + R"(")" + more + "}";
  }

 private:
  std::filesystem::path path_;
};

std::string mmap_line(const std::string& address, int bytes) {
  return "SYSCALL[1,1](9) sys_mmap ( 0x0, " + std::to_string(bytes) +
         ", 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x" + address + ") \n";
}

std::string munmap_line(const std::string& address, int bytes) {
  return "SYSCALL[1,1](11) sys_munmap ( 0x" + address + ", " + std::to_string(bytes) + " )[sync] --> Success(0x0) \n";
}

TEST_CASE("replay: a lane that appears in a later phase waits for the earlier one") {
  // The device's only page takes more than a second to come; the host starts after it.
  const Figures figures = run_scenario(
      R"({"driver": {"batch_time": "1 s"}, "workload": {
          "generator": {"kind": "sequential", "footprint": "64 KiB", "passes": 2},
          "assign": [{"accesses": [0, 512], "to": "gpu0"}, {"to": "host"}]}})");
  CHECK(figures.at("accesses.device.local") == 512);
  CHECK(figures.at("accesses.host.local") == 512);
  CHECK(figures.at("time.host.wait") + figures.at("time.host.idle") >= 1e12);
  // All of it was on the device by then.
  CHECK(figures.at("faults.cpu.minor") == 0);
  CHECK(figures.at("pages.to_host.cpu_fault") == 16);
}

TEST_CASE("replay: memory that is unmapped and mapped again is mapped and empty") {
  const TraceFile trace(mmap_line("10000000", 65536) + " L 10000000,8\n" + munmap_line("10000000", 65536) +
                        mmap_line("10000000", 65536) + " L 10000000,8\n");
  const Figures figures = run_scenario(R"({"policy": {"prefetch": "block64k"}, )" + trace.workload() + "}");
  CHECK(figures.at("pages.to_device.demand") == 2);
  // Both times the rest of the 64 KiB comes along.
  CHECK(figures.at("pages.to_device.prefetch") == 30);
  CHECK(figures.at("pages.unmapped") == 16);
  CHECK(figures.at("footprint.pages") == 1);
}

TEST_CASE("replay: nothing of a trace that tells of mappings is prefetched beyond them") {
  const TraceFile trace(mmap_line("10000000", 8192) + " L 10000000,8\n L 20000000,8\n");
  const Figures figures = run_scenario(R"({"policy": {"prefetch": "block64k"}, )" + trace.workload() + "}");
  CHECK(figures.at("pages.to_device.demand") == 2);
  CHECK(figures.at("pages.to_device.prefetch") == 1);
}

TEST_CASE("replay: each access of the host is one sample of latency") {
  const Figures figures = run_scenario(
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "1 MiB"}, "assign": [{"to": "host"}]}})");
  CHECK(figures.at("latency.access.host.count") == 8192);
  CHECK(figures.at("latency.access.host.max") == 700'000);  // a minor fault, 700 ns
}

TEST_CASE("replay: an access over page boundaries is one access of every page") {
  const TraceFile trace(mmap_line("10000000", 16384) + " S 10000ffc,8\n L 10001fff,4098\n");
  const Figures figures = run_scenario(R"({"policy": {"prefetch": "none"}, )" + trace.workload() + "}");
  CHECK(figures.at("accesses.device.local") == 2);
  CHECK(figures.at("footprint.pages") == 4);
  CHECK(figures.at("pages.to_device.demand") == 4);
}

TEST_CASE("replay: accesses are assigned by the kind of their mapping") {
  const TraceFile trace(mmap_line("10000000", 8192) + " L 10000000,8\n L 1fff000000,8\n L 10001000,8\n");
  const Figures figures = run_scenario(
      "{" + trace.workload(R"(, "assign": [{"vma": "private_anonymous", "to": "gpu0"}, {"to": "host"}])") + "}");
  CHECK(figures.at("accesses.device.local") == 2);
  CHECK(figures.at("accesses.host.local") == 1);
}

TEST_CASE("replay: addresses that no process has are an error") {
  const TraceFile trace(" L ffff888000000000,8\n");
  const std::string text = testing::failure_of("{" + trace.workload() + "}");
  CHECK(text.substr(0, 2) == "3 ");
  CHECK(text.find("0xffff888000000000") != std::string::npos);
}

TEST_CASE("replay: a trace over more blocks than allowed is an error that names the option") {
  const TraceFile trace(" L 10000000,8\n L 20000000,8\n L 30000000,8\n");
  const std::string text = testing::failure_of("{" + trace.workload() + "}", {"replay.block_limit=2"});
  CHECK(text.substr(0, 2) == "3 ");
  CHECK(text.find("replay.block_limit") != std::string::npos);
}

}  // namespace order_test
}  // namespace farfault
