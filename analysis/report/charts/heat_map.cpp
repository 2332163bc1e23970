#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "analysis/report/charts/result_charts.h"

namespace farfault::report {
namespace {

constexpr double kPagesOf = 4096;

std::string hexadecimal(std::uint64_t address) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(address));
  return text.data();
}

/// Rows of the map put together, and where each is drawn: a gap of one where addresses are left out.
struct HeatRows {
  std::uint64_t bytes = 0;               ///< of a row that is drawn
  std::vector<std::size_t> row_of;       ///< for each row of the map
  std::vector<std::uint64_t> addresses;  ///< of each drawn
  std::vector<std::size_t> position;     ///< of each drawn, from the bottom
  std::vector<double> gaps;              ///< where addresses are left out
  std::size_t height = 0;
};

HeatRows rows_of(const HeatMap& map, unsigned shift) {
  HeatRows out;
  out.bytes = map.row_bytes << shift;
  for (const std::uint64_t address : map.rows) {
    const std::uint64_t begin = address / out.bytes * out.bytes;
    if (out.addresses.empty() || out.addresses.back() != begin) {
      const bool gap = !out.addresses.empty() && begin - out.addresses.back() != out.bytes;
      if (gap) out.gaps.push_back(static_cast<double>(out.height) + 0.5);
      out.position.push_back(out.height + (gap ? 1 : 0));
      out.height = out.position.back() + 1;
      out.addresses.push_back(begin);
    }
    out.row_of.push_back(out.addresses.size() - 1);
  }
  return out;
}

HeatRows fitted_rows(const HeatMap& map, std::size_t most) {
  HeatRows out = rows_of(map, 0);
  // Up to where one row is half of all addresses.
  for (unsigned shift = 1; out.height > most && (map.row_bytes << shift) < (std::uint64_t{1} << 62U); ++shift) {
    out = rows_of(map, shift);
  }
  return out;
}

/// Labels of the y axis, at least so many rows apart: an expression with addresses made from numbers.
Json address_axis(const HeatRows& rows, int height) {
  const double apart = 15.0 * static_cast<double>(rows.height) / height;
  Json values = Json::array();
  std::string lookup = "{";
  double last = -1e9;
  for (std::size_t i = 0; i < rows.addresses.size(); ++i) {
    const auto at = static_cast<double>(rows.position[i]);
    if (at - last < apart) continue;
    // Rather the beginning of a range than a row just before it.
    bool begin_near = false;
    for (std::size_t k = i + 1; k < rows.addresses.size() && static_cast<double>(rows.position[k]) - at < apart; ++k) {
      begin_near = begin_near || rows.position[k] != rows.position[k - 1] + 1;
    }
    const bool begins = i == 0 || rows.position[i] != rows.position[i - 1] + 1;
    if (begin_near && !begins) continue;
    values.push_back(rows.position[i]);
    lookup += (lookup.size() > 1 ? ", '" : "'") + std::to_string(rows.position[i]) + "': '" +
              hexadecimal(rows.addresses[i]) + '\'';
    last = at;
  }
  // A number of ticks, since Vega takes every other one where there are more than it thinks right.
  const std::size_t count = values.size();
  return {{"labelSeparation", 1},
          {"tickCount", count},
          {"values", std::move(values)},
          {"labelExpr", lookup + "}[datum.value]"},

          {"grid", false},
          {"ticks", true}};
}

}  // namespace

