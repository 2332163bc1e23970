#include <algorithm>
#include <cmath>

#include "analysis/report/charts/causes.h"
#include "analysis/report/charts/result_charts.h"

namespace farfault::report {
namespace {

constexpr int kBarHeight = 30;

double lane_sum(const LanesTime& bar) {
  double sum = 0;
  for (const auto& [category, time] : bar.time) sum += time;
  return sum;
}

/// "gpu: page faults 95.1 %, idle 4.7 %"
std::string largest_of(const LanesTime& bar) {
  std::vector<std::pair<double, std::string>> parts;
  for (const Part& part : lane_times()) {
    const auto it = bar.time.find(part.field);
    if (it != bar.time.end() && it->second > 0) parts.emplace_back(it->second / lane_sum(bar), part.label);
  }
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out = bar.label + ": ";
  for (std::size_t i = 0; i < std::min<std::size_t>(parts.size(), 2); ++i) {
    out += (i == 0 ? "" : ", ") + parts[i].second + ' ' + percent_text(parts[i].first);
  }
  return out;
}

}  // namespace

std::optional<Chart> time_breakdown(const ChartPlace& place, const std::string& id, const std::string& title,
                                    const std::vector<LanesTime>& bars) {
  double longest = 0;
  for (const LanesTime& bar : bars) {
    if (bar.lanes > 0) longest = std::max(longest, lane_sum(bar) / bar.lanes);
  }
  if (longest <= 0) return std::nullopt;
  const Scale scale = time_scale(longest);
  Chart chart = place.begin(id, title);
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"bar", "part", "order", "time", "share"};
  std::vector<std::string> labels;
  std::vector<std::string> colours;
  for (std::size_t i = 0; i < lane_times().size(); ++i) {
    const Part& part = lane_times()[i];
    bool used = false;
    for (const LanesTime& bar : bars) {
      const auto it = bar.time.find(part.field);
      if (it == bar.time.end() || it->second <= 0 || bar.lanes <= 0) continue;
      used = true;
      rows.rows.push_back({bar.label, part.label, i, rounded(it->second / bar.lanes / scale.divisor),
                           rounded(it->second / lane_sum(bar), 4)});
    }
    if (!used) continue;
    labels.push_back(part.label);
    colours.push_back(part.colour);
  }
  chart.height = static_cast<int>(bars.size()) * kBarHeight + 10;
  const std::string axis = "time of the mean lane (" + scale.unit + ")";
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", {{"step", kBarHeight}}},
                {"mark", {{"type", "bar"}}},
                {"encoding",
                 {{"y", {{"field", "bar"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}}},
                  {"x", quantity("time", axis)},
                  {"color", colour_of("part", labels, colours, "time for")},
                  {"order", {{"field", "order"}, {"type", "quantitative"}}},
                  {"tooltip", Json::array({tip("bar", "lanes", ""), tip("part", "time for", ""), tip("time", axis),
                                           tip("share", "share", ".1%")})}}}};
  chart.columns = {{"bar", "lanes"}, {"part", "time for"}, {"time", axis}, {"share", "share"}};
  std::vector<std::string> words;
  for (const LanesTime& bar : bars) {
    if (words.size() < 12 && lane_sum(bar) > 0) words.push_back(largest_of(bar));
  }
  for (std::size_t i = 0; i < words.size(); ++i) chart.description += (i == 0 ? "" : "; ") + words[i];
  chart.description += '.';
  return chart;
}

}  // namespace farfault::report
