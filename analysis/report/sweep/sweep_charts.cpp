#include "analysis/report/sweep/sweep_charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include "sim/core/quantity.h"

namespace farfault::report::sweep {
namespace {

constexpr const char* kSchema = "https://vega.github.io/schema/vega-lite/v6.json";
/// Points that are drawn. Beyond it the best are, the front, and of the rest every so many.
constexpr std::size_t kMostDrawn = 5000;
constexpr std::size_t kMostBestDrawn = 1000;
/// Axes in datasets and charts: those that matter most.
constexpr std::size_t kMostAxes = 10;
constexpr std::size_t kMostColumns = 8;
constexpr std::size_t kMostResponses = 9;
constexpr std::size_t kMostFigureColumns = 3;
constexpr std::size_t kListed = 100;
constexpr std::size_t kBins = 40;

std::string numbered(const char* name, std::size_t i) { return std::string(name) + '_' + std::to_string(i); }

/// Five digits are more than a chart shows; the page is a third of the size.
Json rounded(double value, const char* format = "%.5g") {
  if (!std::isfinite(value)) return nullptr;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  const double out = std::strtod(text.data(), nullptr);
  if (out == std::floor(out) && std::abs(out) < 1e15) return static_cast<std::int64_t>(out);
  return out;
}

Json scaled(const Figure& figure, double value) {
  if (figure.unit == Unit::kCount && std::isfinite(value) && std::abs(value) < 1e15) {
    return static_cast<std::int64_t>(std::llround(value));
  }
  return rounded(value * figure.scale);
}

const char* format_of(const Figure& figure) { return figure.unit == Unit::kCount ? ",~f" : ",.5~r"; }

std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), share >= 0.1 || share == 0 ? "%.0f %%" : "%.1f %%", share * 100);
  return text.data();
}

/// The axes that datasets and charts have, the most influential first.
std::vector<std::size_t> shown_axes(const Table& table, std::size_t most) {
  std::vector<std::size_t> out = table.by_influence;
  if (out.size() > most) out.resize(most);
  return out;
}

std::vector<std::size_t> drawn_rows(const Table& table) {
  std::vector<std::size_t> out;
  const std::size_t count = table.points.size();
  if (count <= kMostDrawn) {
    for (std::size_t row = 0; row < count; ++row) out.push_back(row);
    return out;
  }
  std::vector<bool> drawn(count, false);
  for (std::size_t row = 0; row < kMostBestDrawn; ++row) drawn[row] = true;
  const std::size_t rest = kMostDrawn - kMostBestDrawn;
  for (std::size_t i = 0; i < rest; ++i) drawn[kMostBestDrawn + i * (count - kMostBestDrawn) / rest] = true;
  drawn[count - 1] = true;
  if (table.figures.size() > 1) {
    std::vector<std::size_t> front = front_of(table);
    if (front.size() > kMostBestDrawn) front.resize(kMostBestDrawn);
    for (const std::size_t row : front) drawn[row] = true;
  }
  for (std::size_t row = 0; row < count; ++row) {
    if (drawn[row]) out.push_back(row);
  }
  return out;
}

/// A sentence for charts that do not draw all points.
std::string drawn_text(const Table& table) {
  const std::size_t drawn = drawn_rows(table).size();
  if (drawn == table.points.size()) return {};
  return " Drawn are " + format_count(drawn) + " of " + format_count(table.points.size()) +
         " points: the best, and every so many of the others.";
}

Json axis_tooltips(const Table& table) {
  Json out = Json::array();
  out.push_back({{"field", "point"}, {"type", "quantitative"}, {"title", "point"}});
  const std::vector<std::size_t> axes = shown_axes(table, kMostAxes);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    out.push_back({{"field", numbered("axis", i)}, {"type", "nominal"}, {"title", table.axes[axes[i]].title}});
  }
  for (std::size_t i = 0; i < table.figures.size(); ++i) {
    out.push_back({{"field", numbered("figure", i)},
                   {"type", "quantitative"},
                   {"title", table.figures[i].title},
                   {"format", format_of(table.figures[i])}});
  }
  return out;
}

std::vector<TableColumn> point_columns(const Table& table) {
  std::vector<TableColumn> out = {{"rank", "rank"}, {"point", "point"}};
  for (std::size_t i = 0; i < table.figures.size(); ++i) out.push_back({numbered("figure", i), table.figures[i].title});
  const std::vector<std::size_t> axes = shown_axes(table, kMostAxes);
  for (std::size_t i = 0; i < axes.size(); ++i) out.push_back({numbered("axis", i), table.axes[axes[i]].title});
  return out;
}

Json figure_scale(const Figure& figure) {
  if (figure.logarithmic) return {{"type", "log"}, {"nice", false}};
  return {{"zero", false}, {"nice", true}};
}

/// Labels of a logarithmic axis from `low` to `high`: 1, 2 and 5 of each power of ten, or fewer where there are many.
Json log_values(double low, double high) {
  Json out = Json::array();
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (int power = first; power <= last; ++power) {
    for (const int digit : {1, 2, 5}) {
      if (digit != 1 && last - first > 3) continue;
      const double value = digit * std::pow(10.0, power);
      if (value >= low && value <= high) out.push_back(rounded(value));
    }
  }
  return out;
}

