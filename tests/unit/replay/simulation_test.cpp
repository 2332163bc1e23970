#include "sim/replay/simulation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "models/link/pcie.h"
#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace simulation_test {

using testing::failure_of;
using testing::Figures;
using testing::run_scenario;

RunSpec load(const std::string& json) {
  return load_scenario_text(json, "test", ".", {}, ConfigPaths{"configs"}, make_catalogue());
}

/// |value / expected - 1| <= tolerance
bool near(double value, double expected, double tolerance) { return std::abs(value / expected - 1) <= tolerance; }

TEST_CASE("replay: a stream in device memory reaches the configured bandwidth") {
  // 200 passes over 16 MiB, so that bringing it in is a small part; its own time is then taken off exactly.
  const std::string scenario =
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "16 MiB", "passes": 200}}})";
  const Figures figures = run_scenario(scenario);
  const double seconds = (figures.at("time.total") - figures.at("time.device.stall")) * 1e-12;
  const double rate = figures.at("bytes.memory.device") / seconds;
  const double expected = load(scenario).platform.devices.at(0).memory.bandwidth.value.bytes_per_second();
  CHECK(figures.at("bytes.memory.device") == 200.0 * (16U << 20U));
  CHECK(near(rate, expected, 0.01));
}

TEST_CASE("replay: a zero-copy stream reaches the remote peak of the link") {
  const std::string scenario =
      R"({"policy": {"placement": "remote_map", "prefetch": "none"},
          "workload": {"generator": {"kind": "sequential", "footprint": "16 MiB", "passes": 100}}})";
  const Figures figures = run_scenario(scenario);
  const double seconds = (figures.at("time.total") - figures.at("time.device.stall")) * 1e-12;
  const LinkSpec link = load(scenario).platform.links.at(0);
  const double wire = 8e9 * 16 / 8 * (128.0 / 130) * 128 / (128 + 24.0) * (1 - link.control_share.value);
  const double tags = 256 * 128 / link.round_trip.value.seconds();
  CHECK(near(figures.at("bytes.link.pcie.to_device.remote") / seconds, std::min(wire, tags), 0.01));
  CHECK(figures.at("accesses.device.local") == 0);
  CHECK(figures.at("bytes.link.pcie.to_device") == 100.0 * (16U << 20U));
}

TEST_CASE("replay: migration of whole blocks is bound by the DMA peak where software costs nothing") {
  // One pass over 1 GiB in 2 MiB pieces: every byte comes over the link once.
  const std::string scenario =
      R"({"driver": {"memory": "managed", "batch_time": "0 s", "new_block_time": "0 s", "page_time": "0 s",
                     "interrupt_latency": "0 s"},
          "platform": {"base": "generic-pcie3", "links": {"pcie": {"dma": {"to_device": {"piece_setup": "0 s"}, "to_host": {"piece_setup": "0 s"}}}}},
          "policy": {"prefetch": {"kind": "tree", "threshold": 0}},
          "workload": {"generator": {"kind": "sequential", "footprint": "1 GiB", "access_size": "4 KiB"}}})";
  const Figures figures = run_scenario(scenario);
  const double expected = dma_peak(load(scenario).platform.links.at(0)).bytes_per_second();
  const double busy = figures.at("dma.gpu0.to_device.busy") * 1e-12;
  CHECK(figures.at("bytes.link.pcie.to_device") == 1024.0 * (1U << 20U));
  CHECK(near(figures.at("bytes.link.pcie.to_device") / busy, expected, 0.01));
}

TEST_CASE("replay: the host runs what no rule sends elsewhere") {
  const Figures figures = run_scenario(
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "1 MiB"}, "assign": [{"to": "host"}]}})");
  CHECK(figures.at("accesses.host.local") == 8192);
  CHECK(figures.at("faults.cpu.minor") == 256);
  CHECK(figures.at("faults.device.raised") == 0);
  CHECK(figures.at("lanes.device") == 0);
}

TEST_CASE("replay: a phase on the host brings pages back that a phase on the device took") {
  // Three passes of 8192 accesses: device; host; device.
  const Figures figures = run_scenario(
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "1 MiB", "passes": 3},
          "assign": [{"accesses": [8192, 16384], "to": "host"}, {"to": "gpu0"}]}})");
  CHECK(figures.at("accesses.host.local") == 8192);
  CHECK(figures.at("accesses.device.local") == 16384);
  // 64 KiB a fault: 16 faults bring all back; then it comes a second time.
  CHECK(figures.at("faults.cpu.migrate") == 16);
  CHECK(figures.at("pages.to_host.cpu_fault") == 256);
  CHECK(figures.at("pages.to_device.demand") + figures.at("pages.to_device.prefetch") == 512);
  CHECK(figures.at("bytes.link.pcie.to_host.cpu_fault") == 1U << 20U);
  // While one phase runs the other waits, so waits are not stalls.
  CHECK(figures.at("time.host.wait") + figures.at("time.host.idle") > 0);
}

