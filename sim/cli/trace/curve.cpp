#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/cli/interrupt.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "traces/lru_curve.h"

namespace farfault::cli {
namespace {

/// The curve at one capacity.
struct CurvePoint {
  double share = 0;  ///< of the footprint
  Bytes capacity;
  std::uint64_t faults = 0;
  double miss_ratio = 0;
};

/// Evenly spaced up to the footprint, each at a whole number of pages.
std::vector<CurvePoint> points_of(const traces::LruCurve& curve, std::uint64_t count) {
  std::vector<CurvePoint> out;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count);
    const double pages = std::round(static_cast<double>(curve.pages()) * share);
    out.push_back({share, kPageSize * static_cast<std::uint64_t>(pages),
                   static_cast<std::uint64_t>(std::llround(curve.faults(pages))), curve.miss_ratio(pages)});
  }
  return out;
}

std::string curve_json(const TraceCurveOptions& options, const traces::LruCurve& curve,
                       const std::vector<CurvePoint>& points) {
  nlohmann::ordered_json out;
  out["schema"] = "farfault-trace-curve/1";
  out["trace"] = options.in.path;
  out["sample"] = options.curve.rate;
  out["seed"] = options.curve.seed;
  out["touches"] = curve.touches();
  out["pages"] = curve.pages();
  out["sampled_pages"] = curve.sampled_pages();
  out["points"] = nlohmann::ordered_json::array();
  for (const CurvePoint& point : points) {
    out["points"].push_back({{"share", point.share},
                             {"capacity", point.capacity.count()},
                             {"faults", point.faults},
                             {"miss_ratio", point.miss_ratio}});
  }
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

Table exact_table(const std::vector<CurvePoint>& points) {
  Table out{{"share", "capacity", "faults", "miss_ratio"}, {}};
  for (const CurvePoint& point : points) {
    out.rows.push_back({short_number(point.share), std::to_string(point.capacity.count()), std::to_string(point.faults),
                        nlohmann::json(point.miss_ratio).dump()});
  }
  return out;
}

std::string curve_text(const TraceCurveOptions& options, const traces::LruCurve& curve,
                       const std::vector<CurvePoint>& points, ColorMode color) {
  const bool sampled = options.curve.rate < 1;
  std::string out = "LRU memory of 4 KiB pages, " + format_count(curve.touches()) + " touches of ";
  out += format_count(curve.pages()) + " pages (" + format_short(kPageSize * curve.pages()) + ")";
  if (sampled) out += ", estimated from " + format_count(curve.sampled_pages()) + " of them";
  Table table{{"capacity", "of footprint", "faults", "miss ratio"}, {}};
  for (const CurvePoint& point : points) {
    table.rows.push_back({format_short(point.capacity), short_number(point.share * 100) + " %",
                          format_count(point.faults), percent_of(point.faults, curve.touches())});
  }
  return out + "\n\n" + formatted(table, Format::kTable, color);
}

}  // namespace

ExitCode trace_curve(const TraceCurveOptions& options, const Context& context) {
  const InterruptGuard guard({}, InterruptGuard::OnSignal::kExit);
  const std::unique_ptr<traces::Reader> reader = open_input(options.in, context);
  const traces::LruCurve curve = traces::measure_lru_curve(*reader, options.in.path, options.curve);
  const std::vector<CurvePoint> points = points_of(curve, options.points);
  if (options.format == Format::kJson) {
    print(curve_json(options, curve, points));
  } else if (options.format == Format::kTable) {
    print(curve_text(options, curve, points, context.common.color));
  } else {
    print(formatted(exact_table(points), options.format, context.common.color));
  }
  return ExitCode::kOk;
}

}  // namespace farfault::cli
