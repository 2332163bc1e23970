/// The results of a run in the lines that a person wants first.
#pragma once

#include <string>

#include "sim/config/run_spec.h"
#include "sim/core/parameters.h"
#include "sim/replay/simulation.h"

namespace farfault {

/// Some thirty aligned lines: what ran, how long it took and where the time went, faults, bytes moved and why,
/// bandwidth, latencies, memory, and on how many assumptions all of it rests. Figures that the run does not have are
/// left out. `color` adds terminal escapes; texts from configs and traces are made harmless in any case.
std::string summary_text(const RunSpec& spec, const RunResult& result, bool color);

/// A parameter's value as configs write it: "2 MiB", "51", "true".
std::string parameter_text(const ParameterValue& value);

}  // namespace farfault
