/// What a run of a sample says of the whole workload.
#pragma once

#include <string_view>

#include "sim/replay/simulation.h"
#include "traces/filters/page_sample.h"

namespace farfault {

/// Below so many units a sample tells little: their shares of all accesses differ too much.
inline constexpr std::uint64_t kFewUnits = 1000;

/// What names of estimates begin with; the figure's own name follows.
inline constexpr std::string_view kEstimatePrefix = "sample.estimate.";

/// Adds figures sample.* and notes. The run's own figures are those of the sample and stay as they are.
/// REQUIRES: `result` has all other figures.
void add_sample(const traces::SampleOptions& sample, const traces::SampleScan& scan, RunResult& result);

}  // namespace farfault