/// An axis of a figure, whose values go from `low` to `high` in the base unit.
Json figure_axis(const Figure& figure, double low, double high) {
  Json out = {{"title", figure.title}};
  if (figure.logarithmic && low > 0 && high > low) {
    Json values = log_values(low * figure.scale, high * figure.scale);
    if (values.size() > 1) {
      out["labelOverlap"] = values.size() > 6;
      out["values"] = std::move(values);
    }
  }
  if (figure.unit == Unit::kCount) out["format"] = "~s";
  return out;
}

double least_of(const Figure& figure) {
  double out = std::numeric_limits<double>::infinity();
  for (const double value : figure.values) out = std::isnan(value) ? out : std::min(out, value);
  return out;
}

double most_of(const Figure& figure) {
  double out = -std::numeric_limits<double>::infinity();
  for (const double value : figure.values) out = std::isnan(value) ? out : std::max(out, value);
  return out;
}

/// For people who read many of them: three digits, and always three.
std::string cell_text(const Figure& figure, double value) {
  if (figure.unit == Unit::kCount) return figure.text(value);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%#.3g", value * figure.scale);
  std::string out = text.data();
  if (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

/// Values of a figure from `low` to `high`, base unit, as colours: better is where the ramp is strongest.
struct Ramp {
  double low = 0;
  double high = 0;
  const Figure& figure;

  /// 0 where the ramp begins, 1 where it is strongest.
  double strength(double value) const {
    if (low == high) return 0;
    const double place =
        figure.logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return figure.more_is_better ? place : 1 - place;
  }

  Json channel(const char* field) const {
    Json scale = {{"reverse", !figure.more_is_better}};
    Json legend = {{"format", "~g"}};
    if (figure.unit == Unit::kCount) legend["format"] = "~s";
    if (low < high) scale["domain"] = {rounded(low * figure.scale), rounded(high * figure.scale)};
    if (low < high) {
      if (figure.logarithmic) scale["type"] = "log";
      // Left alone, Vega labels round numbers, of which there may be one.
      Json values = Json::array();
      for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
        const double value = figure.logarithmic ? low * std::pow(high / low, share) : low + (high - low) * share;
        values.push_back(rounded(value * figure.scale, "%.3g"));
      }
      // Rounded they may lie beyond the ends.
      values.front() = scale["domain"].front();
      values.back() = scale["domain"].back();
      legend["values"] = std::move(values);
      if (figure.unit != Unit::kCount) legend["format"] = ".3~r";
    }
    return {{"field", field}, {"type", "quantitative"}, {"title", figure.title}, {"scale", scale}, {"legend", legend}};
  }
};

Json frame(int height) { return {{"$schema", kSchema}, {"width", "container"}, {"height", height}}; }

/// Texts side by side under a band axis: level if they fit, else leaning.
Json level_axis(const Axis& axis, double width) {
  std::size_t longest = 0;
  for (const std::string& level : axis.levels) longest = std::max(longest, level.size());
  Json out = {{"title", axis.title}, {"labelAngle", 0}, {"labelFlush", false}};
  if (static_cast<double>(longest * axis.levels.size()) * 6.6 > width) {
    out["labelAngle"] = -40;
    out["labelAlign"] = "right";
    out["labelLimit"] = 130;
    out["labelOverlap"] = true;
  }
  return out;
}

/// At most three lines, broken after dots, slashes, spaces and underscores.
std::string broken(const std::string& text) {
  constexpr std::size_t kLine = 15;
  std::vector<std::string> lines(1);
  std::string word;
  const auto place = [&] {
    if (!lines.back().empty() && lines.back().size() + word.size() > kLine) lines.emplace_back();
    lines.back() += word;
    word.clear();
  };
  for (const char c : text) {
    word += c;
    if (c == '.' || c == '/' || c == ' ' || c == '_') place();
  }
  place();
  if (lines.size() > 3) lines = {lines[0], "...", lines.back()};
  std::string out;
  for (std::string& line : lines) {
    if (line.size() > kLine + 2) line = line.substr(0, kLine - 1) + "...";
    out += (out.empty() ? "" : "\n") + line;
  }
  return out;
}

/// The same text under a rim in the ground's colour, so that it can be read over lines and cells.
void add_rimmed(Json& layers, Json layer) {
  Json rim = layer;
  rim["mark"]["stroke"] = "theme:card";
  rim["mark"]["strokeWidth"] = 3.5;
  rim["mark"]["strokeJoin"] = "round";
  rim["mark"]["color"] = "theme:card";
  layers.push_back(std::move(rim));
  layer["mark"]["color"] = "theme:ink";
  layers.push_back(std::move(layer));
}

std::string levels_text(const Axis& axis, const Figure& figure) {
  const MainEffect& effect = axis.effect;
  if (effect.share <= 0) return figure.text(effect.levels[effect.lowest].mean) + " at every value";
  return figure.text(effect.levels[effect.lowest].mean) + " at " + axis.levels[effect.lowest] + " to " +
         figure.text(effect.levels[effect.highest].mean) + " at " + axis.levels[effect.highest];
}

/// A level by level table of medians.
struct Medians {
  std::vector<std::vector<double>> cells;  ///< by y * width + x, sorted
};

Chart heat_map(const Table& table, const Axis& first, const Axis& second, std::size_t number, Datasets& datasets) {
  const Figure& figure = table.figures.front();
  // The one with more levels runs across.
  const bool swap = second.levels.size() > first.levels.size();
  const Axis& across = swap ? second : first;
  const Axis& up = swap ? first : second;
  const std::size_t width = across.levels.size();
  Medians medians;
  medians.cells.resize(width * up.levels.size());
  for (std::size_t row = 0; row < table.points.size(); ++row) {
    medians.cells[up.level[row] * width + across.level[row]].push_back(figure.values[row]);
  }
  Dataset data{{"x", "y", "x_order", "y_order", "value", "text", "strong", "points"}, {}};
  double best = std::numeric_limits<double>::infinity();
  double worst = -best;
  std::string best_at;
  std::string worst_at;
  std::vector<double> shown;
  for (std::size_t cell = 0; cell < medians.cells.size(); ++cell) {
    std::vector<double>& values = medians.cells[cell];
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    const double median = quantile(values, 0.5);
    const std::size_t x = cell % width;
    const std::size_t y = cell / width;
    // Numbers grow upwards, texts read downwards.
    const std::size_t y_order = up.numeric ? up.levels.size() - 1 - y : y;
    data.rows.push_back({across.levels[x], up.levels[y], x, y_order, scaled(figure, median), cell_text(figure, median),
                         nullptr, values.size()});
    shown.push_back(median);
    const double cost = figure.more_is_better ? -median : median;
    const std::string at = across.levels[x] + " and " + up.levels[y];
    if (cost < best) {
      best = cost;
      best_at = figure.text(median) + " at " + at;
    }
    if (cost > worst) {
      worst = cost;
      worst_at = figure.text(median) + " at " + at;
    }
  }
  const Ramp ramp{*std::min_element(shown.begin(), shown.end()), *std::max_element(shown.begin(), shown.end()), figure};
  // Which of the text's two colours is read on a cell.
  constexpr double kStrong = 0.58;
  for (std::size_t i = 0; i < shown.size(); ++i) data.rows[i][6] = ramp.strength(shown[i]) > kStrong ? 1 : 0;
  const std::string name = numbered("heat", number);
  Chart out;
  out.id = "sweep-heat-map-" + std::to_string(number + 1);
  out.title = figure.name + " over " + across.name + " and " + up.name;
  out.description = "Median over all other axes; stronger colour is better (" + better_text(figure) + "). Best " +
                    best_at + ", worst " + worst_at + '.';
  // What axis and titles take is part of it.
  const int height = std::clamp(static_cast<int>(up.levels.size()) * 32 + 60, 240, 520);
  const Json x = {{"field", "x"},
                  {"type", "ordinal"},
                  {"sort", {{"field", "x_order"}, {"op", "min"}}},
                  {"axis", level_axis(across, 560)}};
  const Json y = {{"field", "y"},
                  {"type", "ordinal"},
                  {"sort", {{"field", "y_order"}, {"op", "min"}}},
                  {"axis", {{"title", up.title}, {"labelOverlap", false}}}};
  out.spec = frame(height);
  out.spec["data"] = {{"name", name}};
  // Of cells and of what is written in them.
  Json tooltip = Json::array(
      {{{"field", "x"}, {"type", "nominal"}, {"title", across.title}},
       {{"field", "y"}, {"type", "nominal"}, {"title", up.title}},
       {{"field", "value"}, {"type", "quantitative"}, {"title", figure.title}, {"format", format_of(figure)}},
       {{"field", "points"}, {"type", "quantitative"}, {"title", "points"}}});
  out.spec["encoding"] = {{"x", x}, {"y", y}, {"tooltip", std::move(tooltip)}};
  Json layers = Json::array();
  layers.push_back({{"mark", {{"type", "rect"}}}, {"encoding", {{"color", ramp.channel("value")}}}});
  if (width <= 12) {
    layers.push_back(
        {{"mark", {{"type", "text"}, {"fontSize", 11}}},
         {"encoding",
          {{"text", {{"field", "text"}, {"type", "nominal"}}},
           {"color",
            {{"condition", {{"test", "datum.strong === 1"}, {"value", "theme:card"}}}, {"value", "theme:ink"}}}}}});
  }
  out.spec["layer"] = std::move(layers);
  out.dataset = name;
  out.columns = {{"x", across.title}, {"y", up.title}, {"value", "median of " + figure.title}, {"points", "points"}};
  out.height = height;
  datasets[name] = std::move(data);
  return out;
}

}  // namespace

