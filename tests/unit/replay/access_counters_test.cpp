// Access counters from the hit loop to the migration, in whole runs.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "sim/replay/hit_loop.h"
#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace replay_access_counters_test {

using testing::Figures;
using testing::run_scenario;

/// Four passes over 4 MiB, each 32-byte sector once a pass.
Figures passes(const std::string& placement, const std::vector<std::string>& sets = {}) {
  return run_scenario(R"({"platform": "generic-pcie3",
      "policy": {"placement": )" +
                          placement + R"(, "prefetch": "none", "eviction": "lru", "thrashing": "none"},
      "workload": {"generator": {"kind": "sequential", "footprint": "4 MiB", "passes": 4, "access_size": "32 B",
                                "write_fraction": 0},
                   "assign": [{"to": "gpu0"}]}})",
                      sets);
}

TEST_CASE("access counters: they see every sector that crosses the link, and only where somebody asks") {
  const Figures seen = passes(R"({"kind": "access_counters", "on_fault": "map_remote", "threshold": 1000000})");
  CHECK(seen.at("accesses.device.remote") == 4 * 131'072);
  CHECK(seen.at("access_counters.accesses") ==
        (seen.at("bytes.link.pcie.to_device.remote") + seen.at("bytes.link.pcie.to_host.remote")) / 32);
  CHECK(seen.at("access_counters.notifications") == 0);
  CHECK(seen.at("pages.to_device.access_counter") == 0);
  const Figures nobody = passes(R"("remote_map")");
  CHECK(nobody.at("access_counters.accesses") == 0);
  // Counting takes no time.
  CHECK(nobody.at("time.total") == seen.at("time.total"));
}

TEST_CASE("access counters: a run's regions migrate once each, and are local from then on") {
  // One notification for each of the two blocks: in its first pass, since each has 65536 sectors.
  const Figures run = passes(R"({"kind": "access_counters", "on_fault": "map_remote", "threshold": 65536})");
  CHECK(run.at("access_counters.notifications") == 2);
  CHECK(run.at("access_counters.lost") == 0);
  CHECK(run.at("pages.to_device.access_counter") == 1024);
  CHECK(run.at("pages.to_device.demand") == 0);
  CHECK(run.at("bytes.link.pcie.to_device.access_counter") == 4U << 20U);
  CHECK(run.at("accesses.device.remote") + run.at("accesses.device.local") == 4 * 131'072);
  CHECK(run.at("accesses.device.remote") >= 131'072);
  CHECK(run.at("accesses.device.local") >= 2 * 131'072);
}

TEST_CASE("access counters: evicted memory is reached over the link instead of faulting") {
  const std::string stay = R"({"kind": "access_counters", "threshold": 1000000, "map_remote_on_eviction": true})";
  const std::string leave = R"({"kind": "access_counters", "threshold": 1000000, "map_remote_on_eviction": false})";
  const std::vector<std::string> small = {"memory.device_capacity=2 MiB"};
  const Figures mapped = passes(stay, small);
  const Figures faulted = passes(leave, small);
  // Each page faults once; what it pushed out is never wanted back.
  CHECK(mapped.at("pages.to_device.demand") == 1024);
  CHECK(mapped.at("faults.device.refaults") == 0);
  CHECK(mapped.at("accesses.device.remote") > 0);
  CHECK(faulted.at("pages.to_device.demand") > 2048);
  CHECK(faulted.at("faults.device.refaults") > 1024);
  CHECK(faulted.at("accesses.device.remote") == 0);
}

TEST_CASE("hit loop: accesses over the link are logged by region, repeats merged") {
  ResidencyMap residency(1, 16);
  const BlockSlot first = residency.slot(BlockNumber(3));
  const BlockSlot second = residency.slot(BlockNumber(4));
  residency.masks(1, first).remote = PageMask::all();
  residency.masks(1, second).remote.set(0);
  residency.masks(1, second).readable.set(1);
  std::vector<traces::Access> accesses;
  const auto add = [&](std::uint64_t block, std::uint64_t offset) {
    accesses.push_back(traces::Access::make(block * kBlockSize.count() + offset, 4, traces::Op::kRead));
  };
  add(3, 0);
  add(3, 4);  // the same sector: no traffic, so that nobody sees it
  add(3, 32);
  add(4, 4096);  // local
  add(3, 64 * 1024);
  add(4, 0);
  add(3, 96);
  Coalescer coalescer(Bytes(32), 64);
  RemoteLog log;
  HitContext context;
  context.index = residency.index();
  context.masks = residency.masks(1);
  context.coalescer = &coalescer;
  context.remote = &log;
  context.region_shift = 16;
  HitCounts counts;
  CHECK(run_hits(accesses.data(), accesses.data() + accesses.size(), context, counts) ==
        accesses.data() + accesses.size());
  CHECK(counts.remote_accesses == 6);
  CHECK(counts.local_accesses == 1);
  REQUIRE(log.runs().size() == 4);
  const std::uint64_t base = 3 * 32;
  CHECK(log.runs()[0].region == base);
  CHECK(log.runs()[0].accesses == 2);
  CHECK(log.runs()[1].region == base + 1);
  CHECK(log.runs()[1].accesses == 1);
  CHECK(log.runs()[2].region == base + 32);
  CHECK(log.runs()[3].region == base);
  log.add(base, 5);
  CHECK(log.runs()[3].accesses == 6);
  log.add(base + 9, 1);
  CHECK(log.runs().size() == 5);
  log.clear();
  CHECK(log.runs().empty());
  log.add(base + 9, 1);
  REQUIRE(log.runs().size() == 1);
  CHECK(log.runs()[0].accesses == 1);
}

}  // namespace replay_access_counters_test
}  // namespace farfault
