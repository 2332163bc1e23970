#include <algorithm>
#include <cmath>

#include "analysis/report/charts/result_charts.h"

namespace farfault::report {
namespace {

using analysis::Component;

double picoseconds(const std::optional<analysis::Number>& number) {
  return number && analysis::is_finite(*number) ? analysis::as_double(*number) : 0;
}

}  // namespace

std::optional<Chart> difference_parts(const ChartPlace& place, const analysis::Comparison& comparison,
                                      const std::vector<std::string>& labels) {
  double most = 0;
  for (const Component& component : comparison.components) {
    if (component.when != analysis::When::kDuring) continue;
    for (const analysis::Cell& cell : component.cells) most = std::max(most, std::abs(picoseconds(cell.difference)));
  }
  if (most <= 0) return std::nullopt;
  const Scale scale = time_scale(most);
  Chart chart = place.begin("differences", "Where the difference in time comes from");
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"column", "component", "difference"};
  Dataset& sums = place.datasets[chart.dataset + "_sums"];
  sums.fields = {"column", "sum"};
  std::vector<const Component*> components;
  std::vector<std::string> names;
  std::vector<std::string> colours;
  // Less than this is less than a pixel.
  const double least_seen = most * 0.0005;
  std::size_t index = 0;
  for (const Component& component : comparison.components) {
    if (component.when != analysis::When::kDuring) continue;
    const std::string colour = component.name == "rest" ? "theme:line-strong" : series_colour(index++);
    const bool seen = std::any_of(component.cells.begin(), component.cells.end(), [&](const analysis::Cell& cell) {
      return std::abs(picoseconds(cell.difference)) >= least_seen;
    });
    if (!seen) continue;
    components.push_back(&component);
    names.push_back(component.name);
    colours.push_back(colour);
  }
  for (std::size_t i = 1; i < labels.size(); ++i) {
    const std::size_t before = rows.rows.size();
    for (const Component* const component : components) {
      const double difference = picoseconds(component->cells[i].difference);
      if (std::abs(difference) < least_seen) continue;
      rows.rows.push_back({labels[i], component->name, rounded(difference / scale.divisor)});
    }
    // A column without a difference keeps its place.
    if (rows.rows.size() == before && comparison.columns[i].result) {
      rows.rows.push_back({labels[i], components.front()->name, 0});
    }
  }
  const analysis::Row* const total = analysis::find_row(comparison, "time.total");
  double slowest = 0;
  double fastest = 0;
  std::string slowest_label;
  std::string fastest_label;
  for (std::size_t i = 1; i < labels.size(); ++i) {
    if (total == nullptr || !total->cells[i].difference) continue;
    const double difference = picoseconds(total->cells[i].difference);
    sums.rows.push_back({labels[i], rounded(difference / scale.divisor)});
    if (difference > slowest) {
      slowest = difference;
      slowest_label = labels[i];
    }
    if (difference < fastest) {
      fastest = difference;
      fastest_label = labels[i];
    }
  }
  const std::string axis = "difference in time (" + scale.unit + "): less to the left, more to the right";
  const Json y = {{"field", "column"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}};
  chart.height = static_cast<int>(sums.rows.size()) * 30;
  chart.spec = {
      {"width", "container"},
      {"height", chart.height},
      {"layer", Json::array({{{"data", {{"name", chart.dataset}}},
                              {"mark", {{"type", "bar"}}},
                              {"encoding",
                               {{"y", y},
                                {"x", quantity("difference", axis)},
                                {"color", colour_of("component", names, colours, "component")},
                                {"tooltip", Json::array({tip("column", "column", ""), tip("component", "component", ""),
                                                         tip("difference", "difference (" + scale.unit + ")")})}}}},
                             {{"data", {{"name", chart.dataset + "_sums"}}},
                              {"mark",
                               {{"type", "point"},
                                {"shape", "diamond"},
                                {"size", 110},
                                {"color", "theme:ink"},
                                {"stroke", "theme:paper"},
                                {"strokeWidth", 1.5}}},
                              {"encoding",
                               {{"y", y},
                                {"x", quantity("sum", axis)},
                                {"tooltip", Json::array({tip("column", "column", ""),
                                                         tip("sum", "all together (" + scale.unit + ")")})}}}}})}};
  chart.columns = {{"column", "column"}, {"component", "component"}, {"difference", "difference (" + scale.unit + ")"}};
  chart.description = "Against " + labels.front() + "; the diamond is the difference of the whole run.";
  if (!fastest_label.empty()) chart.description += " Most saved: " + fastest_label + ", " + time_text(-fastest) + '.';
  if (!slowest_label.empty()) chart.description += " Most lost: " + slowest_label + ", " + time_text(slowest) + '.';
  chart.description +=
      " Components are sums over everybody who spent the time, not a critical path; what several did at once is taken "
      "off the rest.";
  return chart;
}

std::optional<Chart> time_components(const ChartPlace& place, const analysis::Comparison& comparison) {
  double most = 0;
  for (const Component& component : comparison.components)
    most = std::max(most, picoseconds(component.cells.front().value));
  const analysis::Row* const total = analysis::find_row(comparison, "time.total");
  if (most <= 0 || total == nullptr) return std::nullopt;
  const Scale scale = time_scale(most);
  Chart chart = place.begin("components", "What the time is made of");
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"component", "when", "time", "description"};
  std::string largest;
  double largest_time = 0;
  for (const Component& component : comparison.components) {
    const double time = picoseconds(component.cells.front().value);
    if (time == 0) continue;
    const char* const when = component.when == analysis::When::kDuring   ? "during the run"
                             : component.when == analysis::When::kBefore ? "before the run"
                                                                         : "within the others";
    rows.rows.push_back({component.name, when, rounded(time / scale.divisor), component.description});
    if (component.when == analysis::When::kDuring && component.name != "rest" && time > largest_time) {
      largest_time = time;
      largest = component.name;
    }
  }
  const std::string axis = "time, summed over everybody (" + scale.unit + ")";
  chart.height = static_cast<int>(rows.rows.size()) * 26;
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", chart.height},
                {"mark", {{"type", "bar"}}},
                {"encoding",
                 {{"y", {{"field", "component"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}}},
                  {"x", quantity("time", axis)},
                  {"color", colour_of("when", {"during the run", "before the run", "within the others"},
                                      {"theme:series-1", "theme:series-8", "theme:series-6"}, "spent")},
                  {"tooltip", Json::array({tip("component", "component", ""), tip("when", "spent", ""),
                                           tip("time", axis), tip("description", "is", "")})}}}};
  chart.columns = {{"component", "component"}, {"when", "spent"}, {"time", axis}, {"description", "is"}};
  chart.description =
      "Sums over everybody who spent the time, not a critical path; the components during the run, with "
      "the rest, add up to its time of " +
      time_text(picoseconds(total->cells.front().value)) + '.';
  if (!largest.empty())
    chart.description = "Largest: " + largest + ", " + time_text(largest_time) + ". " + chart.description;
  return chart;
}

}  // namespace farfault::report
