/// Small results to compare, and a results.json that holds one of everything.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/compare.h"

namespace farfault::analysis {

/// As sim/replay writes it, on a few lines.
inline const std::string kSmallResult = R"({
  "schema": 1,
  "farfault": "0.1.0",
  "name": "small",
  "config_hash": "0123456789abcdef",
  "workload": "random",
  "policies": [
    "eviction lru/1"
  ],
  "detail": "pages",
  "statistics": {
    "bandwidth.link.pcie.to_host": {"value":null,"unit":"bytes/s","description":"nothing moved"},
    "faults.device.raised": {"value":12,"unit":"count","description":"entries"},
    "time.total": {"value":25025732037,"unit":"ps","description":"simulated time"},
    "utilisation.memory.gpu0": {"value":0.5,"unit":"ratio","description":"share of the peak"}
  },
  "distributions": {
    "latency.fault.cpu": {"unit":"ps","count":0,"mean":0.0,"min":0,"max":0,"p50":0,"p90":0,"p99":0,"p99.9":0,"buckets":[],"description":"none"},
    "latency.fault.device": {"unit":"ps","count":3,"mean":200.5,"min":100,"max":300,"p50":200,"p90":300,"p99":300,"p99.9":300,"buckets":[[100,100,1],[200,203,1],[300,303,1]],"description":"fault"}
  },
  "assumptions": [
    {"parameter":"/platform/host/cpus","value":"16","source":"assumption: a guess"}
  ],
  "notes": ["a note"],
  "trace_unknown": []
}
)";

inline Statistic time_of(std::int64_t ps) { return {Unit::kTime, ps, "a time"}; }
inline Statistic count_of(std::int64_t n) { return {Unit::kCount, n, "a count"}; }
inline Statistic ratio_of(double value) { return {Unit::kRatio, value, "a ratio"}; }

inline Column column(const std::string& name, Figures figures, std::vector<RestsOn> assumptions = {}) {
  ResultFile result;
  result.name = name;
  result.statistics = std::move(figures);
  result.assumptions = std::move(assumptions);
  return {name, std::move(result), {}};
}

}  // namespace farfault::analysis