TEST_CASE("replay: accesses are shared between processors by address") {
  const Figures figures = run_scenario(
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "1 MiB"},
          "assign": [{"addresses": ["0x100000000", "0x100040000"], "to": "host"}, {"to": "gpu0"}]}})");
  CHECK(figures.at("accesses.host.local") == 2048);
  CHECK(figures.at("accesses.device.local") == 6144);
  CHECK(figures.at("footprint.pages") == 256);
}

TEST_CASE("replay: a first touch by the accessor copies nothing") {
  const Figures figures = run_scenario(
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "4 MiB"}, "first_touch": "accessor"}})");
  CHECK(figures.at("bytes.link.pcie.to_device") == 0);
  CHECK(figures.at("pages.to_device.zero_filled") == 1024);
}

TEST_CASE("replay: the workload may end early") {
  const Figures figures = run_scenario(
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "4 MiB"}, "max_accesses": 1000}})");
  CHECK(figures.at("accesses.total") == 1000);
}

TEST_CASE("replay: two devices share the work and their memory") {
  const std::string two = R"("platform": {"base": "generic-pcie3",
      "links": {"second": {}}, "devices": {"gpu1": {"link": "second"}}})";
  const Figures figures =
      run_scenario("{" + two + R"(, "workload": {"generator": {"kind": "sequential", "footprint": "2 MiB", "passes": 2},
          "assign": [{"accesses": [0, 16384], "to": "gpu0"}, {"to": "gpu1"}]}})");
  CHECK(figures.at("accesses.device.local") == 32768);
  CHECK(figures.at("pages.to_host.peer") == 512);
  CHECK(figures.at("bytes.link.pcie.to_host.peer") == 2U << 20U);
  CHECK(figures.at("bytes.link.second.to_device") == 2U << 20U);
}

/// Two devices take turns with 2 MiB, 16384 accesses each: gpu0, gpu1, gpu0, gpu1.
Figures ping_pong(const std::string& peer_link, const std::string& more = "") {
  return run_scenario(R"({"platform": {"base": "generic-pcie3", "links": {"second": {})" + peer_link +
                      R"(}, "devices": {"gpu1": {"link": "second"}}},
      "policy": {"thrashing": "none"},
      "workload": {"generator": {"kind": "sequential", "footprint": "2 MiB", "passes": 4},
          "assign": [{"accesses": [0, 16384], "to": "gpu0"}, {"accesses": [16384, 32768], "to": "gpu1"},
                     {"accesses": [32768, 49152], "to": "gpu0"}, {"to": "gpu1"}]})" +
                      more + "}");
}

const std::string kNvlink =
    R"(, "nvlink": {"kind": "nvlink", "links": 2, "bandwidth": "25 GB/s", "peers": ["gpu0", "gpu1"]})";

TEST_CASE("replay: what two devices pass to and fro takes the link between them") {
  constexpr double kAll = 2U << 20U;
  const Figures over_host = ping_pong("");
  const Figures direct = ping_pong(kNvlink);
  for (const Figures* figures : {&over_host, &direct}) {
    CHECK(figures->at("accesses.device.local") == 65536);
    CHECK(figures->at("pages.to_device.demand") + figures->at("pages.to_device.prefetch") == 4 * 512);
  }
  CHECK(over_host.at("pages.to_host.peer") == 3 * 512);
  CHECK(over_host.at("pages.peer") == 0);
  CHECK(over_host.at("bytes.link.pcie.to_host") == 2 * kAll);
  CHECK(over_host.at("bytes.link.second.to_host") == kAll);
  CHECK(over_host.at("bytes.link.second.to_device") == 2 * kAll);

  CHECK(direct.at("pages.to_host.peer") == 0);
  CHECK(direct.at("pages.peer") == 3 * 512);
  CHECK(direct.at("bytes.link.nvlink.to_device.peer") == 2 * kAll);
  CHECK(direct.at("bytes.link.nvlink.to_host.peer") == kAll);
  CHECK(direct.at("bytes.link.nvlink.to_device") == 2 * kAll);
  CHECK(direct.at("bytes.link.pcie.to_device") == kAll);  // its first way to a device
  CHECK(direct.at("bytes.link.pcie.to_host") == 0);
  CHECK(direct.at("bytes.link.second.to_device") + direct.at("bytes.link.second.to_host") == 0);
  CHECK(direct.at("dma.link.nvlink.to_device.pieces") > 0);
  CHECK(direct.at("time.total") < over_host.at("time.total"));
}

