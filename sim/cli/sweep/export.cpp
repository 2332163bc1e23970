#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "analysis/pattern.h"
#include "analysis/sweep_store/store.h"
#include "sim/cli/compare/report.h"
#include "sim/cli/sweep/modes.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/core/text.h"
#include "sim/sweep/load_sweep.h"

namespace farfault::cli {
namespace {

using ExportJson = nlohmann::ordered_json;

/// Columns that people can look at, where they named none.
constexpr std::size_t kMostUsualFigures = 6;

std::string axis_title(const analysis::SweepAxis& axis) { return axis.title.empty() ? axis.path : axis.title; }

/// The JSON of a point's value on an axis; null where it has none.
ExportJson axis_json(const analysis::Sweep& sweep, const analysis::SweepPoint& point, std::size_t axis) {
  const std::uint32_t value = point.axes[axis];
  return value == analysis::kNoAxisValue ? ExportJson() : ExportJson::parse(sweep.axes[axis].values[value]);
}

/// A text is itself, without quotes.
std::string axis_cell(const analysis::Sweep& sweep, const analysis::SweepPoint& point, std::size_t axis) {
  const std::uint32_t value = point.axes[axis];
  return value == analysis::kNoAxisValue ? "" : sweep::value_text(sweep.axes[axis].values[value]);
}

const char* status_text(const analysis::SweepPoint& point) {
  return point.status == analysis::PointStatus::kDone ? "done" : "failed";
}

/// Figures of a table: all for programs, the usual ones for people.
std::vector<const analysis::SweepFigure*> columns_of(const analysis::Sweep& sweep, const SweepOptions& options) {
  std::vector<const analysis::SweepFigure*> out;
  const bool for_people = options.format == Format::kTable || options.format == Format::kMarkdown;
  if (!for_people || !options.figures.empty()) {
    for (const analysis::SweepFigure& figure : sweep.figures) out.push_back(&figure);
    return out;
  }
  for (const std::string& pattern : usual_figures()) {
    for (const analysis::SweepFigure& figure : sweep.figures) {
      if (out.size() < kMostUsualFigures && analysis::matches(pattern, figure.name)) out.push_back(&figure);
    }
  }
  return out;
}

/// Numbers are exact for programs; what is none is empty.
std::string figure_cell(const analysis::SweepFigure& figure, std::size_t point, Format format) {
  const analysis::Number value = figure.values[point];
  if (!analysis::is_finite(value)) return "";
  return format == Format::kCsv ? analysis::exact_text(value) : analysis::short_text(figure.unit, value);
}

std::vector<std::string> provenance_of(const analysis::SweepPoint& point) {
  return {point.key,
          point.config_hash,
          point.trace_hash,
          point.version,
          point.host,
          std::to_string(point.seconds),
          std::to_string(point.peak_memory)};
}

Table table_of(const analysis::Sweep& sweep, const SweepOptions& options) {
  const std::vector<const analysis::SweepFigure*> columns = columns_of(sweep, options);
  Table table;
  for (const analysis::SweepAxis& axis : sweep.axes) table.header.push_back(axis_title(axis));
  table.header.insert(table.header.end(), {"status", "failure", "reason"});
  if (options.provenance) {
    for (const char* name : {"key", "config_hash", "trace_hash", "version", "host", "seconds", "peak_memory"}) {
      table.header.emplace_back(name);
    }
  }
  for (const analysis::SweepFigure* figure : columns) table.header.push_back(figure->name);
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    const analysis::SweepPoint& point = sweep.points[i];
    std::vector<std::string> row;
    row.reserve(table.header.size());
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) row.push_back(axis_cell(sweep, point, axis));
    row.insert(row.end(), {status_text(point), point.failure, point.reason});
    if (options.provenance) {
      for (std::string& text : provenance_of(point)) row.push_back(std::move(text));
    }
    for (const analysis::SweepFigure* figure : columns) row.push_back(figure_cell(*figure, i, options.format));
    table.rows.push_back(std::move(row));
  }
  return table;
}

ExportJson point_json(const analysis::Sweep& sweep, std::size_t i, const SweepOptions& options) {
  const analysis::SweepPoint& point = sweep.points[i];
  ExportJson out;
  ExportJson& axes = out["axes"] = ExportJson::object();
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    axes[sweep.axes[axis].path] = axis_json(sweep, point, axis);
  }
  out["status"] = status_text(point);
  if (point.status == analysis::PointStatus::kFailed) {
    out["failure"] = point.failure;
    out["reason"] = point.reason;
    out["output"] = point.output;
  }
  if (options.provenance) {
    out["key"] = point.key;
    out["config_hash"] = point.config_hash;
    out["trace_hash"] = point.trace_hash;
    out["version"] = point.version;
    out["host"] = point.host;
    out["seconds"] = point.seconds;
    out["peak_memory"] = point.peak_memory;
  }
  ExportJson& figures = out["figures"] = ExportJson::object();
  for (const analysis::SweepFigure& figure : sweep.figures) {
    const analysis::Number value = figure.values[i];
    if (!analysis::is_finite(value)) continue;
    std::visit([&](auto number) { figures[figure.name] = number; }, value);
  }
  return out;
}

/// A point a line, so that the file can be read in pieces; printed as it is made.
void print_json(const analysis::Sweep& sweep, const SweepOptions& options) {
  const auto dumped = [](const ExportJson& json) {
    return json.dump(-1, ' ', false, ExportJson::error_handler_t::replace);
  };
  ExportJson figures = ExportJson::object();
  for (const analysis::SweepFigure& figure : sweep.figures) {
    figures[figure.name] = {{"unit", unit_name(figure.unit)}, {"description", figure.description}};
  }
  print("{\"sweep\": " + dumped(sweep.meta.contains("name") ? ExportJson(sweep.meta.at("name")) : ExportJson()) +
        ",\n\"figures\": " + dumped(figures) + ",\n\"points\": [");
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    print((i == 0 ? "\n" : ",\n") + dumped(point_json(sweep, i, options)));
  }
  print("\n]}\n");
}

}  // namespace

ExitCode sweep_export(const SweepOptions& options, const Context& context) {
  const analysis::Sweep sweep = analysis::read_sweep(options.folder, options.figures);
  for (const std::string& pattern : options.figures) {
    const bool fits = std::any_of(sweep.figures.begin(), sweep.figures.end(),
                                  [&](const auto& figure) { return analysis::matches(pattern, figure.name); });
    if (!fits) warn("no figure is named " + in_quotes(pattern));
  }
  if (options.format == Format::kJson) {
    print_json(sweep, options);
  } else {
    print(formatted(table_of(sweep, options), options.format, context.common.color));
  }
  return ExitCode::kOk;
}

}  // namespace farfault::cli
