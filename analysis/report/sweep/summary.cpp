#include "analysis/report/sweep/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

namespace farfault::report {

double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double part = at - static_cast<double>(below);
  // Not low + part * (high - low): equal neighbours give themselves.
  return sorted[below] == sorted[below + 1] ? sorted[below] : sorted[below] * (1 - part) + sorted[below + 1] * part;
}

MainEffect main_effect(const std::vector<std::uint32_t>& levels, const std::vector<double>& values,
                       std::size_t level_count) {
  std::vector<std::vector<double>> by_level(level_count);
  for (std::size_t i = 0; i < values.size(); ++i) by_level[levels[i]].push_back(values[i]);
  const double mean =
      values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double all = 0;
  for (const double value : values) all += (value - mean) * (value - mean);

  MainEffect out;
  double between = 0;
  bool any = false;
  for (std::vector<double>& of_level : by_level) {
    LevelSummary summary;
    summary.count = of_level.size();
    if (!of_level.empty()) {
      std::sort(of_level.begin(), of_level.end());
      summary.mean = std::accumulate(of_level.begin(), of_level.end(), 0.0) / static_cast<double>(of_level.size());
      summary.least = of_level.front();
      summary.p10 = quantile(of_level, 0.1);
      summary.p25 = quantile(of_level, 0.25);
      summary.median = quantile(of_level, 0.5);
      summary.p75 = quantile(of_level, 0.75);
      summary.p90 = quantile(of_level, 0.9);
      between += static_cast<double>(summary.count) * (summary.mean - mean) * (summary.mean - mean);
      const std::size_t level = out.levels.size();
      if (!any || summary.mean < out.levels[out.lowest].mean) out.lowest = level;
      if (!any || summary.mean > out.levels[out.highest].mean) out.highest = level;
      any = true;
    }
    out.levels.push_back(summary);
  }
  if (any) out.range = out.levels[out.highest].mean - out.levels[out.lowest].mean;
  // What is left of rounding, where all values are equal, is no variance.
  const double noise = 1e-24 * mean * mean * static_cast<double>(values.size());
  out.share = all > noise ? std::min(1.0, between / all) : 0;
  return out;
}

std::vector<std::size_t> pareto_front(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isnan(a[i]) && !std::isnan(b[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return std::tie(a[i], b[i], i) < std::tie(a[j], b[j], j); });
  std::vector<std::size_t> out;
  for (const std::size_t i : order) {
    const bool beats = out.empty() || b[i] < b[out.back()];
    const bool equals = !out.empty() && a[i] == a[out.back()] && b[i] == b[out.back()];
    if (beats || equals) out.push_back(i);
  }
  return out;
}

}  // namespace farfault::report