std::string better_text(const Figure& figure) { return figure.more_is_better ? "more is better" : "less is better"; }

std::vector<std::size_t> front_of(const Table& table) {
  std::vector<double> a;
  std::vector<double> b;
  for (std::size_t row = 0; row < table.points.size(); ++row) {
    a.push_back(table.figures[0].cost(row));
    b.push_back(table.figures[1].cost(row));
  }
  return pareto_front(a, b);
}

void add_points(const Table& table, Datasets& datasets) {
  Dataset points;
  points.fields = {"point", "rank", "percent"};
  const std::vector<std::size_t> axes = shown_axes(table, kMostAxes);
  const std::vector<std::size_t> columns = shown_axes(table, kMostColumns);
  const std::size_t figure_columns = std::min(table.figures.size(), kMostFigureColumns);
  for (std::size_t i = 0; i < axes.size(); ++i) points.fields.push_back(numbered("axis", i));
  for (std::size_t i = 0; i < table.figures.size(); ++i) points.fields.push_back(numbered("figure", i));
  for (std::size_t i = 0; i < columns.size() + figure_columns; ++i) points.fields.push_back(numbered("place", i));
  Dataset best{points.fields, {}};
  const auto place = [](double value) {
    return std::isnan(value) ? Json(nullptr) : Json(static_cast<int>(std::lround(value * 1000)));
  };
  // Lines of one value are spread around it, always the same way: else the last would hide all others.
  const auto spread = [](const Axis& axis, std::size_t row) {
    const double gap = 1 / static_cast<double>(std::max<std::size_t>(2, axis.levels.size()) - 1);
    const double share = std::fmod(static_cast<double>(row) * 0.6180339887498949, 1.0) - 0.5;
    return std::clamp(axis.place[row] + share * std::min(0.05, 0.4 * gap), -0.03, 1.03);
  };
  for (const std::size_t row : drawn_rows(table)) {
    std::vector<Json> values = {table.points[row] + 1, row + 1,
                                std::max<std::size_t>(1, (row * 100 + table.points.size() - 1) / table.points.size())};
    for (const std::size_t axis : axes) values.emplace_back(table.axes[axis].labels[table.axes[axis].value[row]]);
    for (const Figure& figure : table.figures) values.push_back(scaled(figure, figure.values[row]));
    for (const std::size_t axis : columns) values.push_back(place(spread(table.axes[axis], row)));
    for (std::size_t i = 0; i < figure_columns; ++i) values.push_back(place(table.figures[i].place[row]));
    if (best.rows.size() < kListed) best.rows.push_back(values);
    points.rows.push_back(std::move(values));
  }
  // Later rows are drawn over earlier ones.
  std::reverse(points.rows.begin(), points.rows.end());
  datasets["points"] = std::move(points);
  datasets["best"] = std::move(best);
}

