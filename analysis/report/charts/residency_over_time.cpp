#include <algorithm>
#include <utility>

#include "analysis/report/charts/timeline_charts.h"

namespace farfault::report {
namespace {

constexpr double kPage = 4096;

}  // namespace

std::optional<Chart> residency_over_time(const ChartPlace& place, const Timeline& timeline,
                                         std::optional<double> device_capacity) {
  static const std::string kPrefix = "resident.";
  std::vector<std::string> names;
  for (const auto& [name, series] : timeline.series) {
    if (name.starts_with(kPrefix)) names.push_back(name.substr(kPrefix.size()));
  }
  // Devices first, and not more than can be told apart.
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name != "host"; });
  constexpr std::size_t kMostMemories = 10;
  if (names.size() > kMostMemories) names.resize(kMostMemories);
  if (names.empty()) return std::nullopt;
  const std::vector<std::string> labels = distinct_labels(names);
  std::vector<UserLine> lines;
  std::vector<std::string> peaks;
  double most = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    UserLine line{labels[i], values_of(timeline, kPrefix + names[i], kBinsOfRun / 2),
                  coarser(bins_of(timeline), kBinsOfRun / 2)};
    for (double& value : line.values) value *= kPage;
    const double peak = *std::max_element(line.values.begin(), line.values.end());
    most = std::max(most, peak);
    std::string text = labels[i] + " at most " + bytes_text(peak);
    if (names[i] != "host" && device_capacity && *device_capacity > 0) {
      text += " (" + percent_text(peak / *device_capacity) + " of its capacity)";
    }
    peaks.push_back(std::move(text));
    lines.push_back(std::move(line));
  }
  const Scale scale = byte_scale(most);
  for (UserLine& line : lines) {
    for (double& value : line.values) value /= scale.divisor;
  }
  Chart chart = place.begin("residency", "What each memory holds");
  chart.height = 190;
  chart.description =
      "The workload's pages: " + listed(peaks) + " (means over " + time_text(lines.front().bins.width_ps) + ").";
  draw_lines(chart, place, lines, "pages held (" + scale.unit + ")", "memory");
  return chart;
}

}  // namespace farfault::report
