// Whole runs with TLBs, caches and latency under load: what theory says comes out.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/replay/run_scenario.h"

namespace farfault::testing {
namespace detail_test {

bool near(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance * std::abs(b); }

std::string sequential(const std::string& parameters, const std::string& to) {
  return R"({"workload": {"generator": {"kind": "sequential", )" + parameters + R"(}, "assign": [{"to": ")" + to +
         R"("}]}})";
}

/// One access to each of `pages` pages in turn, ten times over.
Figures host_pages(unsigned pages, std::vector<std::string> sets) {
  for (const char* set : {"platform.host.page_table.huge_pages=false", "platform.host.tlb.l1.entries=8",
                          "platform.host.tlb.l1.ways=8", "platform.host.tlb.l2.entries=16",
                          "platform.host.tlb.l2.ways=16", "platform.host.tlb.walk_cache=0", "replay.detail=tlb"}) {
    sets.insert(sets.begin(), set);
  }
  const std::string size = std::to_string(4 * pages) + " KiB";
  return run_scenario(sequential(R"("access_size": "4 KiB", "passes": 10, "footprint": ")" + size + '"', "host"), sets);
}

TEST_CASE("detail: a footprint within the TLB's reach has only cold misses") {
  const Figures l1 = host_pages(8, {});
  CHECK(l1.at("accesses.host.local") == 80);
  CHECK(l1.at("tlb.host.l1.misses") == 8);
  CHECK(l1.at("tlb.host.l1.hits") == 72);
  CHECK(l1.at("tlb.host.walks") == 8);
  CHECK(l1.at("tlb.host.walk_levels") == 8 * 4);
  const Figures l2 = host_pages(16, {});
  CHECK(l2.at("tlb.host.l1.misses") == 160);  // more than 8, in a circle: never there
  CHECK(l2.at("tlb.host.l2.misses") == 16);
  CHECK(l2.at("tlb.host.walks") == 16);
}

TEST_CASE("detail: one page more than the TLB's reach in a circle always misses with LRU") {
  const Figures figures = host_pages(17, {});
  CHECK(figures.at("tlb.host.l2.misses") == 170);
  CHECK(figures.at("tlb.host.walk_levels") == 170 * 4);
  // The tables above are the same for all of these pages, so a walk cache leaves one read each.
  const Figures cached = host_pages(17, {"platform.host.tlb.walk_cache=32"});
  CHECK(cached.at("tlb.host.l2.misses") == 170);
  CHECK(cached.at("tlb.host.walk_levels") == 4 + 169);
}

TEST_CASE("detail: pages of 2 MiB need an entry each") {
  // The 4 KiB entries of the first pass, while the block was not full, and then one.
  const Figures figures = host_pages(512, {"platform.host.page_table.huge_pages=true"});
  CHECK(figures.at("tlb.host.l1.misses") == 512);
  CHECK(figures.at("tlb.host.walk_levels") == 511 * 4 + 3);
}

TEST_CASE("detail: walks take the time of their levels and as many run at a time as there are walkers") {
  const std::vector<std::string> nothing_else = {"platform.host.access_time=0 s",
                                                 "platform.host.memory.latency=0 s",
                                                 "platform.host.memory.bandwidth=unlimited",
                                                 "platform.host.tlb.l2.latency=0 s",
                                                 "platform.host.page_table.walk_level=25 ns",
                                                 "platform.host.tlb.walkers=2"};
  const Figures figures = host_pages(17, nothing_else);
  CHECK(figures.at("tlb.host.walk_time") == 680 * 25e3);
  CHECK(near(figures.at("time.host.local"), 680 * 25e3 / 2, 1e-6));
  std::vector<std::string> one = nothing_else;
  one.emplace_back("platform.host.tlb.walkers=1");
  CHECK(near(host_pages(17, one).at("time.host.local"), 680 * 25e3, 1e-6));
  // As many walkers as lines in flight: those are the bound.
  std::vector<std::string> many = nothing_else;
  many.emplace_back("platform.host.tlb.walkers=100");
  many.emplace_back("platform.host.memory_parallelism=10");
  CHECK(near(host_pages(17, many).at("time.host.local"), 680 * 25e3 / 10, 1e-6));
}

TEST_CASE("detail: a device translates each access once and what fits its TLB misses no more") {
  const auto run = [](const char* passes, const char* footprint) {
    return run_scenario(
        sequential(R"("passes": )" + std::string(passes) + R"(, "footprint": ")" + footprint + '"', "gpu0"),
        {"replay.detail=tlb"});
  };
  const Figures two = run("2", "16 MiB");
  const Figures six = run("6", "16 MiB");
  CHECK(six.at("tlb.device.l1.hits") + six.at("tlb.device.l1.misses") == six.at("accesses.device.local"));
  CHECK(two.at("tlb.device.l1.misses") > 0);
  CHECK(six.at("tlb.device.l1.misses") == two.at("tlb.device.l1.misses"));
  CHECK(six.at("tlb.device.invalidations") == 0);
  // 17 blocks of 2 MiB in 16 entries: each pass beyond the second misses once a block in the first level, and the
  // second has them.
  const Figures big_two = run("2", "34 MiB");
  const Figures big_six = run("6", "34 MiB");
  CHECK(big_six.at("tlb.device.l1.misses") - big_two.at("tlb.device.l1.misses") == 4 * 17);
  CHECK(big_six.at("tlb.device.l2.misses") == big_two.at("tlb.device.l2.misses"));
}

TEST_CASE("detail: what leaves a memory leaves TLBs and caches") {
  const std::string scenario = sequential(R"("passes": 3, "footprint": "16 MiB")", "gpu0");
  const Figures figures = run_scenario(
      scenario, {"replay.detail=cache", "memory.device_capacity=8 MiB", "platform.devices.gpu0.cache.capacity=16 MiB"});
  CHECK(figures.at("tlb.device.invalidations") > 0);
  CHECK(figures.at("tlb.device.flushes") + figures.at("tlb.device.dropped") > 0);
  CHECK(figures.at("cache.device.dropped") > 0);
  CHECK(figures.at("bytes.memory.device") ==
        figures.at("cache.device.fetched") + figures.at("cache.device.writebacks"));
  // A phase on the host, then one on the device.
  const Figures host = run_scenario(
      R"({"workload": {"generator": {"kind": "sequential", "footprint": "1 MiB", "passes": 2},
          "assign": [{"accesses": [0, 8192], "to": "host"}, {"to": "gpu0"}]}})",
      {"replay.detail=cache"});
  CHECK(host.at("tlb.host.invalidations") > 0);
  CHECK(host.at("cache.host.dropped") == 16384);
  CHECK(host.at("cache.host.hits") == 0);
}

