/// How far a sample's estimates can be trusted: the same sample of other memory, some times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/config/run_spec.h"
#include "sim/core/statistics.h"

namespace farfault::cli {

/// Of one run, the figures sample.estimate.*, by the names of what they estimate.
using Estimates = std::map<std::string, double, std::less<>>;

/// The estimates of `seeds` - 1 runs that differ from the scenario in the seed of their sample: those that follow its
/// own. In processes of their own, two at a time. Throws Error (usage) where the scenario is not sampled or `seeds` is
/// below 2, RunError if a run fails, Interrupted. REQUIRES: a single thread, an InterruptGuard is alive, and no
/// simulation has run in this process.
std::vector<Estimates> estimates_of_other_seeds(const RunSpec& spec, std::uint64_t seeds, const Context& context);

/// Adds figures sample.seeds*: of each estimate mean, standard error and 95 % interval over the run's own seed and the
/// others.
void add_seeds(const std::vector<Estimates>& others, Statistics& statistics);

}  // namespace farfault::cli
