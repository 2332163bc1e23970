/// Statistics over the points of a sweep: quantiles, what an axis does by itself, which points nothing beats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace farfault::report {

/// Of values in ascending order, between neighbours where it falls between them. REQUIRES: not empty, 0 <= share <= 1.
double quantile(const std::vector<double>& sorted, double share);

/// The values of the points of one level of an axis.
struct LevelSummary {
  std::size_t count = 0;
  double mean = 0;
  double least = 0;
  double p10 = 0;
  double p25 = 0;
  double median = 0;
  double p75 = 0;
  double p90 = 0;
};

/// What an axis does by itself, over all values of the others.
struct MainEffect {
  std::vector<LevelSummary> levels;
  std::size_t lowest = 0;   ///< level with the lowest mean
  std::size_t highest = 0;  ///< with the highest
  double range = 0;         ///< between their means
  double share = 0;         ///< of the variance over all points that the levels' means explain: 0 to 1
};

/// REQUIRES: level and value of each point, all levels below `level_count`. Levels without points count 0.
MainEffect main_effect(const std::vector<std::uint32_t>& levels, const std::vector<double>& values,
                       std::size_t level_count);

/// The points that no other is at least as low as in both and lower than in one; by `a`, then `b`, then position.
/// Points with a NaN are on no front. O(n log n).
std::vector<std::size_t> pareto_front(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace farfault::report
