#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/number.h"
#include "analysis/report/charts/result_charts.h"
#include "analysis/report/escape.h"

namespace farfault::report {
namespace {

using analysis::Cell;
using analysis::Row;

constexpr int kFigureBar = 30;

Scale scale_for(Unit unit, double most) {
  switch (unit) {
    case Unit::kTime:
      return time_scale(most);
    case Unit::kBytes:
      return byte_scale(most);
    case Unit::kBandwidth:
      return rate_scale(most);
    case Unit::kCount:
    case Unit::kRatio:
      return {1, ""};
  }
  return {1, ""};
}

/// A logarithmic axis of ratios; one of few values has ticks that a reader expects.
Json ratio_axis(double low, double high, const std::string& title) {
  Json out = quantity("ratio", title);
  const double room = std::pow(high / low, 0.05) * 1.01;
  out["scale"] = {
      {"type", "log"}, {"domain", Json::array({rounded(low / room, 4), rounded(high * room, 4)})}, {"nice", false}};
  Json values = Json::array();
  const double span = std::log10(high * room * room / low);
  std::vector<double> steps = span < 0.35
                                  ? std::vector<double>{1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 9.5}
                              : span < 0.9 ? std::vector<double>{1, 1.5, 2, 3, 5, 7}
                              : span < 2.2 ? std::vector<double>{1, 2, 5}
                                           : std::vector<double>{1};
  if (span < 0.1) {
    steps.clear();
    for (double step = 0.8; step <= 1.3; step += 0.01) steps.push_back(step);
  }
  for (double power = std::pow(10.0, std::floor(std::log10(low)) - 1); power <= high * 10; power *= 10) {
    if (span < 0.1 && std::abs(power - 1) > 1e-6) continue;
    for (const double step : steps) {
      const double value = power * step;
      if (value >= low / room && value <= high * room) values.push_back(rounded(value, 4));
    }
  }
  out["axis"] = {{"labelExpr", "format(datum.value, '~g') + 'x'"}, {"grid", true}};
  if (values.size() >= 2) out["axis"]["values"] = std::move(values);
  return out;
}

Json one_rule(const ChartPlace& place, const std::string& dataset) {
  place.datasets[dataset] = Dataset{{"ratio"}, {{1}}};
  return {{"data", {{"name", dataset}}},
          {"mark", {{"type", "rule"}, {"color", "theme:ink-soft"}, {"strokeDash", Json::array({5, 4})}}},
          {"encoding", {{"x", {{"field", "ratio"}, {"type", "quantitative"}}}, {"y", nullptr}}}};  // in no row
}

/// Points in a row for each value of `field`, by ratio.
Json ratio_rows(const Chart& chart, const char* field, Json ratios, Json layers) {
  const Json rows = {{"field", field},
                     {"type", "nominal"},
                     {"sort", nullptr},
                     {"title", nullptr},
                     {"axis", {{"grid", true}, {"labelLimit", 260}}}};
  return {{"data", {{"name", chart.dataset}}},
          {"width", "container"},
          {"height", chart.height},
          {"encoding", {{"y", rows}, {"x", std::move(ratios)}}},
          {"layer", std::move(layers)}};
}

}  // namespace

std::optional<Chart> figure_bars(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const Row& row, const std::vector<std::string>& labels) {
  double most = 0;
  for (const Cell& cell : row.cells) {
    if (cell.value) most = std::max(most, analysis::as_double(*cell.value));
  }
  if (most <= 0) return std::nullopt;
  const Scale scale = scale_for(row.unit, most);
  Chart chart = place.begin(id, title);
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"column", "value", "text"};
  const Cell* least_cell = nullptr;
  const Cell* most_cell = nullptr;
  std::string least_label;
  std::string most_label;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const Cell& cell = row.cells[i];
    if (!cell.value) {
      rows.rows.push_back({labels[i], nullptr, "no result"});
      continue;
    }
    std::string text = analysis::short_text(row.unit, *cell.value);
    if (i > 0 && cell.ratio) text += "  (" + analysis::ratio_text(*cell.ratio) + ')';
    rows.rows.push_back({labels[i], rounded(analysis::as_double(*cell.value) / scale.divisor), text});
    if (least_cell == nullptr || analysis::as_double(*cell.value) < analysis::as_double(*least_cell->value)) {
      least_cell = &cell;
      least_label = labels[i];
    }
    if (most_cell == nullptr || analysis::as_double(*cell.value) > analysis::as_double(*most_cell->value)) {
      most_cell = &cell;
      most_label = labels[i];
    }
  }
  std::string axis = row.unit == Unit::kTime        ? "time"
                     : row.unit == Unit::kBytes     ? "size"
                     : row.unit == Unit::kBandwidth ? "bandwidth"
                                                    : "number";
  if (!scale.unit.empty()) axis += " (" + scale.unit + ')';
  Json x = quantity("value", axis);
  // Room for the text beside the longest bar.
  x["scale"] = {{"domain", Json::array({0, rounded(most / scale.divisor * 1.25)})}, {"nice", false}};
  const Json y = {{"field", "column"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}};
  chart.height = static_cast<int>(row.cells.size()) * kFigureBar;
  chart.spec = {
      {"data", {{"name", chart.dataset}}},
      {"width", "container"},
      {"height", chart.height},
      {"encoding", {{"y", y}, {"x", x}}},
      {"layer",
       Json::array({{{"mark", {{"type", "bar"}}},
                     {"encoding",
                      {{"color", {{"field", "column"}, {"type", "nominal"}, {"sort", nullptr}, {"legend", nullptr}}},
                       {"tooltip", Json::array({tip("column", "column", ""), tip("text", axis, "")})}}}},
                    {{"mark", {{"type", "text"}, {"align", "left"}, {"baseline", "middle"}, {"dx", 6}}},
                     {"encoding", {{"text", {{"field", "text"}, {"type", "nominal"}}}}}}})}};
  chart.columns = {{"column", "column"}, {"value", axis}, {"text", "as text, with the ratio to the first"}};
  if (least_label == most_label) {
    chart.description = most_label + ": " + analysis::short_text(row.unit, *most_cell->value) + '.';
  } else {
    chart.description = "Least: " + least_label + ", " + analysis::short_text(row.unit, *least_cell->value) +
                        ". Most: " + most_label + ", " + analysis::short_text(row.unit, *most_cell->value) + '.';
  }
  return chart;
}