std::optional<Chart> heat_map(const ChartPlace& place, const HeatMap& map, double end_ps, const HeatChart& what,
                              const HeatSize& size) {
  const auto layer = map.layers.find(what.layer);
  if (layer == map.layers.end() || map.rows.empty()) return std::nullopt;
  const std::vector<float>& values = layer->second.values;
  if (std::all_of(values.begin(), values.end(), [](float value) { return value <= 0; })) return std::nullopt;

  const HeatRows rows = fitted_rows(map, size.rows);
  const std::size_t together = (map.bins + size.bins - 1) / size.bins;
  const std::size_t bins = (map.bins + together - 1) / together;
  std::vector<double> cells(rows.addresses.size() * bins, 0.0);
  for (std::size_t row = 0; row < map.rows.size(); ++row) {
    for (std::size_t bin = 0; bin < map.bins; ++bin) {
      cells[rows.row_of[row] * bins + bin / together] += static_cast<double>(values[row * map.bins + bin]);
    }
  }
  const bool mean = layer->second.kind == SeriesKind::kMean;
  const double width_ps = static_cast<double>(map.bin_width_ps) * static_cast<double>(together);
  const Scale scale = time_scale(end_ps);

  Chart chart = place.begin(what.id, what.title);
  chart.canvas = true;
  chart.height = std::clamp(static_cast<int>(rows.height) * 5, 160, 420);
  Dataset& out = place.datasets[chart.dataset];
  out.fields = {"bin", "row", "address", "value"};
  double most = 0;
  std::size_t most_at = 0;
  double sum = 0;
  double least = 1e300;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] <= 0) continue;
    const std::size_t bin = i % bins;
    double value = cells[i];
    if (mean) value /= static_cast<double>(std::min(together, map.bins - bin * together));
    if (what.share) value = std::min(value * kPagesOf / static_cast<double>(rows.bytes), 1.0);
    sum += value;
    least = std::min(least, value);
    if (value > most) {
      most = value;
      most_at = i;
    }
    if (static_cast<double>(bin) * width_ps >= std::max(end_ps, 1.0)) continue;
    out.rows.push_back({bin, rows.position[i / bins], hexadecimal(rows.addresses[i / bins]), rounded(value, 3)});
  }
  const std::string gaps = chart.dataset + "_gaps";
  place.datasets[gaps].fields = {"row"};
  for (const double gap : rows.gaps) place.datasets[gaps].rows.push_back({gap});

  Json y = {{"field", "row"}, {"type", "quantitative"}, {"title", "address"}};
  y["scale"] = {{"domain", Json::array({0, rows.height})}, {"nice", false}, {"zero", false}};
  y["axis"] = address_axis(rows, chart.height);
  Json colour = quantity("value", what.legend);
  if (what.share) {
    colour["scale"] = {{"domain", Json::array({0, 1})}};
    colour["legend"] = {{"format", ".0%"}};
  } else if (most >= 100 && most > 50 * std::max(least, 1e-9)) {
    colour["scale"] = {{"type", "log"}};
    colour["legend"] = {{"format", ".2~s"}, {"values", decades(least, most)}};
  } else {
    colour["scale"] = {{"domain", Json::array({0, rounded(most, 3)})}};
    colour["legend"] = {{"format", ".3~s"}, {"tickMinStep", 1}};
  }
  const char* const format = what.share ? ".0%" : ".4~g";
  Json layers = Json::array();
  // Where cells begin and end is worked out in the page, which is the smaller for it; an end is the next one's
  // beginning, to the last bit.
  const std::string width = rounded(width_ps / scale.divisor, 9).dump();
  const std::string end = rounded(end_ps / scale.divisor, 9).dump();
  const Json ends = Json::array({{{"calculate", "datum.bin * " + width}, {"as", "t"}},
                                 {{"calculate", "min((datum.bin + 1) * " + width + ", " + end + ")"}, {"as", "t_end"}},
                                 {{"calculate", "datum.row + 1"}, {"as", "row_end"}}});
  layers.push_back(
      {{"transform", ends},
       {"mark", {{"type", "rect"}}},
       {"encoding",
        {{"x", time_axis("t", scale, end_ps)},
         {"x2", {{"field", "t_end"}}},
         {"y", y},
         {"y2", {{"field", "row_end"}}},
         {"color", std::move(colour)},
         {"tooltip", Json::array({tip("address", "row from", ""), tip("t", "from (" + scale.unit + ")"),
                                  tip("t_end", "to (" + scale.unit + ")"), tip("value", what.legend, format)})}}}});
  if (!rows.gaps.empty()) {
    layers.push_back({{"data", {{"name", gaps}}},
                      {"mark", {{"type", "rule"}, {"strokeDash", Json::array({2, 4})}, {"color", "theme:line-strong"}}},
                      {"encoding", {{"y", {{"field", "row"}, {"type", "quantitative"}}}}}});
  }
  chart.spec = {{"data", {{"name", chart.dataset}}},
                {"width", "container"},
                {"height", chart.height},
                {"layer", std::move(layers)}};
  chart.columns = {{"address", "row from"}, {"bin", "bin, of " + time_text(width_ps)}, {"value", what.legend}};

  const std::string where = "the row from " + hexadecimal(rows.addresses[most_at / bins]) + " at " +
                            time_text(static_cast<double>(most_at % bins) * width_ps);
  chart.description = "Rows of " + bytes_text(static_cast<double>(rows.bytes)) + ", bins of " + time_text(width_ps);
  if (!rows.gaps.empty()) {
    chart.description += "; dotted lines: addresses that nobody used are left out";
  }
  if (what.share) {
    chart.description += ". Highest: " + percent_text(most) + ", first in " + where + '.';
  } else {
    chart.description += (what.legend.find("estimated") == std::string::npos ? ". In all " : ". In all about ") +
                         count_text(std::round(sum)) + "; most in a cell: " + count_text(std::round(most)) + ", in " +
                         where + '.';
  }
  return chart;
}

}  // namespace farfault::report