TEST_CASE("detail: a working set comes from memory once if it fits the cache and each time if not") {
  const std::string reads = R"("passes": 8, "footprint": "1 MiB", "write_fraction": 0)";
  constexpr double kMib = 1U << 20U;
  const Figures fits = run_scenario(sequential(reads, "host"), {"replay.detail=cache"});
  CHECK(fits.at("bytes.memory.host") == kMib);
  CHECK(fits.at("cache.host.misses") == 16384);
  CHECK(fits.at("cache.host.hits") == 7 * 16384);
  CHECK(fits.at("cache.host.writebacks") == 0);
  const Figures small =
      run_scenario(sequential(reads, "host"), {"replay.detail=cache", "platform.host.cache.capacity=512 KiB"});
  CHECK(small.at("bytes.memory.host") == 8 * kMib);
  CHECK(small.at("cache.host.hits") == 0);
  const Figures device = run_scenario(sequential(reads, "gpu0"), {"replay.detail=cache"});
  CHECK(device.at("bytes.memory.device") == kMib);
  CHECK(device.at("cache.device.fetched") == kMib);
  // With pages alone, every pass is traffic.
  const Figures pages = run_scenario(sequential(reads, "gpu0"));
  CHECK(pages.at("bytes.memory.device") == 8 * kMib);
  CHECK(pages.count("cache.device.hits") == 0);
  CHECK(pages.count("tlb.device.walks") == 0);
}

TEST_CASE("detail: stores are written back when their line goes and read first where the spec says so") {
  const std::string writes = R"("passes": 8, "footprint": "1 MiB", "write_fraction": 1)";
  constexpr double kMib = 1U << 20U;
  const Figures fits = run_scenario(sequential(writes, "gpu0"), {"replay.detail=cache"});
  CHECK(fits.at("bytes.memory.device") == 0);
  // Half fits: every pass pushes all of the pass before out; what is in the cache at the end has not been written.
  const std::vector<std::string> half = {"replay.detail=cache", "platform.host.cache.capacity=512 KiB"};
  const Figures host = run_scenario(sequential(writes, "host"), half);
  CHECK(host.at("cache.host.fetched") == 8 * kMib);
  CHECK(host.at("cache.host.writebacks") == 7.5 * kMib);
  CHECK(host.at("bytes.memory.host") == 15.5 * kMib);
  std::vector<std::string> no_fetch = half;
  no_fetch.emplace_back("platform.host.cache.fetch_on_write=false");
  CHECK(run_scenario(sequential(writes, "host"), no_fetch).at("bytes.memory.host") == 7.5 * kMib);
}

TEST_CASE("detail: hits take the latency and the bandwidth of the cache") {
  const std::string reads = R"("passes": 101, "footprint": "1 MiB", "write_fraction": 0)";
  const std::vector<std::string> sets = {"replay.detail=cache",
                                         "platform.host.access_time=0 s",
                                         "platform.host.memory_parallelism=10",
                                         "platform.host.cache.latency=40 ns",
                                         "platform.host.cache.bandwidth=unlimited",
                                         "platform.host.memory.latency=90 ns"};
  // 100 passes of 16384 lines that hit, ten at a time; walks and the first pass are the rest.
  const double hits = 100.0 * 16384 * 40e3 / 10;
  CHECK(near(run_scenario(sequential(reads, "host"), sets).at("time.host.local"), hits, 0.05));
  std::vector<std::string> slow = sets;
  slow.emplace_back("platform.host.cache.bandwidth=10 GB/s");
  CHECK(near(run_scenario(sequential(reads, "host"), slow).at("time.host.local"), 100.0 * 16384 * 64 / 10e9 * 1e12,
             0.05));
}