Chart influence_chart(const Table& table, Datasets& datasets) {
  const Figure& figure = table.figures.front();
  Dataset data{{"axis", "order", "share", "levels", "lowest", "highest"}, {}};
  for (const std::size_t i : table.by_influence) {
    const Axis& axis = table.axes[i];
    const MainEffect& effect = axis.effect;
    data.rows.push_back({axis.title, data.rows.size(), rounded(effect.share * 100), axis.levels.size(),
                         scaled(figure, effect.levels[effect.lowest].mean),
                         scaled(figure, effect.levels[effect.highest].mean)});
  }
  Chart out;
  out.id = "sweep-influence";
  out.title = "What " + figure.name + " depends on";
  const Axis& most = table.axes[table.by_influence.front()];
  out.description = "Share of the variance over all points that the means of an axis's values explain. " + most.name +
                    " explains " + percent(most.effect.share) + ": mean " + levels_text(most, figure) + '.';
  const int height = static_cast<int>(table.axes.size()) * 24 + 60;
  out.spec = frame(height);
  out.spec["data"] = {{"name", "influence"}};
  const Json share = {{"field", "share"}, {"type", "quantitative"}};
  out.spec["encoding"] = {{"y",
                           {{"field", "axis"},
                            {"type", "nominal"},
                            {"sort", {{"field", "order"}, {"op", "min"}}},
                            {"axis", {{"title", nullptr}, {"labelLimit", 280}, {"labelOverlap", false}}}}}};
  out.spec["layer"] = Json::array(
      {{{"mark", {{"type", "bar"}, {"height", {{"band", 0.62}}}}},
        {"encoding",
         {{"x",
           {{"field", "share"},
            {"type", "quantitative"},
            {"scale", {{"domain", {0, 100}}}},
            {"axis", {{"title", "variance of " + figure.title + " explained (%)"}}}}},
          {"tooltip",
           Json::array({{{"field", "axis"}, {"type", "nominal"}, {"title", "axis"}},
                        {{"field", "share"}, {"type", "quantitative"}, {"title", "explained (%)"}, {"format", ".3~r"}},
                        {{"field", "levels"}, {"type", "quantitative"}, {"title", "values"}},
                        {{"field", "lowest"},
                         {"type", "quantitative"},
                         {"title", "lowest mean"},
                         {"format", format_of(figure)}},
                        {{"field", "highest"},
                         {"type", "quantitative"},
                         {"title", "highest mean"},
                         {"format", format_of(figure)}}})}}}},
       {{"mark", {{"type", "text"}, {"align", "left"}, {"dx", 4}}},
        {"encoding", {{"x", share}, {"text", {{"field", "share"}, {"type", "quantitative"}, {"format", ".1f"}}}}}}});
  out.dataset = "influence";
  out.columns = {{"axis", "axis"},
                 {"share", "explained (%)"},
                 {"levels", "values"},
                 {"lowest", "lowest mean of " + figure.title},
                 {"highest", "highest mean of " + figure.title}};
  out.height = height;
  datasets["influence"] = std::move(data);
  return out;
}

