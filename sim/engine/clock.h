/// The only place that knows the units of SimGrid's side: a time unit is 1 ns, a bandwidth is bytes per ns.
///
/// With nanoseconds, doubles hold every picosecond up to 9 * 10^12 ns, and SimGrid's absolute time precision of 10^-3
/// (one picosecond) stays above the spacing of doubles up to 4 * 10^12 ns. docs/engine.md has the measurements.
#pragma once

#include <cmath>

#include "sim/core/units.h"

namespace farfault::engine {

/// The engine goes no further: 11.6 days, where dates are good to 0.13 ns. Up to 4000 s they are good to a picosecond.
inline constexpr SimTime kLastDate = SimTime::milliseconds(1'000'000'000);

/// SimGrid's `surf/precision`: two dates closer than this are one date.
inline constexpr const char* kTimePrecision = "1e-3";

/// Division, not a product with 1e-3: it is correctly rounded, so equal picoseconds give equal doubles and back.
inline double to_engine_date(SimTime time) { return static_cast<double>(time.picoseconds()) / 1e3; }

inline SimTime from_engine_date(double nanoseconds) { return SimTime::picoseconds(std::llround(nanoseconds * 1e3)); }

/// REQUIRES: the bandwidth is limited.
inline double to_engine_bandwidth(Bandwidth bandwidth) { return bandwidth.bytes_per_second() / 1e9; }

}  // namespace farfault::engine
