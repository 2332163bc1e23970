#include "sim/cli/calibrate/fit_report.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "analysis/calibration/platform_file.h"
#include "sim/core/quantity.h"
#include "sim/core/units.h"

namespace farfault::cli {
namespace {

using analysis::calibration::Base;
using analysis::calibration::Calibration;
using analysis::calibration::Kind;
using analysis::calibration::kind_name;
using analysis::calibration::measured_text;
using analysis::calibration::Measurement;
using analysis::calibration::Parameter;
using analysis::calibration::Part;
using analysis::calibration::Point;
using analysis::calibration::value_text;

std::string percent(double share, const char* format) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, share * 100);
  return text.data();
}

std::string number(double value, const char* format) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// Three digits; a bound of an interval may be negative, of which quantities have no text.
std::string bound_text(analysis::calibration::Unit unit, double value) {
  const std::string sign = value < 0 ? "-" : "";
  value = std::abs(value);
  if (unit == analysis::calibration::Unit::kSeconds) return sign + format_short(SimTime::from_seconds(value));
  if (unit == analysis::calibration::Unit::kRate)
    return sign + (value > 0 ? format_short(Bandwidth::bytes_per_second(value)) : "0 B/s");
  if (unit == analysis::calibration::Unit::kBytes) return sign + number(value, "%.3g") + " B";
  return sign + number(value, "%.3g");
}

std::string shown_value(const Parameter& p) {
  if (p.unit == analysis::calibration::Unit::kPoints) {
    return p.curve.empty() ? "none" : std::to_string(p.curve.size()) + " points";
  }
  return value_text(p.unit, p.value);
}

std::string interval_text(const Parameter& p) {
  if (p.standing == Parameter::Standing::kAtBound) return "at its lower bound";
  if (!p.interval) return "-";
  return bound_text(p.unit, p.interval->first) + " to " + bound_text(p.unit, p.interval->second);
}

Block parameters_block(const Calibration& calibration, const Base& base) {
  Table table{{"parameter", "value", "95 % interval", "points"}, {}};
  for (const Part& part : calibration.parts) {
    for (const Parameter& p : part.parameters) {
      if (p.standing == Parameter::Standing::kKept) {
        table.rows.push_back({p.path, shown_value(p), "kept from " + base.name, "-"});
      } else {
        table.rows.push_back({p.path, shown_value(p), interval_text(p), std::to_string(p.points)});
      }
    }
  }
  return {"parameters of " + base.device + " and its link " + base.link + ", over " + base.name, table, {}};
}

/// "512 KiB", or what a group was made of.
std::string label_of(const Measurement& m) {
  std::string out = m.name;
  if (m.size != 0) out += (out.empty() ? "" : ", ") + format_exact(Bytes(m.size));
  if (m.kind == Kind::kFaultGroup || m.kind == Kind::kFaultKernel) {
    if (m.groups != 1) out += ", " + number(m.groups, "%g") + " groups";
    if (m.runs != 1) out += ", " + number(m.runs, "%g") + " runs";
    if (m.new_blocks != 0) out += ", new block";
    if (m.first != 0) out += ", first of the process";
  }
  if (m.first_in_push && *m.first_in_push) out += ", first of a push";
  if (m.kind == Kind::kRemoteRead && m.pieces.size() > 1) {
    out += " as";
    for (const std::uint64_t piece : m.pieces)
      out += (&piece == &m.pieces.front() ? " " : " + ") + std::to_string(piece);
  }
  return out.empty() ? std::string(kind_name(m.kind)) : out;
}

Block part_block(const Part& part) {
  Table table{{"measured", "value", "fitted", "error"}, {}};
  for (const Point& point : part.points) {
    const Measurement& m = *point.measured;
    table.rows.push_back(
        {label_of(m), measured_text(m, m.value), measured_text(m, point.fitted), percent(point.error(), "%+.1f %%")});
  }
  Block out{part.name + ": " + part.model, std::nullopt, {}};
  if (!part.points.empty()) {
    out.table = table;
    out.lines.push_back((part.points_are.empty() ? "" : "fitted is " + part.points_are + "; ") +
                        std::string("median error ") + percent(part.median_error(), "%.1f %%") + ", worst " +
                        percent(part.worst_error(), "%.1f %%"));
  }
  for (const std::string& note : part.notes) out.lines.push_back(note);
  return out;
}

}  // namespace

Report fit_report(const Calibration& calibration, const Base& base) {
  Report out = {parameters_block(calibration, base)};
  for (const Part& part : calibration.parts) out.push_back(part_block(part));
  out.push_back(
      {"all fits",
       std::nullopt,
       {std::to_string(calibration.points()) + " points, median error " +
        percent(calibration.median_error(), "%.1f %%") + ", worst " + percent(calibration.worst_error(), "%.1f %%")}});
  return out;
}

}  // namespace farfault::cli