Chart response_chart(const Table& table, Datasets& datasets) {
  const Figure& figure = table.figures.front();
  const std::vector<std::size_t> axes = shown_axes(table, kMostResponses);
  Dataset data{{"axis", "title", "level", "order", "points", "mean", "best", "p10", "p25", "median", "p75", "p90"}, {}};
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Axis& axis = table.axes[axes[i]];
    for (std::size_t level = 0; level < axis.levels.size(); ++level) {
      const LevelSummary& of = axis.effect.levels[level];
      if (of.count == 0) continue;
      low = std::min({low, of.p10, of.mean});
      high = std::max({high, of.p90, of.mean});
      data.rows.push_back({i, axis.title, axis.levels[level], level, of.count, scaled(figure, of.mean),
                           scaled(figure, of.least), scaled(figure, of.p10), scaled(figure, of.p25),
                           scaled(figure, of.median), scaled(figure, of.p75), scaled(figure, of.p90)});
    }
  }
  Json scale = figure_scale(figure);
  if (high > low) scale["domain"] = {rounded(low * figure.scale), rounded(high * figure.scale)};
  Json parts = Json::array();
  const std::size_t columns = std::min<std::size_t>(3, axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Axis& axis = table.axes[axes[i]];
    const auto y = [&](const char* field) {
      Json out = {{"field", field}, {"type", "quantitative"}, {"scale", scale}};
      out["axis"] = figure_axis(figure, low, high);
      out["axis"]["tickCount"] = 4;
      if (i % columns != 0) out["axis"]["title"] = nullptr;
      return out;
    };
    const auto bar = [&](const char* from, const char* to, double width, double opacity) {
      Json layer = {
          {"mark", {{"type", "rule"}, {"strokeWidth", width}, {"opacity", opacity}, {"color", "theme:series-1"}}},
          {"encoding", {{"y", y(from)}, {"y2", {{"field", to}}}}}};
      return layer;
    };
    Json layers = Json::array({bar("p10", "p90", 2, 0.55), bar("p25", "p75", 9, 0.45)});
    // A line between means says that there is something between the values, which of texts is not so.
    if (axis.numeric) {
      layers.push_back({{"mark", {{"type", "line"}, {"color", "theme:series-2"}, {"strokeWidth", 1.5}}},
                        {"encoding", {{"y", y("mean")}}}});
    }
    layers.push_back({{"mark", {{"type", "tick"}, {"width", 15}, {"thickness", 2}, {"color", "theme:ink"}}},
                      {"encoding", {{"y", y("median")}}}});
    Json tooltips = Json::array({{{"field", "level"}, {"type", "nominal"}, {"title", axis.title}}});
    for (const auto& [field, title] :
         {std::pair("mean", "mean"), std::pair("median", "median"), std::pair("p10", "10 %"), std::pair("p25", "25 %"),
          std::pair("p75", "75 %"), std::pair("p90", "90 %")}) {
      tooltips.push_back({{"field", field}, {"type", "quantitative"}, {"title", title}, {"format", format_of(figure)}});
    }
    tooltips.push_back({{"field", "points"}, {"type", "quantitative"}, {"title", "points"}});
    layers.push_back(
        {{"mark", {{"type", "point"}, {"filled", true}, {"size", 38}, {"opacity", 1}, {"color", "theme:series-2"}}},
         {"encoding", {{"y", y("mean")}, {"tooltip", tooltips}}}});
    Json x_axis = level_axis(axis, 170);
    x_axis["title"] = nullptr;
    parts.push_back({{"data", {{"name", "response"}}},
                     {"title", axis.title},
                     {"width", 200},
                     {"height", 150},
                     {"transform", Json::array({{{"filter", "datum.axis == " + std::to_string(i)}}})},
                     {"encoding",
                      {{"x",
                        {{"field", "level"},
                         {"type", "ordinal"},
                         {"sort", {{"field", "order"}, {"op", "min"}}},
                         {"axis", x_axis}}}}},
                     {"layer", std::move(layers)}});
  }
  Chart out;
  out.id = "sweep-response";
  out.title = figure.name + " by each axis";
  out.description =
      "At each value, over all values of the other axes: mean (point), median (line across), the middle half "
      "of the points (thick) and the middle 80 % (thin).";
  for (std::size_t i = 0; i < axes.size() && i < 3; ++i) {
    const Axis& axis = table.axes[axes[i]];
    out.description += (i == 0 ? " Means: " : "; ") + axis.name + ' ' + levels_text(axis, figure);
  }
  out.description += '.';
  if (axes.size() < table.axes.size()) {
    out.description += " Shown are the " + std::to_string(axes.size()) + " of " + std::to_string(table.axes.size()) +
                       " axes that matter most.";
  }
  out.spec = {{"$schema", kSchema}, {"data", {{"name", "response"}}}, {"columns", columns}, {"concat", parts}};
  out.dataset = "response";
  out.columns = {{"title", "axis"}, {"level", "value"}, {"points", "points"}};
  for (const auto& [field, title] :
       {std::pair("mean", "mean"), std::pair("best", "lowest"), std::pair("p10", "10 %"), std::pair("p25", "25 %"),
        std::pair("median", "median"), std::pair("p75", "75 %"), std::pair("p90", "90 %")}) {
    out.columns.push_back({field, std::string(title) + ": " + figure.title});
  }
  out.width = 900;
  out.height = 250 * static_cast<int>((axes.size() + columns - 1) / columns);
  datasets["response"] = std::move(data);
  return out;
}

