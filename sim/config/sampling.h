/// What a sample of the memory (replay.sample) goes together with, and by which pieces it is taken.
#pragma once

#include "models/policies/registry.h"
#include "sim/config/diagnostics.h"
#include "sim/config/document.h"
#include "sim/config/run_spec.h"

namespace farfault {

/// The largest piece of memory that the policies and the driver treat as one: a smaller unit would leave pieces of
/// which only a part is in the sample. What a CPU's fault brings back counts not, as many runs have none.
Bytes least_sample_unit(const RunSpec& spec, const PolicyRegistry& policies);

/// The unit that the run has: replay.sample_unit, or one that is large enough for CPU faults, too.
Bytes sample_unit(const RunSpec& spec, const PolicyRegistry& policies);

/// The seed that the sample is drawn with.
std::uint64_t sample_seed(const RunSpec& spec);

namespace config {

/// Whether all that the scenario asks for means something in a sample. REQUIRES: `spec` was read from `document`.
void check_sample(const RunSpec& spec, const PolicyRegistry& policies, const Node& document, Diagnostics& diagnostics);

}  // namespace config
}  // namespace farfault