/// 2 MiB that gpu0 reads until its access counters bring them to it; then gpu1 does, `passes_of_second` times.
Figures read_by_peer(const std::string& link, const std::string& passes_of_second) {
  return run_scenario(R"({"platform": {"base": "generic-pcie3", "links": {"second": {})" + link +
                          R"(}, "devices": {"gpu1": {"link": "second"}}},
      "policy": {"placement": {"kind": "access_counters", "on_fault": "map_remote", "threshold": 65536},
                 "prefetch": "none", "eviction": "lru", "thrashing": "none"},
      "workload": {"generator": {"kind": "sequential", "footprint": "2 MiB", "passes": 40, "access_size": "32 B",
                                 "write_fraction": 0},
                   "assign": [{"accesses": [0, 1310720], "to": "gpu0"}, {"to": "gpu1"}]}})",
                      {"workload.max_accesses=" + passes_of_second});
}

TEST_CASE("replay: a device reads a peer's memory over the link between them") {
  // Twenty passes of gpu0, half a pass of gpu1: too little for its counters.
  const Figures direct = read_by_peer(kNvlink, "1343488");
  CHECK(direct.at("pages.to_device.access_counter") == 512);
  CHECK(direct.at("pages.remote_mapped") == 512 + 256);
  CHECK(direct.at("pages.to_host.peer") == 0);
  CHECK(direct.at("bytes.link.nvlink.to_device.remote") == 1U << 20U);
  CHECK(direct.at("bytes.link.nvlink.to_host") == 0);
  CHECK(direct.at("bytes.link.second.to_device") + direct.at("bytes.link.second.to_host") == 0);
  CHECK(direct.at("latency.access.device.count") == 1343488);
  // Without the link, they come to the host first.
  const Figures over_host = read_by_peer("", "1343488");
  CHECK(over_host.at("pages.to_host.peer") == 256);
  CHECK(over_host.at("bytes.link.second.to_device.remote") == 1U << 20U);
  // Twenty passes: they migrate, over the link as well.
  const Figures migrated = read_by_peer(kNvlink, "2621440");
  CHECK(migrated.at("pages.peer") == 512);
  CHECK(migrated.at("bytes.link.nvlink.to_device.peer") == 2U << 20U);
  CHECK(migrated.at("bytes.link.second.to_device") == 0);
}

TEST_CASE("replay: every replay policy serves every access") {
  for (const std::string policy : {"block", "batch", "batch_flush", "once"}) {
    CAPTURE(policy);
    const Figures figures =
        run_scenario(R"({"driver": {"replay": ")" + policy +
                     R"("}, "policy": {"prefetch": "none", "eviction": {"kind": "lru", "granularity": "64 KiB"}},
            "workload": {"generator": {"kind": "random", "footprint": "8 MiB", "accesses": 20000}},
            "memory": {"device_capacity": "30 % of footprint"}})");
    CHECK(figures.at("accesses.device.local") == 20000);
    CHECK(figures.at("latency.access.device.count") == 20000);
  }
}

TEST_CASE("replay: capacities from one page up come to an end") {
  for (const std::string capacity : {"4 KiB", "8 KiB", "60 KiB", "68 KiB", "2 MiB", "2052 KiB"}) {
    for (const std::string granularity : {"4 KiB", "64 KiB", "2 MiB"}) {
      CAPTURE(capacity);
      CAPTURE(granularity);
      const Figures figures =
          run_scenario(R"({"policy": {"eviction": {"kind": "fifo", "granularity": ")" + granularity + R"("}},
              "workload": {"generator": {"kind": "random", "footprint": "3 MiB", "accesses": 400, "write_fraction": 0.5}},
              "memory": {"device_capacity": ")" +
                       capacity + R"("}})");
      CHECK(figures.at("accesses.device.local") == 400);
    }
  }
}

TEST_CASE("replay: host memory that is too small is an error that names the parameter") {
  const std::string text = failure_of(
      R"({"platform": {"base": "generic-pcie3", "host": {"memory": {"capacity": "1 MiB"}}},
          "workload": {"generator": {"kind": "sequential", "footprint": "4 MiB"}, "assign": [{"to": "host"}]}})");
  CHECK(text.substr(0, 2) == "3 ");
  CHECK(text.find("host memory of 1 MiB is full") != std::string::npos);
}

TEST_CASE("replay: parameters that make time leave its range are an error") {
  for (const std::string time : {"300 h", "2500 h"}) {
    const std::string text =
        failure_of(R"({"driver": {"batch_time": ")" + time +
                   R"("}, "workload": {"generator": {"kind": "random", "footprint": "8 MiB", "accesses": 5000}}})");
    CHECK(text.substr(0, 2) == "1 ");
    CHECK(text.find("simulated time passes") != std::string::npos);
  }
}

}  // namespace simulation_test
}  // namespace farfault
