// A recording of a real driver, replayed as faults: the simulated driver must form the batches that the real one did.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace replay_uvm_log_test {

using testing::Figures;
using testing::run_scenario;

/// A vector addition; see tests/unit/traces/fixtures/README.md.
constexpr const char* kLog = "tests/unit/traces/fixtures/uvm-eval/abc_1.log";
/// Further runs of the same program, where they are at hand.
constexpr const char* kMoreLogs = "../shared/traces/gpu/uvm-eval-abc";

/// With the parameters that production drivers have by default, which are the platform's: batches of 256, a flush and a
/// replay after each batch, 56 outstanding faults of a micro-TLB. Faults are all that there is in the log, so nothing
/// may come by prefetching.
Figures replay(const std::string& log, const std::vector<std::string>& sets = {}) {
  return run_scenario(R"({"platform": "generic-pcie3", "policy": {"prefetch": "none"}, "workload": {"trace": ")" + log +
                          R"(", "assign": [{"agent": "gpc*", "to": "gpu0"}, {"to": "host"}]}})",
                      sets);
}

/// A third batch between 8 and 56 that makes 96 of them has 32.
void check_batches(const Figures& figures) {
  CHECK(figures.at("accesses.device.local") == 96);
  CHECK(figures.at("faults.device.raised") == 96);
  CHECK(figures.at("faults.device.serviced") == 96);
  CHECK(figures.at("faults.device.batches") == 3);
  CHECK(figures.at("faults.device.batch_faults.max") == 56);
  CHECK(figures.at("faults.device.batch_faults.min") == 8);
}

TEST_CASE("replay: a recorded fault stream gives the batches that the real driver served") {
  check_batches(replay(kLog));
  for (const char* name : {"abc_1.log", "abc_2.log", "abc_3.log", "abc_4.log"}) {
    const std::filesystem::path log = std::filesystem::path(kMoreLogs) / name;
    if (std::filesystem::exists(log)) check_batches(replay(log.string()));
  }
}

TEST_CASE("replay: the batches of a recorded fault stream come in the order of the real ones") {
  const Figures first = replay(kLog, {"workload.max_accesses=56"});
  CHECK(first.at("faults.device.batches") == 1);
  CHECK(first.at("faults.device.batch_faults.max") == 56);
  const Figures first_two = replay(kLog, {"workload.max_accesses=64"});
  CHECK(first_two.at("faults.device.batches") == 2);
  CHECK(first_two.at("faults.device.batch_faults.max") == 56);
  CHECK(first_two.at("faults.device.batch_faults.min") == 8);
}

TEST_CASE("replay: the batches of a recorded fault stream follow from slots, batch size and dependency") {
  const Figures small_batches = replay(kLog, {"driver.batch_size=32"});
  CHECK(small_batches.at("faults.device.batch_faults.max") == 32);
  // With slots for all 64 reads it is only the writes that wait.
  const Figures many_slots = replay(kLog, {"platform.devices.gpu0.fault_slots=256"});
  CHECK(many_slots.at("faults.device.batches") == 2);
  CHECK(many_slots.at("faults.device.batch_faults.max") == 64);
  CHECK(many_slots.at("faults.device.batch_faults.min") == 32);
}

}  // namespace replay_uvm_log_test
}  // namespace farfault
