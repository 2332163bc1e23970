#include "models/memory/loaded_latency.h"

#include <algorithm>

namespace farfault {
namespace {

constexpr double kMostQueued = 0.95;

double picoseconds(SimTime time) { return static_cast<double>(time.picoseconds()); }

SimTime on_curve(const LatencyCurve& curve, double utilisation) {
  const auto above = std::find_if(curve.begin(), curve.end(), [utilisation](const LatencyPoint& point) {
    return point.utilisation >= utilisation;
  });
  if (above == curve.begin()) return curve.front().latency;
  if (above == curve.end()) return curve.back().latency;
  const LatencyPoint& below = above[-1];
  const double share = (utilisation - below.utilisation) / (above->utilisation - below.utilisation);
  return SimTime::from_picoseconds(picoseconds(below.latency) +
                                   share * (picoseconds(above->latency) - picoseconds(below.latency)));
}

}  // namespace

bool depends_on_load(const MemorySpec& spec) {
  return !spec.loaded_latency.value.empty() || spec.loaded_latency_factor.value != 0;
}

SimTime latency_at(const MemorySpec& spec, double utilisation) {
  if (!spec.loaded_latency.value.empty()) return on_curve(spec.loaded_latency.value, utilisation);
  const double factor = spec.loaded_latency_factor.value;
  if (factor == 0) return spec.latency.value;
  const double u = std::clamp(utilisation, 0.0, kMostQueued);
  return SimTime::from_picoseconds(picoseconds(spec.latency.value) * (1 + factor * u / (1 - u)));
}

double LoadMeter::update(SimTime now, Bytes transferred, Bandwidth bandwidth) {
  const SimTime span = now - last_;
  if (span < kWindow) return utilisation_;
  const double time = picoseconds(span);
  const double busy = picoseconds(bandwidth.time_for(transferred - transferred_));
  const double weight = std::min(kMostWeight, time / (time + picoseconds(kMemory)));
  utilisation_ += weight * (std::min(1.0, busy / time) - utilisation_);
  last_ = now;
  transferred_ = transferred;
  return utilisation_;
}

}  // namespace farfault
