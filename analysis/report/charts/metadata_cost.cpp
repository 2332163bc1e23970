#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/number.h"
#include "analysis/report/charts/result_charts.h"
#include "sim/core/quantity.h"

namespace farfault::report {
namespace {

/// Powers of two within a range, at most about six: values of a logarithmic axis of bytes.
Json binary_steps(double low, double high) {
  Json out = Json::array();
  const int first = static_cast<int>(std::ceil(std::log2(low)));
  const int last = static_cast<int>(std::floor(std::log2(high)));
  const int step = std::max(1, (last - first + 5) / 6);
  for (int power = first; power <= last; power += step) out.push_back(rounded(std::ldexp(1.0, power), 15));
  return out;
}

}  // namespace

std::optional<Chart> cost_bars(const ChartPlace& place, const std::string& id, const std::string& title,
                               const std::vector<CostPart>& parts, const std::vector<Figures>& columns,
                               const std::vector<std::string>& labels, Unit unit) {
  std::vector<double> sums(columns.size(), 0.0);
  const auto value_of = [&columns](std::size_t column, const CostPart& part) {
    const auto it = columns[column].find(part.figure);
    return it == columns[column].end() ? 0.0 : it->second.as_double();
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (const CostPart& part : parts) sums[i] += value_of(i, part);
  }
  const auto most = std::max_element(sums.begin(), sums.end());
  if (most == sums.end() || *most <= 0) return std::nullopt;
  const Scale scale = unit == Unit::kTime ? time_scale(*most) : byte_scale(*most);
  Chart chart = place.begin(id, title);
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"column", "part", "value"};
  std::vector<std::string> names;
  std::vector<std::string> colours;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    bool used = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const double value = value_of(i, parts[k]);
      if (value > 0) used = true;
      // A column without any of it has a place in the chart too.
      if (value > 0 || (k == 0 && sums[i] <= 0))
        rows.rows.push_back({labels[i], parts[k].label, rounded(value / scale.divisor)});
    }
    if (!used) continue;
    names.push_back(parts[k].label);
    colours.push_back(series_colour(k));
  }
  const std::string axis = (unit == Unit::kTime ? "time (" : "memory (") + scale.unit + ')';
  chart.height = static_cast<int>(columns.size()) * 28;
  chart.spec = {
      {"data", {{"name", chart.dataset}}},
      {"width", "container"},
      {"height", chart.height},
      {"mark", {{"type", "bar"}}},
      {"encoding",
       {{"y", {{"field", "column"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}}},
        {"x", quantity("value", axis)},
        {"color", colour_of("part", names, colours, "part")},
        {"tooltip", Json::array({tip("column", "column", ""), tip("part", "part", ""), tip("value", axis)})}}}};
  chart.columns = {{"column", "column"}, {"part", "part"}, {"value", axis}};
  const auto text = [unit](double value) { return unit == Unit::kTime ? time_text(value) : bytes_text(value); };
  const auto least = std::min_element(sums.begin(), sums.end());
  const std::string& most_label = labels[static_cast<std::size_t>(most - sums.begin())];
  if (columns.size() == 1) {
    std::vector<std::string> words;
    for (const CostPart& part : parts) {
      if (value_of(0, part) > 0) words.push_back(part.label + ' ' + text(value_of(0, part)));
    }
    chart.description = "In all " + text(*most) + ": " + listed(words) + '.';
  } else if (*least == *most) {
    chart.description = text(*most) + " in every column.";
  } else {
    chart.description = "Least: " + labels[static_cast<std::size_t>(least - sums.begin())] + ", " +
                        (*least <= 0 ? "none" : text(*least)) + ". Most: " + most_label + ", " + text(*most) + '.';
  }
  return chart;
}

std::optional<Chart> metadata_memory(const ChartPlace& place, const std::vector<Figures>& columns,
                                     const std::vector<std::string>& labels) {
  return cost_bars(place, "metadata-memory", "Memory that describes device memory",
                   {{"metadata.struct_page_bytes", "struct pages"},
                    {"metadata.linear_map_bytes", "linear map"},
                    {"metadata.tree_bytes", "tree"}},
                   columns, labels, Unit::kBytes);
}

