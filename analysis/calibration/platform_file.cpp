#include "analysis/calibration/platform_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/core/units.h"

namespace farfault::analysis::calibration {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

/// Without its folders: the text goes into a file that others read.
std::string base_name(const std::string& file) {
  const std::size_t slash = file.find_last_of('/');
  return printable(slash == std::string::npos ? file : file.substr(slash + 1));
}

std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", share * 100);
  return text.data();
}

std::vector<std::string> steps_of(const std::string& path) {
  std::vector<std::string> out;
  std::string_view rest = path;
  while (true) {
    const std::size_t dot = rest.find('.');
    out.emplace_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    rest.remove_prefix(dot + 1);
  }
}

Json json_value(const Parameter& parameter) {
  if (parameter.unit == Unit::kShare) return parameter.value;
  if (parameter.unit != Unit::kPoints) return value_text(parameter.unit, parameter.value);
  Json points = Json::array();
  for (const auto& [size, time] : parameter.curve) {
    points.push_back({format_exact(Bytes(size)), value_text(Unit::kSeconds, time)});
  }
  return points;
}

std::vector<std::string> files_of(const Part& part) {
  std::vector<std::string> out;
  for (const Point& point : part.points) {
    const std::string name = base_name(point.measured->file);
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

const char* unit_text(Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
      return "s";
    case Unit::kRate:
      return "B/s";
    case Unit::kBytes:
      return "B";
    case Unit::kShare:
      return "";
    case Unit::kPoints:
      return "B, s";
  }
  return "";
}

const char* standing_text(Parameter::Standing standing) {
  switch (standing) {
    case Parameter::Standing::kFitted:
      return "fitted";
    case Parameter::Standing::kAtBound:
      return "at its bound";
    case Parameter::Standing::kKept:
      return "kept";
  }
  return "";
}

/// A number that reads back the same; null for what is no finite number.
std::string exact(double value) { return std::isfinite(value) ? Json(value).dump() : std::string(); }

}  // namespace

std::string value_text(Unit unit, double value) {
  switch (unit) {
    case Unit::kSeconds:
      return format_exact(SimTime::from_seconds(value));
    case Unit::kRate:
      return format_exact(Bandwidth::bytes_per_second(value));
    case Unit::kBytes:
      return format_exact(Bytes(static_cast<std::uint64_t>(std::llround(std::max(value, 0.0)))));
    case Unit::kShare:
    case Unit::kPoints:
      break;
  }
  return exact(value);
}

std::string measured_text(const Measurement& measured, double value) {
  if (is_rate(measured.kind)) return format_short(Bandwidth::bytes_per_second(value));
  return format_short(SimTime::from_seconds(value));
}

std::string source_text(const Part& part, const Parameter& parameter, const std::string& date) {
  std::string out;
  if (part.points.empty()) {
    out = "derived: " + (part.notes.empty() ? part.model : part.notes.front());
  } else {
    std::string files;
    for (const std::string& file : files_of(part)) files += (files.empty() ? "" : ", ") + file;
    // A table does not err at its own points.
    const std::string error = part.points_are.empty()
                                  ? "median error " + percent(part.median_error())
                                  : "median error of each from its neighbours " + percent(part.median_error());
    out = "measured: fit of " + files + " (" + std::to_string(parameter.points) +
          (parameter.points == 1 ? " point, " : " points, ") + error + ')';
    if (parameter.standing == Parameter::Standing::kAtBound) out += ", at the lower bound of the fit";
  }
  return date.empty() ? out : out + ", " + printable(date);
}

std::string platform_json(const Calibration& calibration, const Base& base, const Naming& naming) {
  Json out;
  out["base"] = base.name;
  out["name"] = naming.name;
  out["description"] = naming.description;
  for (const Part& part : calibration.parts) {
    for (const Parameter& parameter : part.parameters) {
      if (parameter.standing == Parameter::Standing::kKept) continue;
      Json* at = &out;
      for (const std::string& step : steps_of(parameter.path)) at = &(*at)[step];
      *at = {{"value", json_value(parameter)}, {"source", source_text(part, parameter, naming.date)}};
    }
  }
  return dump(out);
}

std::string calibration_json(const Calibration& calibration, const Base& base, const Naming& naming) {
  Json out;
  out["schema"] = 1;
  out["name"] = naming.name;
  out["base"] = base.name;
  out["device"] = base.device;
  out["link"] = base.link;
  out["median_error"] = calibration.median_error();
  out["worst_error"] = calibration.worst_error();
  out["fits"] = Json::array();
  for (const Part& part : calibration.parts) {
    Json fit;
    fit["name"] = part.name;
    fit["model"] = part.model;
    fit["median_error"] = part.median_error();
    fit["worst_error"] = part.worst_error();
    fit["notes"] = part.notes;
    fit["parameters"] = Json::array();
    for (const Parameter& p : part.parameters) {
      Json row;
      row["path"] = p.path;
      row["standing"] = standing_text(p.standing);
      row["unit"] = unit_text(p.unit);
      if (p.unit == Unit::kPoints) {
        row["value"] = p.curve;
      } else {
        row["value"] = p.value;
      }
      row["low"] = p.interval ? Json(p.interval->first) : Json(nullptr);
      row["high"] = p.interval ? Json(p.interval->second) : Json(nullptr);
      row["points"] = p.points;
      fit["parameters"].push_back(std::move(row));
    }
    fit["points"] = Json::array();
    for (const Point& point : part.points) {
      Json row;
      row["file"] = point.measured->file;
      row["line"] = point.measured->line;
      row["kind"] = kind_name(point.measured->kind);
      row["size"] = point.measured->size;
      row["measured"] = point.measured->value;
      row["fitted"] = point.fitted;
      row["error"] = point.error();
      fit["points"].push_back(std::move(row));
    }
    out["fits"].push_back(std::move(fit));
  }
  out["warnings"] = calibration.warnings;
  return dump(out);
}

std::string calibration_csv(const Calibration& calibration) {
  std::string out = "row,fit,name,size,unit,value,low,high,fitted,error,points,standing\n";
  for (const Part& part : calibration.parts) {
    for (const Parameter& p : part.parameters) {
      const auto add = [&](const std::string& size, double value) {
        out += "parameter," + csv_field(part.name) + ',' + csv_field(p.path) + ',' + size + ',' +
               (p.unit == Unit::kPoints ? "s" : unit_text(p.unit)) + ',' + exact(value) + ',' +
               (p.interval ? exact(p.interval->first) : "") + ',' + (p.interval ? exact(p.interval->second) : "") +
               ",,," + std::to_string(p.points) + ',' + standing_text(p.standing) + '\n';
      };
      if (p.unit != Unit::kPoints) add("", p.value);
      for (const auto& [size, time] : p.curve) add(std::to_string(size), time);
    }
    for (const Point& point : part.points) {
      const Measurement& m = *point.measured;
      out += "point," + csv_field(part.name) + ',' +
             csv_field(m.name.empty() ? std::string(kind_name(m.kind)) : m.name) + ',' + std::to_string(m.size) + ',' +
             (is_rate(m.kind) ? "B/s" : "s") + ',' + exact(m.value) + ',' + (m.low ? exact(*m.low) : "") + ',' +
             (m.high ? exact(*m.high) : "") + ',' + exact(point.fitted) + ',' + exact(point.error()) + ",,\n";
    }
  }
  return out;
}

}  // namespace farfault::analysis::calibration
