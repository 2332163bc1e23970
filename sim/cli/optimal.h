/// What a run could have been: the same scenario under policies that know the trace.
#pragma once

#include "sim/cli/commands.h"
#include "sim/config/run_spec.h"
#include "sim/replay/simulation.h"

namespace farfault::cli {

/// Of a scenario, what hindsight makes of it. Each is a whole simulation, so that it pays for all that hardware and
/// driver cost and that no policy can help.
struct Optimum {
  std::uint64_t faults = 0;  ///< pages that faults brought, with belady in the place of the eviction policy
  SimTime time;  ///< of the fastest of three: belady and the perfect prefetcher by single pages; belady with
                 ///< bypass; everything mapped remotely
};

/// Runs them, in processes of their own and two at a time. Throws RunError if one fails, Interrupted. REQUIRES: a
/// single thread, an InterruptGuard is alive, and no simulation has run in this process.
Optimum find_optimum(const RunSpec& spec, const Context& context);

/// Adds figures optimal.*, also as shares of what the run has.
void add_optimum(const Optimum& optimum, Statistics& statistics);

}  // namespace farfault::cli
