#include <algorithm>
#include <utility>

#include "analysis/report/charts/causes.h"
#include "analysis/report/charts/timeline_charts.h"

namespace farfault::report {
namespace {

/// Picoseconds of each part in a bin over the bin's width: how many at a time.
OverTime at_a_time(const Timeline& timeline, const std::vector<Part>& parts, const std::string& prefix) {
  OverTime out;
  out.bins = coarser(bins_of(timeline), kBinsOfRun);
  for (const Part& part : parts) {
    if (sum_of(timeline, prefix + part.field) <= 0) continue;
    std::vector<double> values = values_of(timeline, prefix + part.field, kBinsOfRun);
    for (double& value : values) value /= out.bins.width_ps;
    out.series.push_back({part.field, part.label, part.colour, std::move(values)});
  }
  return out;
}

std::string largest_shares(const Timeline& timeline, const OverTime& data, const std::string& prefix) {
  std::vector<std::pair<double, std::string>> sums;
  double all = 0;
  for (const NamedSeries& series : data.series) {
    sums.emplace_back(sum_of(timeline, prefix + series.field), series.label);
    all += sums.back().first;
  }
  std::stable_sort(sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (sums.size() > 3) sums.resize(3);
  std::vector<std::string> texts;
  texts.reserve(sums.size());
  for (const auto& [sum, label] : sums)
    texts.push_back(label + ' ' + time_text(sum) + " (" + percent_text(sum / all) + ')');
  return listed(texts);
}

}  // namespace

std::optional<Chart> lanes_over_time(const ChartPlace& place, const Timeline& timeline, const std::string& kind) {
  const std::string prefix = "time." + kind + '.';
  OverTime data = at_a_time(timeline, lane_times(), prefix);
  if (data.series.empty()) return std::nullopt;
  const bool device = kind == "device";
  Chart chart = place.begin(
      "lanes-" + kind, device ? "What the devices' streams do, over time" : "What the host's threads do, over time");
  chart.height = 170;
  data.axis = device ? "streams" : "threads";
  data.legend = "time for";
  chart.description = std::string(device ? "Streams" : "Threads") +
                      " at a time by what they do, idle left out. In all: " + largest_shares(timeline, data, prefix) +
                      '.';
  draw_over_time(chart, place, data);
  return chart;
}

std::optional<Chart> driver_over_time(const ChartPlace& place, const Timeline& timeline) {
  OverTime data = at_a_time(timeline, driver_stages(), "driver.");
  if (data.series.empty()) return std::nullopt;
  Chart chart = place.begin("driver", "What the driver's software is at, over time");
  chart.height = 170;
  data.axis = "workers busy";
  data.legend = "stage";
  chart.description =
      "Software of fault service and migration, without copies, of all who are at it: workers and host threads. In "
      "all: " +
      largest_shares(timeline, data, "driver.") + '.';
  draw_over_time(chart, place, data);
  return chart;
}

}  // namespace farfault::report
