/// The best points of a sweep without running all of it: successive halving.
///
/// All points run on a short prefix of their traces, the better third on one three times as long, and so on; those that
/// are left run whole. Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
/// Optimization" (AISTATS 2016); the reduction by 3 is that of Li et al., "Hyperband" (JMLR 2018).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/search/ranking.h"

namespace farfault::sweep {

struct HalvingOptions {
  std::vector<Objective> objectives;    ///< one or more
  double budget = 0;                    ///< in runs of whole traces; >= 1
  unsigned reduction = 3;               ///< >= 2
  std::uint64_t least_prefix = 20'000;  ///< accesses; a shorter one tells nothing
  std::uint64_t seed = 1;               ///< of the choice, where the budget is too small for all points
};

/// A point to run, whole or so many accesses of it.
struct Trial {
  std::size_t position = 0;
  std::optional<std::uint64_t> prefix;
};

/// Runs trials, and returns their outcomes in this order.
using RunTrials = std::function<std::vector<Outcome>(const std::vector<Trial>& trials)>;

struct Rung {
  double share = 1;        ///< of the traces; 1: whole
  std::size_t points = 0;  ///< that ran
  std::size_t failed = 0;  ///< of those
  double cost = 0;         ///< in whole runs
};

struct HalvingResult {
  std::vector<Rung> rungs;         ///< in the order in which they ran
  std::size_t considered = 0;      ///< points of the first rung; fewer than all if the budget is too small
  std::vector<std::size_t> whole;  ///< positions of the points that ran whole, in the order in which they did
  std::vector<std::size_t> best;   ///< of those: the best, or the Pareto front; positions, the best first
  double cost = 0;                 ///< in whole runs
};

/// How a budget is spent, before anything runs.
struct HalvingPlan {
  std::size_t rungs = 0;   ///< of prefixes
  std::size_t points = 0;  ///< that the first one has
};

/// For `points` points whose shortest trace has `accesses`. The fewest rungs at which all points fit into the budget;
/// else as many as prefixes allow, and as many points as fit.
HalvingPlan plan_halving(std::size_t points, std::uint64_t accesses, const HalvingOptions& options);

/// `workloads` tells for each point which others have the same trace: equal numbers, counted from 0. The first point of
/// each runs whole first, which tells how long it is. A trial's length is that of the whole trace times its rung's
/// share. Throws RunError if no point gives the figures.
HalvingResult halve(const std::vector<std::size_t>& workloads, const HalvingOptions& options, const RunTrials& run);

}  // namespace farfault::sweep
