/// Which of several points are better, by one figure or several.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/sweep/outcome.h"

namespace farfault::sweep {

/// A figure that is to be small, or large.
struct Objective {
  std::string figure;
  bool maximize = false;
};

/// "time.total", or "-bandwidth.link" for one that is to be large. Throws Error with exit code 2 for an empty name.
Objective parse_objective(const std::string& text);

/// Values of a point, one an objective, each the better the smaller; empty if it has none: it failed, or lacks one.
using Scores = std::vector<double>;

/// Those of an outcome. A figure that is no finite number is none.
Scores scores_of(const Outcome& outcome, const std::vector<Objective>& objectives);

/// Whether `a` is nowhere worse than `b`, and somewhere better.
bool dominates(const Scores& a, const Scores& b);

/// Indices of `all` from the best to the worst; those without scores are left out. By fronts of points that do not
/// dominate each other, within a front the lonelier first (non-dominated sorting and crowding distance, Deb et al.,
/// "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", 2002); for one objective by value. Equals in the
/// order of `all`.
std::vector<std::size_t> ranked(const std::vector<Scores>& all);

/// Indices of those that none dominates, in the order of `all`; those without scores are left out.
std::vector<std::size_t> pareto_front(const std::vector<Scores>& all);

/// The least factor less 1 by which `found` has to be better so that each of `front` is reached by one of it: 0 if it
/// is reached, 0.05 if 5 % are missing somewhere (the multiplicative epsilon indicator, Zitzler et al., 2003). Infinite
/// if `found` is empty, or a value differs from one that is zero or of another sign. REQUIRES: scores, all as long.
double shortfall(const std::vector<Scores>& found, const std::vector<Scores>& front);

}  // namespace farfault::sweep