std::vector<Chart> heat_map_charts(const Table& table, Datasets& datasets) {
  const auto axis = [&](std::size_t i) -> const Axis& { return table.axes[table.by_influence[i]]; };
  std::vector<Chart> out = {heat_map(table, axis(0), axis(1), 0, datasets)};
  if (table.axes.size() > 2) {
    out.push_back(heat_map(table, axis(0), axis(2), 1, datasets));
    out.push_back(heat_map(table, axis(1), axis(2), 2, datasets));
  }
  return out;
}

Chart pareto_chart(const Table& table, Datasets& datasets) {
  const Figure& a = table.figures[0];
  const Figure& b = table.figures[1];
  const std::vector<std::size_t> front = front_of(table);
  Dataset data;
  data.fields = {"point", "rank"};
  const std::vector<std::size_t> axes = shown_axes(table, kMostAxes);
  for (std::size_t i = 0; i < axes.size(); ++i) data.fields.push_back(numbered("axis", i));
  for (std::size_t i = 0; i < table.figures.size(); ++i) data.fields.push_back(numbered("figure", i));
  constexpr std::size_t kMostOnFront = 1000;
  for (const std::size_t row : front) {
    if (data.rows.size() == kMostOnFront) break;
    std::vector<Json> values = {table.points[row] + 1, row + 1};
    for (const std::size_t axis : axes) values.emplace_back(table.axes[axis].labels[table.axes[axis].value[row]]);
    for (const Figure& figure : table.figures) values.push_back(scaled(figure, figure.values[row]));
    data.rows.push_back(std::move(values));
  }
  Chart out;
  out.id = "sweep-pareto";
  out.title = a.name + " against " + b.name;
  out.description = "Each point is a run; those on the line are beaten by no other in both (" + a.name + ": " +
                    better_text(a) + "; " + b.name + ": " + better_text(b) + "). " + format_count(front.size()) +
                    (front.size() == 1 ? " point is" : " points are") + " on it";
  if (!front.empty()) {
    const auto ends = [&](std::size_t row) { return a.text(a.values[row]) + " with " + b.text(b.values[row]); };
    out.description +=
        front.size() == 1 ? ", " + ends(front[0]) : ", from " + ends(front.front()) + " to " + ends(front.back());
  }
  out.description += '.' + drawn_text(table);
  const Json x = {{"field", "figure_0"},
                  {"type", "quantitative"},
                  {"scale", figure_scale(a)},
                  {"axis", figure_axis(a, least_of(a), most_of(a))}};
  const Json y = {{"field", "figure_1"},
                  {"type", "quantitative"},
                  {"scale", figure_scale(b)},
                  {"axis", figure_axis(b, least_of(b), most_of(b))}};
  const Json tooltips = axis_tooltips(table);
  out.spec = frame(340);
  out.spec["data"] = {{"name", "points"}};
  out.spec["encoding"] = {{"x", x}, {"y", y}};
  const bool many = table.points.size() > 1000;
  const double opacity = many ? 0.25 : 0.6;
  const int size = many ? 16 : 36;
  out.spec["layer"] = Json::array(
      {{{"name", "runs"},
        {"mark",
         {{"type", "point"}, {"filled", true}, {"size", size}, {"opacity", opacity}, {"color", "theme:series-8"}}},
        {"encoding", {{"tooltip", tooltips}}}},
       {{"data", {{"name", "front"}}},
        {"mark", {{"type", "line"}, {"interpolate", "step-after"}, {"strokeWidth", 1.5}, {"color", "theme:series-2"}}},
        {"encoding", {{"order", {{"field", "figure_0"}, {"type", "quantitative"}}}}}},
       {{"name", "front"},
        {"data", {{"name", "front"}}},
        {"mark", {{"type", "point"}, {"filled", true}, {"size", 30}, {"opacity", 1}, {"color", "theme:series-2"}}},
        {"encoding", {{"tooltip", tooltips}}}}});
  // What is left below a step is dominated only where less is better on both.
  if (a.more_is_better != b.more_is_better) out.spec["layer"][1]["mark"]["interpolate"] = "linear";
  out.dataset = "front";
  out.columns = point_columns(table);
  out.height = 340;
  out.canvas = true;
  datasets["front"] = std::move(data);
  return out;
}

