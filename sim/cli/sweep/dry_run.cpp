#include "sim/cli/sweep/dry_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/sweep/load_sweep.h"

namespace farfault::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownPoints = 40;
constexpr std::size_t kShownValues = 8;  ///< of an axis, in its line

std::string how_many(std::size_t count, const std::string& noun) {
  return format_count(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::size_t count_traces(const sweep::Plan& plan) {
  std::set<std::string> traces;
  for (const sweep::Point& point : plan.points) {
    if (!point.trace.empty()) traces.insert(point.trace);
  }
  return traces.size();
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (std::size_t i = 0; i < texts.size() && i < kShownValues; ++i) {
    out += (i == 0 ? "" : ", ") + sweep::value_text(texts[i]);
  }
  return texts.size() <= kShownValues ? out : out + ", ... " + sweep::value_text(texts.back());
}

Table axes_table(const sweep::Plan& plan) {
  Table table{{"axis", "title", "values", ""}, {}};
  for (std::size_t i = 0; i < plan.axes.size(); ++i) {
    const std::vector<std::string> texts = sweep::axis_texts(plan, i);
    const sweep::Axis& axis = plan.axes[i];
    table.rows.push_back(
        {axis.path, axis.title == axis.path ? "" : axis.title, format_count(texts.size()), listed(texts)});
  }
  return table;
}

/// A row a point, and a column an axis, the key last so that nothing of it is wrapped.
Table points_table(const sweep::Plan& plan, std::size_t most) {
  Table table{{"point"}, {}};
  for (const sweep::Axis& axis : plan.axes) table.header.push_back(axis.path);
  table.header.emplace_back("key");
  for (std::size_t i = 0; i < plan.points.size() && i < most; ++i) {
    const sweep::Point& point = plan.points[i];
    std::vector<std::string> row = {std::to_string(point.position)};
    for (const std::string& text : point.axes) row.push_back(sweep::value_text(text));
    row.push_back(point.key);
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string plan_text(const sweep::Plan& plan, ColorMode color, bool all) {
  const std::size_t traces = count_traces(plan);
  std::string out = printable(plan.name, 200) + ": " + how_many(plan.points.size(), "point") + ", " +
                    (traces == 0 ? "no trace" : how_many(traces, "trace")) + '\n';
  if (!plan.description.empty()) out += printable(plan.description, 1000) + '\n';
  out += '\n' + formatted(axes_table(plan), Format::kTable, color);
  const std::size_t shown = all ? plan.points.size() : std::min(plan.points.size(), kShownPoints);
  out += '\n' + formatted(points_table(plan, shown), Format::kTable, color);
  const std::size_t more = plan.points.size() - shown;
  if (more != 0) out += "... and " + format_count(more) + " more (-v shows all)\n";
  return out;
}

/// The JSON that a plan holds as text; null for an axis without a value.
Json value_json(const std::string& text) { return text.empty() ? Json() : Json::parse(text); }

Json axes_json(const sweep::Plan& plan) {
  Json out = Json::array();
  for (std::size_t i = 0; i < plan.axes.size(); ++i) {
    Json values = Json::array();
    for (const std::string& text : sweep::axis_texts(plan, i)) values.push_back(value_json(text));
    out.push_back({{"path", plan.axes[i].path}, {"title", plan.axes[i].title}, {"values", std::move(values)}});
  }
  return out;
}

/// Axes without a value are left out.
Json point_json(const sweep::Plan& plan, const sweep::Point& point) {
  Json axes = Json::object();
  for (std::size_t i = 0; i < plan.axes.size(); ++i) {
    if (!point.axes[i].empty()) axes[plan.axes[i].path] = value_json(point.axes[i]);
  }
  return {{"position", point.position}, {"key", point.key},        {"config_hash", point.config_hash},
          {"trace", point.trace},       {"axes", std::move(axes)}, {"set", point.sets}};
}

std::string plan_as_json(const sweep::Plan& plan) {
  Json points = Json::array();
  for (const sweep::Point& point : plan.points) points.push_back(point_json(plan, point));
  Json out;
  out["name"] = plan.name;
  out["description"] = plan.description;
  out["base"] = plan.base.name;
  out["axes"] = axes_json(plan);
  out["figures"] = plan.figures;
  out["count"] = plan.points.size();
  out["points"] = std::move(points);
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';  // names of files may be no UTF-8
}

}  // namespace

std::string dry_run_text(const sweep::Plan& plan, Format format, ColorMode color, bool all) {
  if (format == Format::kTable) return plan_text(plan, color, all);
  if (format == Format::kJson) return plan_as_json(plan);
  return formatted(points_table(plan, plan.points.size()), format, color);
}

}  // namespace farfault::cli
