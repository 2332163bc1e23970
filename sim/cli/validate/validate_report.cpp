#include "sim/cli/validate/validate_report.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

namespace farfault::cli {
namespace {

using analysis::JudgedCase;
using analysis::JudgedRow;
using analysis::RowVerdict;

constexpr std::size_t kMostWorst = 15;
constexpr const char* kNothing = "-";

std::string printed(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// Without a sign.
std::string size_text(const std::optional<double>& error) {
  return error ? printed(*error < 0.0995 ? "%.1f %%" : "%.0f %%", *error * 100) : kNothing;
}

/// "1.70 to 1.95 us" where both ends have the same unit.
std::string measured_text(const analysis::Measurement& measured) {
  if (measured.high_text.empty()) return measured.text;
  const std::size_t low = measured.text.find(' ');
  const std::size_t high = measured.high_text.find(' ');
  const bool same = low != std::string::npos && high != std::string::npos &&
                    measured.text.substr(low) == measured.high_text.substr(high);
  return (same ? measured.text.substr(0, low) : measured.text) + " to " + measured.high_text;
}

std::string simulated_text(const JudgedRow& row) {
  return row.simulated ? analysis::text_like(*row.simulated, row.row->measured.text) : kNothing;
}

Table rows_table(const JudgedCase& judged) {
  Table table{{"measurement", "quantity", "measured", "simulated", "error", "class", "used as", "verdict"}, {}};
  for (const JudgedRow& row : judged.rows) {
    table.rows.push_back(
        {row.row->id, row.row->quantity, measured_text(row.row->measured), simulated_text(row),
         row.error ? error_text(*row.error) : kNothing, std::string(analysis::tolerance_name(row.row->tolerance)),
         std::string(analysis::use_name(row.row->used)), std::string(analysis::verdict_name(row.verdict))});
  }
  return table;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

/// A line for each text, behind the rows that share it.
void add_remarks(std::vector<std::string>& lines, const JudgedCase& judged, const std::string& head,
                 const std::string& (*text_of)(const JudgedRow&)) {
  std::vector<std::pair<std::string, std::vector<std::string>>> remarks;
  for (const JudgedRow& row : judged.rows) {
    const std::string& text = text_of(row);
    if (text.empty()) continue;
    if (remarks.empty() || remarks.back().first != text) remarks.push_back({text, {}});
    remarks.back().second.push_back(row.row->id);
  }
  for (const auto& [text, rows] : remarks) lines.push_back(head + joined(rows) + ": " + text);
}

std::string order_text(const analysis::JudgedOrder& order) {
  if (order.measured.empty()) return order.check->what + ": cannot be judged, since a row failed";
  return order.check->what + ": measured " + order.measured + ", simulated " + order.simulated +
         (order.holds ? ": the same order" : ": ANOTHER ORDER");
}

Block case_block(const JudgedCase& judged) {
  Block block{judged.of.name + ": " + judged.of.title, rows_table(judged), {}};
  block.lines.push_back("measured on: " + judged.of.setup);
  for (const analysis::JudgedOrder& order : judged.orders) block.lines.push_back(order_text(order));
  if (!judged.of.note.empty()) block.lines.push_back("note: " + judged.of.note);
  add_remarks(block.lines, judged, "note on ",
              [](const JudgedRow& row) -> const std::string& { return row.row->note; });
  add_remarks(block.lines, judged,
              "left out: ", [](const JudgedRow& row) -> const std::string& { return row.row->left_out; });
  add_remarks(block.lines, judged, "failed: ", [](const JudgedRow& row) -> const std::string& { return row.failure; });
  return block;
}

Block classes_block(const analysis::Summary& summary) {
  Table table{
      {"class", "limit", "used as", "rows", "within", "missed", "failed", "median error", "worst error", "worst row"},
      {}};
  for (const analysis::ClassSummary& each : summary.classes) {
    table.rows.push_back(
        {std::string(analysis::tolerance_name(each.tolerance)), std::string(analysis::tolerance_limit(each.tolerance)),
         std::string(analysis::use_name(each.used)), std::to_string(each.within + each.missed + each.failed),
         std::to_string(each.within), std::to_string(each.missed), std::to_string(each.failed), size_text(each.median),
         size_text(each.worst), each.worst_row.empty() ? kNothing : each.worst_row});
  }
  Block block{"summary by class", std::move(table), {}};
  block.lines.push_back(std::to_string(summary.within) + " rows within their limits, " +
                        std::to_string(summary.missed) + " missed, " + std::to_string(summary.failed) + " failed, " +
                        std::to_string(summary.left_out) + " left out");
  if (summary.orders_held + summary.orders_broken > 0) {
    block.lines.push_back("orders: " + std::to_string(summary.orders_held) + " as measured, " +
                          std::to_string(summary.orders_broken) + " not");
  }
  return block;
}

Block worst_block(const std::vector<JudgedCase>& cases) {
  Table table{{"case", "measurement", "quantity", "measured", "simulated", "error"}, {}};
  for (const analysis::WorstRow& worst : analysis::worst_rows(cases, kMostWorst)) {
    const JudgedRow& row = *worst.row;
    table.rows.push_back({worst.of->of.name, row.row->id, row.row->quantity, measured_text(row.row->measured),
                          simulated_text(row), row.error ? error_text(*row.error) : kNothing});
  }
  return {"rows that miss, worst first", std::move(table), {}};
}

}  // namespace

std::string error_text(double error) {
  const double size = std::abs(error);
  if (size < 0.0005) return "0.0 %";
  if (error >= 1) return printed("x %.3g", 1 + error);
  return printed(size < 0.0995 ? "%+.1f %%" : "%+.0f %%", error * 100);
}

Report suite_report(const std::vector<JudgedCase>& cases, const analysis::Summary& summary) {
  Report out;
  for (const JudgedCase& judged : cases) out.push_back(case_block(judged));
  out.push_back(classes_block(summary));
  if (summary.missed > 0) out.push_back(worst_block(cases));
  return out;
}

}  // namespace farfault::cli
