#include <algorithm>
#include <cmath>

#include "analysis/number.h"
#include "analysis/report/charts/result_charts.h"
#include "analysis/report/escape.h"

namespace farfault::report {
namespace {

constexpr std::size_t kMostParameters = 15;
// A parameter that moves a ratio by less cannot be seen.
constexpr double kLeastChange = 1e-4;

}  // namespace

std::optional<Chart> tornado(const ChartPlace& place, const SensitivityResults& sensitivity, std::size_t column,
                             const std::vector<std::string>& labels) {
  if (column >= labels.size() || !sensitivity.ratios[column]) return std::nullopt;
  const double unchanged = *sensitivity.ratios[column];
  struct Bar {
    const SensitivityResults::Parameter* parameter;
    double reach;
  };
  std::vector<Bar> bars;
  for (const SensitivityResults::Parameter& parameter : sensitivity.parameters) {
    double reach = 0;
    for (const auto& ratio : {parameter.divided[column], parameter.multiplied[column]}) {
      if (ratio && *ratio > 0) reach = std::max(reach, std::abs(*ratio - unchanged) / unchanged);
    }
    if (reach >= kLeastChange) bars.push_back({&parameter, reach});
  }
  if (bars.empty()) return std::nullopt;
  std::stable_sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) { return a.reach > b.reach; });
  const std::size_t left_out = bars.size() > kMostParameters ? bars.size() - kMostParameters : 0;
  bars.resize(std::min(bars.size(), kMostParameters));
  const bool single = labels.size() == 1;
  const std::string number = std::to_string(column);
  Chart chart = place.begin("sensitivity-" + number,
                            single ? "What one assumption changes"
                                   : "What one assumption changes: " + labels[column] + " against " + labels.front());
  const std::string factor = rounded(sensitivity.factor, 4).dump();
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"parameter", "change", "ratio", "unchanged"};
  double low = unchanged;
  double high = unchanged;
  for (const Bar& bar : bars) {
    const std::string label = chart_label(bar.parameter->name, 60);
    for (const auto& [ratio, change] :
         {std::pair(bar.parameter->divided[column], "divided"), {bar.parameter->multiplied[column], "multiplied"}}) {
      if (!ratio || *ratio <= 0) continue;
      rows.rows.push_back({label, change, rounded(*ratio, 5), rounded(unchanged, 5)});
      low = std::min(low, *ratio);
      high = std::max(high, *ratio);
    }
  }
  const std::string rule = chart.dataset + "_unchanged";
  place.datasets[rule] = Dataset{{"ratio"}, {{rounded(unchanged, 5)}}};
  const double room = std::max((high - low) * 0.05, 1e-6);
  const std::string axis = single ? "ratio to the unchanged run" : "ratio to the first column";
  Json x = quantity("ratio", axis);
  x["scale"] = {
      {"domain", Json::array({rounded(low - room, 5), rounded(high + room, 5)})}, {"nice", true}, {"zero", false}};
  x["axis"] = {{"grid", true}};
  chart.height = static_cast<int>(bars.size()) * 24;
  Json layers = Json::array();
  layers.push_back({{"mark", {{"type", "bar"}, {"opacity", 0.9}}},
                    {"encoding",
                     {{"y",
                       {{"field", "parameter"},
                        {"type", "nominal"},
                        {"sort", nullptr},
                        {"title", nullptr},
                        {"axis", {{"labelLimit", 320}}}}},
                      {"x", std::move(x)},
                      {"x2", {{"field", "unchanged"}}},
                      {"color", colour_of("change", {"divided", "multiplied"}, {"theme:series-1", "theme:series-2"},
                                          "parameter, by " + factor)},
                      {"tooltip", Json::array({tip("parameter", "parameter", ""), tip("change", "is", ""),
                                               tip("ratio", axis, ".5~f"), tip("unchanged", "unchanged", ".5~f")})}}}});
  layers.push_back({{"data", {{"name", rule}}},
                    {"mark", {{"type", "rule"}, {"color", "theme:ink-soft"}}},
                    {"encoding", {{"x", {{"field", "ratio"}, {"type", "quantitative"}}}}}});
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", chart.height},
                {"layer", std::move(layers)}};
  chart.columns = {{"parameter", "parameter"}, {"change", "is"}, {"ratio", axis}, {"unchanged", "unchanged"}};
  chart.description = chart_label(sensitivity.figure, 60) + ": unchanged " + analysis::ratio_text(unchanged) +
                      ", between " + analysis::ratio_text(low) + " and " + analysis::ratio_text(high) +
                      " when one assumption at a time is divided or multiplied by " + factor +
                      ". Most: " + chart_label(bars.front().parameter->name, 60) + ", by up to " +
                      percent_text(bars.front().reach) + '.';
  if (left_out > 0)
    chart.description +=
        ' ' + counted(static_cast<double>(left_out), "parameter", "parameters") + " of less influence left out.";
  return chart;
}

}  // namespace farfault::report