TEST_CASE("detail: runs are the same each time") {
  const std::string scenario = sequential(R"("passes": 3, "footprint": "16 MiB")", "gpu0");
  const std::vector<std::string> sets = {"replay.detail=cache", "memory.device_capacity=8 MiB",
                                         "platform.host.memory.loaded_latency_factor=0.2"};
  CHECK(run_scenario(scenario, sets) == run_scenario(scenario, sets));
}

TEST_CASE("detail: a cache whose lines are smaller than units of traffic is an error that names both") {
  const std::string text = failure_of(sequential(R"("footprint": "1 MiB")", "gpu0"),
                                      {"replay.detail=cache", "platform.devices.gpu0.cache.line=16 B"});
  CHECK(text.find("not 1 to 32 units of traffic of 32 B") != std::string::npos);
  CHECK(failure_of(sequential(R"("footprint": "1 MiB")", "gpu0"), {"platform.devices.gpu0.cache.line=16 B"}) ==
        "no failure");
  CHECK(failure_of(sequential(R"("footprint": "1 MiB")", "gpu0"), {"platform.host.tlb.l1.ways=3"})
            .find("3 ways do not divide 64 entries") != std::string::npos);
}

/// The bytes per second at which a thread runs that has `parallelism` lines of 64 B in flight, each of the latency at
/// the utilisation that this makes.
double equilibrium(double bandwidth, double parallelism, double idle, double factor) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double u = (low + high) / 2;
    const double capped = std::min(u, 0.95);
    const double rate = parallelism * 64 / (idle * (1 + factor * capped / (1 - capped)));
    (rate > u * bandwidth ? low : high) = u;
  }
  return low * bandwidth;
}

TEST_CASE("memory: a thread that is bound by latency settles where load and latency agree") {
  const std::string reads = sequential(R"("passes": 200, "footprint": "1 MiB", "write_fraction": 0)", "host");
  const std::vector<std::string> idle = {"platform.host.memory.latency=80 ns", "platform.host.memory_parallelism=10",
                                         "platform.host.memory.bandwidth=10 GB/s", "platform.host.access_time=0 s"};
  const auto rate = [&](const std::vector<std::string>& sets) {
    const Figures figures = run_scenario(reads, sets);
    return figures.at("bytes.memory.host") /
           ((figures.at("time.host.compute") + figures.at("time.host.local")) * 1e-12);
  };
  CHECK(near(rate(idle), 8e9, 0.01));
  std::vector<std::string> loaded = idle;
  loaded.emplace_back("platform.host.memory.loaded_latency_factor=0.5");
  const double expected = equilibrium(10e9, 10, 80e-9, 0.5);
  CHECK(expected < 7e9);
  CHECK(near(rate(loaded), expected, 0.03));
  // The same through points: 80 ns up to half, then up to 240 ns.
  std::vector<std::string> curve = idle;
  curve.emplace_back(R"(platform.host.memory.loaded_latency=[["50 %", "80 ns"], ["100 %", "240 ns"]])");
  // u * 10e9 = 640 / (80e-9 + (u - 0.5) / 0.5 * 160e-9) => u * (320 u - 80) = 64.
  const double u = (80 + std::sqrt(80.0 * 80 + 4 * 320 * 64)) / 640;
  CHECK(near(rate(curve), u * 10e9, 0.03));
}

TEST_CASE("memory: an idle memory has the latency of its curve's first point") {
  const std::string one = sequential(R"("footprint": "4 KiB")", "host");
  const Figures figures =
      run_scenario(one, {R"(platform.host.memory.loaded_latency=[["0 %", "77 ns"], ["100 %", "240 ns"]])"});
  CHECK(figures.at("latency.access.host.min") == 77e3);
}

TEST_CASE("host: with transparent huge pages the first touch of 2 MiB is one fault") {
  const std::string scenario = sequential(R"("footprint": "5 MiB")", "host");
  const std::vector<std::string> hmm = {"driver.memory=hmm", "kernel.thp=true", "platform.host.huge_minor_fault=100 us",
                                        "platform.host.minor_fault=1 us", "platform.host.access_time=0 s"};
  const Figures small = run_scenario(scenario, {"driver.memory=hmm", "platform.host.minor_fault=1 us"});
  CHECK(small.at("faults.cpu.minor") == 1280);
  CHECK(small.at("faults.cpu.huge") == 0);
  const Figures huge = run_scenario(scenario, hmm);
  CHECK(huge.at("faults.cpu.huge") >= 2);
  CHECK(huge.at("time.host.stall") ==
        huge.at("faults.cpu.huge") * 100e6 + (huge.at("faults.cpu.minor") - huge.at("faults.cpu.huge")) * 1e6);
  CHECK(huge.at("footprint.pages") == 1280);
}

}  // namespace detail_test
}  // namespace farfault::testing
