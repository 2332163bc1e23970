/// Latency of a memory under load, and how loaded it is.
#pragma once

#include "models/memory/memory_spec.h"
#include "sim/core/units.h"

namespace farfault {

/// The latency at a utilisation of the bandwidth, 0..1. From MemorySpec::loaded_latency: straight lines between its
/// points, constant before the first and behind the last. Without a curve, latency * (1 + a * u / (1 - u)) with
/// loaded_latency_factor a, the shape of a queue with random arrivals (M/M/1), capped at u = 95 %, beyond which queues
/// are as long as the requests in flight allow and bandwidth is the bound.
SimTime latency_at(const MemorySpec& spec, double utilisation);

/// Whether latency_at() depends on the utilisation.
bool depends_on_load(const MemorySpec& spec);

/// The share of a memory's bandwidth that was used lately. Fed by whoever uses the memory, at times that the simulation
/// alone decides, so the same run always sees the same loads.
class LoadMeter {
 public:
  /// Spans shorter than this are looked at with the next one: bytes count when their transfer is complete, so that a
  /// short span has all of a quantum's or none.
  static constexpr SimTime kWindow = SimTime::microseconds(10);
  /// A span t counts t / (t + kMemory) against all before it, but at most kMostWeight: latency answers to the load and
  /// the load to the latency, and larger steps would not settle where both agree.
  static constexpr SimTime kMemory = SimTime::microseconds(100);
  static constexpr double kMostWeight = 0.125;

  /// `transferred`: all bytes so far. Neither argument ever falls. Returns the smoothed utilisation, 0..1.
  double update(SimTime now, Bytes transferred, Bandwidth bandwidth);
  double utilisation() const { return utilisation_; }

 private:
  SimTime last_;
  Bytes transferred_;
  double utilisation_ = 0;
};

}  // namespace farfault
