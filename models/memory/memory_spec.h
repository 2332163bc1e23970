/// Parameters of a memory (DRAM of the host, VRAM of a device).
#pragma once

#include <vector>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

/// One point of a curve of latency over load.
struct LatencyPoint {
  double utilisation = 0;  ///< of the bandwidth; 0..1
  SimTime latency;
  bool operator==(const LatencyPoint&) const = default;
};
/// Utilisations rise, latencies do not fall. Empty: there is none.
using LatencyCurve = std::vector<LatencyPoint>;

struct MemorySpec {
  Sourced<Bytes> capacity{Bytes::gib(64)};                            ///< > 0
  Sourced<Bandwidth> bandwidth{Bandwidth::gigabytes_per_second(48)};  ///< sustained, reads and writes together; > 0
  Sourced<SimTime> latency{SimTime::nanoseconds(90)};                 ///< idle, of one access
  Sourced<LatencyCurve> loaded_latency;  ///< measured; takes the place of latency and loaded_latency_factor
  /// a in latency * (1 + a * u / (1 - u)) at utilisation u; 0..10
  Sourced<double> loaded_latency_factor{0.0, "assumption: the idle latency at every load"};
  bool operator==(const MemorySpec&) const = default;
};

}  // namespace farfault
