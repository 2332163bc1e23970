#include "analysis/report/charts/over_time.h"

#include <algorithm>
#include <utility>

namespace farfault::report {
namespace {

std::size_t bins_together(std::size_t bins, std::size_t most) { return bins <= most ? 1 : (bins + most - 1) / most; }

/// Begin and end of a bin in the scale's unit; the last one ends with the run if that is in it.
std::pair<double, double> limits(const TimeBins& bins, std::size_t bin, const Scale& scale) {
  const double begin = static_cast<double>(bin) * bins.width_ps;
  double end = begin + bins.width_ps;
  if (bins.end_ps > begin && bins.end_ps < end) end = bins.end_ps;
  return {begin / scale.divisor, end / scale.divisor};
}

double end_of(const TimeBins& bins) {
  return std::max(bins.end_ps, static_cast<double>(bins.count == 0 ? 0 : bins.count - 1) * bins.width_ps);
}

Dataset wide_rows(const OverTime& data, const Scale& scale) {
  Dataset out;
  out.fields = {"t", "t_end"};
  for (const NamedSeries& series : data.series) out.fields.push_back(series.field);
  if (!data.total.empty()) out.fields.emplace_back("total");
  for (std::size_t bin = 0; bin < data.bins.count; ++bin) {
    const auto [begin, end] = limits(data.bins, bin, scale);
    std::vector<Json> row = {rounded(begin), rounded(end)};
    double total = 0;
    for (const NamedSeries& series : data.series) {
      row.push_back(rounded(series.values[bin], 4));
      total += series.values[bin];
    }
    if (!data.total.empty()) row.push_back(rounded(total, 4));
    out.rows.push_back(std::move(row));
  }
  // Where the last step ends.
  if (!out.rows.empty()) {
    std::vector<Json> last = out.rows.back();
    last[0] = last[1];
    out.rows.push_back(std::move(last));
  }
  return out;
}

Json labels_of(const OverTime& data, std::vector<std::string>& labels, std::vector<std::string>& colours) {
  std::string lookup = "{";
  Json fields = Json::array();
  for (const NamedSeries& series : data.series) {
    lookup += (lookup.size() > 1 ? ", " : "") + series.field + ": '" + series.label + "'";
    fields.push_back(series.field);
    labels.push_back(series.label);
    colours.push_back(series.colour);
  }
  return Json::array(
      {{{"fold", fields}, {"as", {"part", "value"}}}, {{"calculate", lookup + "}[datum.part]"}, {"as", "label"}}});
}

Json level_layer(const ChartPlace& place, const Chart& chart, const Level& level) {
  const std::string name = chart.dataset + "_level";
  place.datasets[name] = {{"value", "label"}, {{rounded(level.value), level.label}}};
  return Json::array(
      {{{"data", {{"name", name}}},
        {"mark", {{"type", "rule"}, {"strokeDash", Json::array({5, 4})}, {"color", "theme:ink-soft"}}},
        {"encoding", {{"y", {{"field", "value"}, {"type", "quantitative"}}}}}},
       {{"data", {{"name", name}}},
        {"mark",
         {{"type", "text"}, {"align", "right"}, {"baseline", "bottom"}, {"dy", -3}, {"color", "theme:ink-soft"}}},
        {"encoding",
         {{"x", {{"value", "width"}}},
          {"y", {{"field", "value"}, {"type", "quantitative"}}},
          {"text", {{"field", "label"}, {"type", "nominal"}}}}}}});
}

}  // namespace

void draw_over_time(Chart& chart, const ChartPlace& place, const OverTime& data) {
  const double end = end_of(data.bins);
  const Scale scale = time_scale(end);
  place.datasets[chart.dataset] = wide_rows(data, scale);
  std::vector<std::string> labels;
  std::vector<std::string> colours;
  const Json transform = labels_of(data, labels, colours);

  Json y = quantity("value", data.axis);
  if (data.below_zero) y["axis"] = {{"labelExpr", "format(abs(datum.value), ',')"}};
  if (data.stacked) {
    y["stack"] = "zero";
  } else {
    y["stack"] = nullptr;
  }
  Json mark = {{"type", "area"}, {"interpolate", "step-after"}};
  // One behind the other.
  if (!data.stacked) mark["fillOpacity"] = 0.75;
  Json tips = Json::array({tip("t", "from (" + scale.unit + ")"), tip("t_end", "to (" + scale.unit + ")")});
  chart.columns = {{"t", "from (" + scale.unit + ")"}, {"t_end", "to (" + scale.unit + ")"}};
  for (const NamedSeries& series : data.series) {
    tips.push_back(tip(series.field.c_str(), series.label));
    chart.columns.push_back({series.field, series.label + ": " + data.axis});
  }
  if (!data.total.empty()) {
    if (data.series.size() > 1) tips.push_back(tip("total", "together"));
    chart.columns.push_back({"total", data.total});
  }
  Json colour = colour_of("label", labels, colours, data.legend);
  if (data.series.size() == 1) colour["legend"] = nullptr;
  Json layers = Json::array();
  layers.push_back(
      {{"transform", transform},
       {"mark", std::move(mark)},
       {"encoding", {{"x", time_axis("t", scale, end)}, {"y", std::move(y)}, {"color", std::move(colour)}}}});
  // Unseen bars that tell what is under the pointer.
  layers.push_back(
      {{"params", Json::array({{{"name", "hover"},
                                {"select", {{"type", "point"}, {"on", "pointerover"}, {"clear", "pointerout"}}}}})},
       {"mark", {{"type", "rect"}, {"color", "theme:ink"}}},
       {"encoding",
        {{"x", time_axis("t", scale, end)},
         {"x2", {{"field", "t_end"}}},
         {"y", {{"value", 0}}},
         {"y2", {{"value", "height"}}},
         {"opacity", {{"condition", {{"param", "hover"}, {"empty", false}, {"value", 0.12}}}, {"value", 0}}},
         {"tooltip", std::move(tips)}}}});
  for (const Level& level : data.level) {
    for (Json& layer : level_layer(place, chart, level)) layers.push_back(std::move(layer));
  }
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", chart.height},
                {"layer", std::move(layers)}};
}

