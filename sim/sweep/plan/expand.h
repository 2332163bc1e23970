/// From what is crossed to points.
#pragma once

#include <string>
#include <vector>

#include "sim/sweep/plan/sweep_config.h"

namespace farfault::sweep {

/// What the points hold of their axes may take so much memory; far above what sweeps need.
inline constexpr std::uint64_t kMostPointBytes = std::uint64_t{1} << 30U;

/// Points of the product in its order, the last factor fastest, without those that conditions leave out; then explicit
/// points that are not among them, each once. Reports a sweep beyond its bounds, before any memory goes into it, and
/// one without points; then nothing is returned. `root` is the sweep's config; `user_sets` are those of all points.
std::vector<Selection> expand(const SweepConfig& config, const std::vector<std::string>& user_sets,
                              const config::Node& root, config::Diagnostics& diagnostics);

}  // namespace farfault::sweep