std::optional<Chart> metadata_setup(const ChartPlace& place, const std::vector<Figures>& columns,
                                    const std::vector<std::string>& labels) {
  return cost_bars(place, "metadata-setup", "Adding the memory, before the run",
                   {{"metadata.setup_time.memmap", "struct pages"},
                    {"metadata.setup_time.linear_map", "linear map"},
                    {"metadata.setup_time.tree", "tree"},
                    {"metadata.setup_time.sections", "sections"}},
                   columns, labels, Unit::kTime);
}

std::optional<Chart> cost_over_memory(const ChartPlace& place, const std::string& id, const std::string& title,
                                      const std::vector<CostPoint>& points, Unit unit) {
  double most = 0;
  std::set<std::string> memories;
  const CostPoint* highest = nullptr;
  double least = 1e300;
  for (const CostPoint& point : points) {
    memories.insert(point.memory);
    if (point.value > 0) least = std::min(least, point.value);
    if (point.value <= most) continue;
    most = point.value;
    highest = &point;
  }
  if (highest == nullptr || memories.size() < 2) return std::nullopt;
  const auto text = [unit](double value) {
    return unit == Unit::kTime ? time_text(value) : unit == Unit::kBytes ? bytes_text(value) : count_text(value);
  };
  // Nanoseconds or bytes: the labels of the axis have the units.
  const Scale scale = unit == Unit::kTime ? Scale{1e3, "ns"} : Scale{1, unit == Unit::kBytes ? "B" : ""};
  Chart chart = place.begin(id, title);
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"memory", "gib", "column", "value", "text"};
  for (const CostPoint& point : points) {
    const Parsed<Bytes> size = parse_bytes(point.memory);
    if (!size || point.value <= 0) continue;
    rows.rows.push_back({bytes_text(static_cast<double>(size.value->count())),
                         rounded(static_cast<double>(size.value->count()) / 1073741824.0), point.label,
                         rounded(point.value / scale.divisor), text(point.value)});
  }
  if (rows.rows.empty()) {
    place.datasets.erase(chart.dataset);
    return std::nullopt;
  }
  std::string axis = unit == Unit::kTime ? "time" : unit == Unit::kBytes ? "memory for it" : "number";
  Json x = quantity("gib", "memory of each device (GiB, logarithmic)");
  x["scale"] = {{"type", "log"}, {"base", 2}};
  Json y = quantity("value", axis + " (logarithmic)");
  const double low = least / scale.divisor / 1.3;
  const double high = most / scale.divisor * 1.3;
  y["scale"] = {{"type", "log"}, {"domain", Json::array({rounded(low), rounded(high)})}, {"nice", false}};
  y["axis"] = {{"values", unit == Unit::kBytes ? binary_steps(low, high) : decades(low, high)},
               {"labelExpr", unit == Unit::kTime    ? time_label()
                             : unit == Unit::kBytes ? bytes_label()
                                                    : std::string("format(datum.value, ',')")},
               {"grid", true}};
  chart.height = 230;
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", chart.height},
                {"mark", {{"type", "line"}, {"point", {{"filled", true}, {"size", 50}}}}},
                {"encoding",
                 {{"x", std::move(x)},
                  {"y", std::move(y)},
                  {"color", {{"field", "column"}, {"type", "nominal"}, {"sort", nullptr}, {"title", "column"}}},
                  {"tooltip", Json::array({tip("column", "column", ""), tip("memory", "memory of each device", ""),
                                           tip("text", axis, "")})}}}};
  chart.columns = {{"memory", "memory of each device"},
                   {"column", "column"},
                   {"text", axis},
                   {"value", axis + (scale.unit.empty() ? "" : " (" + scale.unit + ")")}};
  chart.description = "Most: " + highest->label + " with devices of " +
                      bytes_text(static_cast<double>(parse_bytes(highest->memory).value.value_or(Bytes()).count())) +
                      ", " + text(most) + '.';
  return chart;
}

}  // namespace farfault::report
