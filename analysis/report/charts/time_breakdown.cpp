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

/// Of many bars: what takes most of all of them, idle aside, and its share in the bars with the least and the most.
std::string largest_over_all(const std::vector<LanesTime>& bars) {
  const Part* largest = nullptr;
  double most = 0;
  for (const Part& part : lane_times()) {
    double sum = 0;
    for (const LanesTime& bar : bars) {
      const auto it = bar.time.find(part.field);
      if (it != bar.time.end() && bar.lanes > 0) sum += it->second / bar.lanes;
    }
    if (part.field == "idle" || sum <= most) continue;
    most = sum;
    largest = &part;
  }
  if (largest == nullptr) return "All are idle.";
  const auto share = [largest](const LanesTime& bar) {
    const auto it = bar.time.find(largest->field);
    return it == bar.time.end() || lane_sum(bar) <= 0 ? 0 : it->second / lane_sum(bar);
  };
  const auto by = [&share](const LanesTime& a, const LanesTime& b) { return share(a) < share(b); };
  const LanesTime& low = *std::min_element(bars.begin(), bars.end(), by);
  const LanesTime& high = *std::max_element(bars.begin(), bars.end(), by);
  if (percent_text(share(low)) == percent_text(share(high))) {
    return "Most time of all bars is for " + largest->label + ": " + percent_text(share(low)) + " in each.";
  }
  return "Most time of all bars is for " + largest->label + ": from " + percent_text(share(low)) + " (" + low.label +
         ") to " + percent_text(share(high)) + " (" + high.label + ").";
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
  chart.height = static_cast<int>(bars.size()) * kBarHeight;
  const std::string axis = "time of the mean lane (" + scale.unit + ")";
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", chart.height},
                {"mark", {{"type", "bar"}}},
                {"encoding",
                 {{"y", {{"field", "bar"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}}},
                  {"x", quantity("time", axis)},
                  {"color", colour_of("part", labels, colours, "time for")},
                  {"order", {{"field", "order"}, {"type", "quantitative"}}},
                  {"tooltip", Json::array({tip("bar", "lanes", ""), tip("part", "time for", ""), tip("time", axis),
                                           tip("share", "share", ".1%")})}}}};
  chart.columns = {{"bar", "lanes"}, {"part", "time for"}, {"time", axis}, {"share", "share"}};
  if (bars.size() > 3) {
    chart.description = largest_over_all(bars);
  } else {
    for (const LanesTime& bar : bars) {
      if (lane_sum(bar) > 0) chart.description += (chart.description.empty() ? "" : "; ") + largest_of(bar);
    }
    chart.description += '.';
  }
  return chart;
}

}  // namespace farfault::report
