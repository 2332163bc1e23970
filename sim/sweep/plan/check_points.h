/// Every point of a sweep loaded as the scenario that it is, before any of them runs.
#pragma once

#include <vector>

#include "sim/config/load.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/plan/sweep_config.h"

namespace farfault::sweep {

/// What the check needs beside the plan.
struct CheckedSweep {
  const SweepConfig& config;
  const std::vector<Selection>& selections;  ///< of the plan's points
  const std::string& file;                   ///< of the sweep, as messages name it
  bool inline_base;                          ///< the base stands in that file
  const std::vector<std::string>& user_sets;
};

/// Fills in the hashes, traces and keys of the plan's points, whose axes and sets are there. What is wrong in many
/// points is told once, at the value that brings it about. Throws InputError, Interrupted.
void check_points(Plan& plan, const CheckedSweep& sweep, const ConfigPaths& paths, const Catalogue& catalogue,
                  const PlanOptions& options);

}  // namespace farfault::sweep