std::optional<Chart> ratio_dots(const ChartPlace& place, const std::vector<std::pair<std::string, const Row*>>& rows,
                                const std::vector<std::string>& labels) {
  Chart chart = place.begin("ratios", "Key figures against " + labels.front());
  Dataset data{{"figure", "column", "ratio", "text"}, {}};
  double low = 1;
  double high = 1;
  double farthest = 0;
  std::string farthest_text;
  std::size_t figures = 0;
  for (const auto& [name, row] : rows) {
    bool used = false;
    for (std::size_t i = 1; i < row->cells.size(); ++i) {
      const Cell& cell = row->cells[i];
      if (!cell.ratio || *cell.ratio <= 0 || !cell.value) continue;
      // Far off the scale says no more than at its end.
      const double ratio = std::clamp(*cell.ratio, 1e-3, 1e3);
      low = std::min(low, ratio);
      high = std::max(high, ratio);
      used = true;
      data.rows.push_back(
          {name, labels[i], rounded(ratio, 4),
           analysis::short_text(row->unit, *cell.value) + " (" + analysis::ratio_text(*cell.ratio) + ')'});
      if (std::abs(std::log(ratio)) > farthest) {
        farthest = std::abs(std::log(ratio));
        farthest_text = name + " of " + labels[i] + ", " + analysis::ratio_text(*cell.ratio);
      }
    }
    if (used) ++figures;
  }
  if (figures == 0 || farthest == 0) return std::nullopt;
  place.datasets[chart.dataset] = std::move(data);
  chart.height = static_cast<int>(figures) * 24;
  Json layers = Json::array();
  layers.push_back(column_names(place, chart, "column", labels));
  layers.push_back(one_rule(place, chart.dataset + "_one"));
  layers.push_back({{"mark", {{"type", "point"}, {"size", 70}, {"opacity", 0.85}}},
                    {"encoding",
                     {{"color",
                       {{"field", "column"},
                        {"type", "nominal"},
                        {"sort", nullptr},
                        {"title", "column"},
                        {"legend", {{"symbolOpacity", 1}, {"symbolType", "circle"}}}}},
                      {"tooltip", Json::array({tip("figure", "figure", ""), tip("column", "column", ""),
                                               tip("text", "value (ratio)", "")})}}}});
  chart.spec =
      ratio_rows(chart, "figure", ratio_axis(low, high, "ratio to the first column (logarithmic)"), std::move(layers));
  chart.columns = {{"figure", "figure"}, {"column", "column"}, {"ratio", "ratio"}, {"text", "value"}};
  chart.description = "A point for each column and figure; left of 1x is less. Farthest: " + farthest_text +
                      ". Figures of nothing have no ratio.";
  return chart;
}

std::optional<Chart> scenario_ratios(const ChartPlace& place, const std::vector<ScenarioRatio>& ratios) {
  if (ratios.empty()) return std::nullopt;
  Chart chart = place.begin("scenarios", "Time of every column against the first of its scenario");
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"scenario", "column", "ratio", "time", "place"};
  double low = 1;
  double high = 1;
  std::set<std::string> scenarios;
  const ScenarioRatio* least = nullptr;
  const ScenarioRatio* most = nullptr;
  for (const ScenarioRatio& ratio : ratios) {
    const double shown = std::clamp(ratio.ratio, 1e-3, 1e3);
    low = std::min(low, shown);
    high = std::max(high, shown);
    scenarios.insert(ratio.scenario);
    rows.rows.push_back(
        {ratio.scenario, ratio.column, rounded(shown, 5), ratio.time, ratio.best ? "fastest" : "other"});
    if (least == nullptr || ratio.ratio < least->ratio) least = &ratio;
    if (most == nullptr || ratio.ratio > most->ratio) most = &ratio;
  }
  chart.height = static_cast<int>(scenarios.size()) * 26;
  Json layers = Json::array();
  layers.push_back(one_rule(place, chart.dataset + "_one"));
  layers.push_back(
      {{"mark", {{"type", "point"}, {"size", 70}, {"opacity", 0.85}}},
       {"encoding",
        {{"color", colour_of("place", {"fastest", "other"}, {"theme:series-3", "theme:series-8"}, "column")},
         {"tooltip", Json::array({tip("scenario", "scenario", ""), tip("column", "column", ""), tip("time", "time", ""),
                                  tip("ratio", "ratio", ".4~f")})}}}});
  chart.spec = ratio_rows(chart, "scenario", ratio_axis(low, high, "time, ratio to the first column (logarithmic)"),
                          std::move(layers));
  chart.columns = {{"scenario", "scenario"}, {"column", "column"}, {"time", "time"}, {"ratio", "ratio to the first"}};
  chart.description = "Least: " + least->column + " of " + least->scenario + ", " + analysis::ratio_text(least->ratio) +
                      ". Most: " + most->column + " of " + most->scenario + ", " + analysis::ratio_text(most->ratio) +
                      '.';
  return chart;
}

}  // namespace farfault::report