void draw_lines(Chart& chart, const ChartPlace& place, const std::vector<UserLine>& lines, const std::string& axis,
                const std::string& what, const std::vector<std::string>& all_labels) {
  double end = 0;
  for (const UserLine& line : lines) end = std::max(end, end_of(line.bins));
  const Scale scale = time_scale(end);
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"t", "line", "value"};
  for (const UserLine& line : lines) {
    for (std::size_t bin = 0; bin < line.values.size(); ++bin) {
      const auto [begin, bin_end] = limits(line.bins, bin, scale);
      rows.rows.push_back({rounded(begin), line.label, rounded(line.values[bin], 4)});
      if (bin + 1 == line.values.size())
        rows.rows.push_back({rounded(bin_end), line.label, rounded(line.values[bin], 4)});
    }
  }
  chart.columns = {{"t", "from (" + scale.unit + ")"}, {"line", what}, {"value", axis}};
  std::vector<std::string> labels = all_labels;
  if (labels.empty()) {
    for (const UserLine& line : lines) labels.push_back(line.label);
  }
  Json colour = {{"field", "line"}, {"type", "nominal"}, {"sort", nullptr}, {"title", what}};
  if (labels.size() == 1) {
    colour["legend"] = nullptr;
  } else {
    colour["legend"] = {{"symbolOpacity", 1}, {"symbolType", "circle"}};
  }
  const Json place_of = {
      {"x", time_axis("t", scale, end)}, {"y", quantity("value", axis)}, {"color", std::move(colour)}};
  Json points = place_of;
  points["tooltip"] = Json::array({tip("line", what, ""), tip("t", "from (" + scale.unit + ")"), tip("value", axis)});
  Json layers = Json::array();
  layers.push_back(column_names(place, chart, "line", labels));
  layers.push_back(
      {{"mark", {{"type", "line"}, {"interpolate", "step-after"}, {"strokeWidth", 1.5}}}, {"encoding", place_of}});
  layers.push_back({{"mark", {{"type", "point"}, {"opacity", 0}, {"size", 80}}}, {"encoding", std::move(points)}});
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", chart.height},
                {"layer", std::move(layers)}};
}

std::vector<double> coarser(const std::vector<double>& values, std::size_t most, bool means) {
  const std::size_t together = bins_together(values.size(), most);
  if (together == 1) return values;
  std::vector<double> out;
  for (std::size_t begin = 0; begin < values.size(); begin += together) {
    const std::size_t end = std::min(begin + together, values.size());
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += values[i];
    // A last bin that is cut short keeps the width of the others.
    out.push_back(means ? sum / static_cast<double>(end - begin) : sum);
  }
  return out;
}

TimeBins coarser(const TimeBins& bins, std::size_t most) {
  const std::size_t together = bins_together(bins.count, most);
  return {bins.width_ps * static_cast<double>(together), bins.end_ps, (bins.count + together - 1) / together};
}

}  // namespace farfault::report