Chart parallel_chart(const Table& table, Datasets& datasets) {
  const Figure& figure = table.figures.front();
  const std::vector<std::size_t> columns = shown_axes(table, kMostColumns);
  const std::size_t figure_columns = std::min(table.figures.size(), kMostFigureColumns);
  // From the least influential to the most, which is beside the figure that it influences.
  Json domain = Json::array();
  Json fields = Json::array();
  Dataset heads{{"column", "bottom", "top", "above", "title"}, {}};
  Dataset ticks{{"column", "place", "label"}, {}};
  const auto add = [&](std::size_t i, const std::string& title, const std::vector<Tick>& of) {
    const std::string column = numbered("place", i);
    domain.push_back(column);
    fields.push_back(column);
    const std::string lines = broken(title);
    // Texts begin at their top; 38 of the scale are a line's height.
    const auto above = 1075 + 38 * std::count(lines.begin(), lines.end(), '\n');
    heads.rows.push_back({column, 0, 1000, above + 38, lines});
    for (const Tick& tick : of) {
      ticks.rows.push_back({column, static_cast<int>(std::lround(tick.place * 1000)), tick.label});
    }
  };
  for (std::size_t i = columns.size(); i-- > 0;) add(i, table.axes[columns[i]].name, table.axes[columns[i]].ticks);
  for (std::size_t i = 0; i < figure_columns; ++i)
    add(columns.size() + i, table.figures[i].name, table.figures[i].ticks);

  Chart out;
  out.id = "sweep-parallel";
  out.title = "Every point, over axes and figures";
  out.description =
      "A line is a point; it crosses each upright line at its value there, or near it, so that lines are told apart. "
      "Axes stand in the order of their "
      "influence on " +
      figure.name + ", the strongest next to it. Stronger colour is better; the best " + "point has " +
      figure.text(figure.values.front()) + ", the worst " + figure.text(figure.values.back()) + '.';
  if (columns.size() < table.axes.size()) {
    out.description += " Shown are the " + std::to_string(columns.size()) + " of " + std::to_string(table.axes.size()) +
                       " axes that matter most.";
  }
  out.description += drawn_text(table);

  const auto y = [](const char* field) {
    return Json{{"field", field},
                {"type", "quantitative"},
                {"scale", {{"domain", {-60, 1240}}, {"nice", false}}},
                {"axis", nullptr}};
  };
  const Json fold = {{"fold", fields}, {"as", {"column", "place"}}};
  const std::size_t drawn = std::min(table.points.size(), kMostDrawn);
  const double opacity = drawn > 1000 ? 0.3 : drawn > 100 ? 0.5 : 0.8;
  const Ramp ramp{least_of(figure), most_of(figure), figure};
  const Json detail = {{"field", "point"}, {"type", "nominal"}};
  Json layers = Json::array();
  Json line_colour = ramp.channel("figure_0");
  // The ramp's first colour is the ground's, nearly: good for cells, not for lines.
  Json colours = Json::array();
  for (int i = 2; i <= 7; ++i) colours.push_back("theme:ramp-" + std::to_string(i));
  line_colour["scale"]["scheme"] = std::move(colours);
  const Json x = {{"field", "column"},
                  {"type", "nominal"},
                  {"sort", nullptr},
                  {"scale", {{"type", "point"}, {"domain", domain}, {"padding", 0.45}}},
                  {"axis", nullptr}};
  // The stroke's opacity and not the mark's, for which renderers of SVG draw each rule on a layer of its own.
  // Rules from line to line and no paths: for each path Vega builds a dataflow of its own, thousands take seconds.
  const Json tooltips = axis_tooltips(table);
  for (std::size_t i = 0; i + 1 < domain.size(); ++i) {
    const auto from = domain[i].get<std::string>();
    const auto to = domain[i + 1].get<std::string>();
    Json from_x = x;
    from_x.erase("field");
    from_x["datum"] = from;
    layers.push_back(
        {{"name", numbered("lines", i)},
         {"data", {{"name", "points"}}},
         {"transform", Json::array({{{"filter", "datum.percent <= shown"}},
                                    {{"filter", "isValid(datum." + from + ") && isValid(datum." + to + ")"}}})},
         {"mark", {{"type", "rule"}, {"strokeWidth", 1}, {"opacity", 1}, {"strokeOpacity", opacity}}},
         {"encoding",
          {{"x", from_x},
           {"x2", {{"datum", to}}},
           {"y", y(from.c_str())},
           {"y2", {{"field", to}}},
           {"color", line_colour},
           {"tooltip", tooltips}}}});
  }
  // It hears of all layers' marks, which share one view; in several layers, or with "views", Vega-Lite makes it twice.
  layers.front()["params"] = Json::array(
      {{{"name", "hover"},
        {"select", {{"type", "point"}, {"on", "pointerover"}, {"clear", "pointerout"}, {"fields", {"point"}}}}}});
  layers.push_back({{"data", {{"name", "points"}}},
                    {"transform", Json::array({{{"filter", {{"param", "hover"}, {"empty", false}}}}, fold})},
                    {"mark", {{"type", "line"}, {"strokeWidth", 3}, {"color", "theme:accent"}, {"interactive", false}}},
                    {"encoding", {{"y", y("place")}, {"detail", detail}}}});
  layers.push_back({{"data", {{"name", "parallel_heads"}}},
                    {"mark", {{"type", "rule"}, {"color", "theme:line-strong"}, {"interactive", false}}},
                    {"encoding", {{"y", y("bottom")}, {"y2", {{"field", "top"}}}}}});
  Json labels = {
      {"data", {{"name", "parallel_ticks"}}},
      {"mark", {{"type", "text"}, {"style", "detail"}, {"fontSize", 10}, {"align", "center"}, {"limit", 100}}},
      {"encoding", {{"y", y("place")}, {"text", {{"field", "label"}, {"type", "nominal"}}}}}};
  add_rimmed(layers, std::move(labels));
  layers.push_back({{"data", {{"name", "parallel_heads"}}},
                    {"mark",
                     {{"type", "text"},
                      {"style", "detail"},
                      {"fontSize", 11},
                      {"lineBreak", "\n"},
                      {"lineHeight", 12},
                      {"baseline", "top"},
                      {"align", "center"},
                      {"interactive", false}}},
                    {"encoding", {{"y", y("above")}, {"text", {{"field", "title"}, {"type", "nominal"}}}}}});
  out.spec = frame(400);
  out.spec["data"] = {{"name", "points"}};
  out.spec["params"] = Json::array(
      {{{"name", "shown"},
        {"value", 100},
        {"bind", {{"input", "range"}, {"min", 1}, {"max", 100}, {"step", 1}, {"name", "best points shown (%) "}}}}});
  // All other layers have their columns as values.
  for (Json& layer : layers) {
    if (!layer["encoding"].contains("x")) layer["encoding"]["x"] = x;
  }
  out.spec["layer"] = std::move(layers);
  out.spec["resolve"] = {{"legend", {{"color", "shared"}}}};
  out.dataset = "best";
  out.columns = point_columns(table);
  out.width = 1000;
  out.height = 400;
  out.canvas = true;
  datasets["parallel_heads"] = std::move(heads);
  datasets["parallel_ticks"] = std::move(ticks);
  return out;
}

