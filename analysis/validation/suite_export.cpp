#include "analysis/validation/suite_export.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "analysis/number.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

using Json = nlohmann::ordered_json;

Json real(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string unit_text(const Quantity& quantity) {
  if (quantity.time == 0 && quantity.data == 0) return "1";
  const auto power = [](const char* unit, int exponent) {
    return exponent == 0 ? std::string() : unit + (exponent == 1 ? "" : std::to_string(exponent));
  };
  if (quantity.time == -1 && quantity.data == 1) return "B/s";
  if (quantity.time == 1 && quantity.data == -1) return "s/B";
  return power("s", quantity.time) + power("B", quantity.data);
}

std::string measured_text(const Measurement& measured) {
  return measured.text + (measured.high_text.empty() ? "" : " to " + measured.high_text);
}

Json row_json(const JudgedRow& judged) {
  const MeasuredRow& row = *judged.row;
  Json out;
  out["id"] = row.id;
  out["quantity"] = row.quantity;
  out["measured"] = measured_text(row.measured);
  out["measured_low"] = row.measured.low.value;
  out["measured_high"] = row.measured.high.value;
  out["unit"] = unit_text(row.measured.low);
  out["simulated"] = nullptr;
  if (judged.simulated) out["simulated"] = judged.simulated->value;
  out["error"] = real(judged.error);
  out["class"] = tolerance_name(row.tolerance);
  out["used"] = use_name(row.used);
  out["verdict"] = verdict_name(judged.verdict);
  out["statistic"] = row.expression;
  out["run"] = row.run;
  out["failure"] = judged.failure;
  out["left_out"] = row.left_out;
  out["note"] = row.note;
  out["source"] = row.source;
  out["confidence"] = row.confidence;
  return out;
}

Json case_json(const JudgedCase& judged) {
  Json out;
  out["name"] = judged.of.name;
  out["title"] = judged.of.title;
  out["setup"] = judged.of.setup;
  out["note"] = judged.of.note;
  out["rows"] = Json::array();
  for (const JudgedRow& row : judged.rows) out["rows"].push_back(row_json(row));
  out["orders"] = Json::array();
  for (const JudgedOrder& order : judged.orders) {
    out["orders"].push_back({{"what", order.check->what},
                             {"rows", order.check->rows},
                             {"measured", order.measured},
                             {"simulated", order.simulated},
                             {"holds", order.holds}});
  }
  return out;
}

Json summary_json(const Summary& summary) {
  Json out;
  for (const auto& [name, count] : {std::pair("within", summary.within),
                                    {"missed", summary.missed},
                                    {"failed", summary.failed},
                                    {"left_out", summary.left_out},
                                    {"orders_held", summary.orders_held},
                                    {"orders_broken", summary.orders_broken}}) {
    out[name] = count;
  }
  out["classes"] = Json::array();
  for (const ClassSummary& each : summary.classes) {
    out["classes"].push_back({{"class", tolerance_name(each.tolerance)},
                              {"limit", tolerance_limit(each.tolerance)},
                              {"used", use_name(each.used)},
                              {"within", each.within},
                              {"missed", each.missed},
                              {"failed", each.failed},
                              {"median", real(each.median)},
                              {"worst", real(each.worst)},
                              {"worst_row", each.worst_row}});
  }
  return out;
}

std::string number(const std::optional<double>& value) { return value ? exact_text(Number(*value)) : std::string(); }

}  // namespace

std::string suite_json(const std::vector<JudgedCase>& cases, const Summary& summary) {
  Json out;
  out["schema"] = kSuiteSchema;
  out["kind"] = "validation";
  out["cases"] = Json::array();
  for (const JudgedCase& judged : cases) out["cases"].push_back(case_json(judged));
  out["summary"] = summary_json(summary);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string suite_csv(const std::vector<JudgedCase>& cases) {
  std::string out = "case,id,quantity,unit,measured_low,measured_high,simulated,error,class,used,verdict,why,source\n";
  for (const JudgedCase& judged : cases) {
    for (const JudgedRow& each : judged.rows) {
      const MeasuredRow& row = *each.row;
      std::optional<double> simulated;
      if (each.simulated) simulated = each.simulated->value;
      out += csv_line({judged.of.name, row.id, row.quantity, unit_text(row.measured.low),
                       number(row.measured.low.value), number(row.measured.high.value), number(simulated),
                       number(each.error), std::string(tolerance_name(row.tolerance)), std::string(use_name(row.used)),
                       std::string(verdict_name(each.verdict)), !each.failure.empty() ? each.failure : row.left_out,
                       row.source});
    }
  }
  return out;
}

}  // namespace farfault::analysis
