/// Small results, timelines and names that mean harm, for tests of reports.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analysis/compare.h"
#include "analysis/report/run_folder.h"
#include "tests/unit/analysis/results.h"

namespace farfault::report {

/// Ends every context that it could be put into: HTML, attributes, scripts, JSON, Vega expressions, sentences.
inline const std::string kHostile =
    "</script><img src=x onerror=alert(1)>\"'&<!--\xE2\x80\xA8\xE2\x80\xAE"
    "evil\xFF\x1B`${7*7}datum['x']";
/// What of it must not be in a specification or, as markup, on a page.
inline const std::string kHostileMark = "evil";

inline Statistic bytes_of(std::int64_t n) { return {Unit::kBytes, n, "bytes"}; }
inline Statistic rate_of(double value) { return {Unit::kBandwidth, value, "a rate"}; }

/// A run with something of everything that a page shows.
inline analysis::ResultFile small_result(const std::string& name, const std::string& link = "pcie",
                                         std::int64_t k = 1) {
  using analysis::count_of;
  using analysis::ratio_of;
  using analysis::time_of;
  analysis::ResultFile out;
  out.name = name;
  out.version = "0.1.0";
  out.config_hash = "0123456789abcdef";
  out.workload = "random";
  out.policies = {"eviction lru/1"};
  out.statistics = {{"time.total", time_of(1'000'000'000 * k)},
                    {"accesses.total", count_of(1000)},
                    {"footprint.bytes", bytes_of(1 << 20)},
                    {"lanes.device", count_of(2)},
                    {"lanes.host", count_of(1)},
                    {"time.device.compute", time_of(500'000'000 * k)},
                    {"time.device.stall", time_of(1'400'000'000 * k)},
                    {"time.device.idle", time_of(100'000'000 * k)},
                    {"time.host.wait", time_of(1'000'000'000 * k)},
                    {"faults.device.raised", count_of(20)},
                    {"faults.device.batches", count_of(4)},
                    {"faults.device.refaults", count_of(5)},
                    {"faults.cpu.migrate", count_of(1)},
                    {"pages.to_device.demand", count_of(20)},
                    {"pages.to_host.eviction", count_of(10)},
                    {"memory.device.peak", bytes_of(1 << 19)},
                    {"memory.device.capacity", bytes_of(1 << 19)},
                    {"memory.gpu0.fragmentation", ratio_of(0)},
                    {"driver.time.total", time_of(300'000'000)},
                    {"driver.time.batch", time_of(200'000'000 * k)},
                    {"dma.gpu0.to_device.busy", time_of(100'000'000)},
                    {"bytes.link." + link + ".to_device", bytes_of(2 << 20)},
                    {"bytes.link." + link + ".to_host", bytes_of(1 << 20)},
                    {"bandwidth.link." + link + ".to_device", rate_of(8e9)},
                    {"utilisation.link." + link + ".to_device", ratio_of(0.75)},
                    {"metadata.setup_time", time_of(2'000'000'000)},
                    {"metadata.setup_time.memmap", time_of(2'000'000'000)},
                    {"metadata.struct_page_bytes", bytes_of(128 << 20)}};
  analysis::DistributionSummary latency;
  latency.count = 4;
  latency.mean = 300'000;
  latency.min = 100'000;
  latency.max = 700'000;
  latency.p50 = 100'000;
  latency.p90 = 700'000;
  latency.p99 = 700'000;
  latency.p999 = 700'000;
  latency.buckets = {{100'000, 101'000, 3}, {690'000, 710'000, 1}};
  latency.description = "latency";
  out.distributions = {{"latency.access.device", latency}};
  out.assumptions = {{"/platform/host/cpus", "16", "assumption: a guess"},
                     {"/kernel/page", "1 us", "assumption: another"}};
  out.notes = {"a note"};
  out.trace_unknown = {"time of an access"};
  return out;
}

/// Four bins of 250 us, a heat map of three rows with a gap.
inline std::string small_timeline_text(const std::string& link = "pcie") {
  return R"({"schema":1,"end_ps":1000000000,"bin_width_ps":250000000,"bins":4,"series":{
"link.)" +
         link + R"(.to_device.demand":{"unit":"bytes","kind":"sum","description":"d","values":[0,1000000,500000,0]},
"link.)" +
         link + R"(.to_device.prefetch":{"unit":"bytes","kind":"sum","description":"d","values":[250000,0,500000,0]},
"faults.device.raised":{"unit":"count","kind":"sum","description":"d","values":[5,10,5,0]},
"faults.device.batches":{"unit":"count","kind":"sum","description":"d","values":[1,2,1,0]},
"pages.to_device.demand":{"unit":"count","kind":"sum","description":"d","values":[5,10,5,0]},
"pages.to_host.eviction":{"unit":"count","kind":"sum","description":"d","values":[0,4,6,0]},
"pages.refault":{"unit":"count","kind":"sum","description":"d","values":[0,2,3,0]},
"resident.gpu0":{"unit":"count","kind":"mean","description":"d","values":[2,8,8,6.5]},
"time.device.stall":{"unit":"ps","kind":"sum","description":"d","values":[250000000,500000000,500000000,0]},
"driver.batch":{"unit":"ps","kind":"sum","description":"d","values":[50000000,50000000,100000000,0]}},
"heat_map":{"bin_width_ps":500000000,"bins":2,"row_bytes":65536,"rows":["0x100000","0x110000","0x7f0000000000"],
"layers":{"accesses.device":{"unit":"count","kind":"sum","description":"d","runs":[[3,2],[0,1,7,1],[0,2]]},
"resident.device":{"unit":"count","kind":"mean","description":"d","runs":[[16,2],[8,1,4,1],[0,2]]}}}})";
}

inline RunFolder small_run(const std::string& name, const std::string& link = "pcie", std::int64_t k = 1) {
  RunFolder out;
  out.path = "results";
  out.result = small_result(name, link, k);
  return out;
}

inline analysis::Column timed(const std::string& name, std::int64_t ps) {
  return analysis::column(name, {{"time.total", analysis::time_of(ps)}},
                          {{"/kernel/page", "1 us", "assumption: a guess"}});
}

inline std::vector<std::string> texts_of(const auto& sentences) {
  std::vector<std::string> out;
  for (const auto& words : sentences) out.push_back(words.text());
  return out;
}

}  // namespace farfault::report