Chart distribution_chart(const Table& table, Datasets& datasets) {
  const Figure& figure = table.figures.front();
  std::vector<double> sorted = figure.values;
  std::sort(sorted.begin(), sorted.end());
  const double low = sorted.front();
  const double high = sorted.back();
  Dataset data{{"low", "high", "zero", "points"}, {}};
  const std::size_t bins = high > low ? kBins : 1;
  const auto edge = [&](std::size_t i) {
    const double share = static_cast<double>(i) / static_cast<double>(bins);
    return figure.logarithmic ? low * std::pow(high / low, share) : low + (high - low) * share;
  };
  std::vector<std::size_t> counts(bins, 0);
  for (const double value : sorted) {
    const double place = high == low          ? 0
                         : figure.logarithmic ? std::log(value / low) / std::log(high / low)
                                              : (value - low) / (high - low);
    ++counts[std::min(bins - 1, static_cast<std::size_t>(place * static_cast<double>(bins)))];
  }
  for (std::size_t i = 0; i < bins; ++i) {
    // A single value has a bar all the same.
    const double from = high == low ? low * 0.99 : edge(i);
    const double to = high == low ? low * 1.01 : edge(i + 1);
    data.rows.push_back({rounded(from * figure.scale), rounded(to * figure.scale), 0, counts[i]});
  }
  const double median = quantile(sorted, 0.5);
  Dataset marks{{"value", "label"}, {}};
  marks.rows.push_back({scaled(figure, median), "median " + figure.text(median)});
  Chart out;
  out.id = "sweep-distribution";
  out.title = "How " + figure.name + " is spread";
  out.description = format_count(sorted.size()) + (sorted.size() == 1 ? " point" : " points") + " from " +
                    figure.text(low) + " to " + figure.text(high) + "; half of them up to " + figure.text(median) +
                    ", a tenth up to " + figure.text(quantile(sorted, 0.1)) + ", nine tenths up to " +
                    figure.text(quantile(sorted, 0.9)) + '.';
  out.spec = frame(200);
  out.spec["data"] = {{"name", "distribution"}};
  const Json x = {{"field", "low"},
                  {"type", "quantitative"},
                  {"scale", figure_scale(figure)},
                  {"axis", figure_axis(figure, low, high)}};
  Json x_mark = x;
  x_mark["field"] = "value";
  out.spec["layer"] = Json::array(
      {{{"mark", {{"type", "bar"}, {"color", "theme:series-1"}, {"binSpacing", 1}}},
        {"encoding",
         {{"x", x},
          {"x2", {{"field", "high"}}},
          {"y2", {{"field", "zero"}}},
          {"y", {{"field", "points"}, {"type", "quantitative"}, {"axis", {{"title", "points"}}}}},
          {"tooltip",
           Json::array({{{"field", "low"}, {"type", "quantitative"}, {"title", "from"}, {"format", format_of(figure)}},
                        {{"field", "high"}, {"type", "quantitative"}, {"title", "to"}, {"format", format_of(figure)}},
                        {{"field", "points"}, {"type", "quantitative"}, {"title", "points"}}})}}}},
       {{"data", {{"name", "distribution_marks"}}},
        {"mark", {{"type", "rule"}, {"color", "theme:series-2"}, {"strokeWidth", 1.5}}},
        {"encoding", {{"x", x_mark}}}},
       {{"data", {{"name", "distribution_marks"}}},
        {"mark", {{"type", "text"}, {"align", "left"}, {"baseline", "top"}, {"dx", 5}, {"color", "theme:ink"}}},
        {"encoding", {{"x", x_mark}, {"y", {{"value", 0}}}, {"text", {{"field", "label"}, {"type", "nominal"}}}}}}});
  out.dataset = "distribution";
  out.columns = {{"low", "from: " + figure.title}, {"high", "to: " + figure.title}, {"points", "points"}};
  out.height = 200;
  datasets["distribution"] = std::move(data);
  datasets["distribution_marks"] = std::move(marks);
  return out;
}

}  // namespace farfault::report::sweep
