#include "sim/cli/compare/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <utility>

#include "analysis/assumed.h"
#include "sim/cli/terminal.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

using analysis::Cell;
using analysis::Comparison;
using analysis::Row;

constexpr const char* kHowToList = "the same command with --format json";
constexpr const char* kMissing = "-";

std::string plain_text(const Report& report, ColorMode mode) {
  const bool color = use_color(Stream::kStdout, mode);
  std::string out;
  for (const Block& block : report) {
    out += out.empty() ? "" : "\n";
    const std::string title = printable(block.title, 400);
    if (!title.empty()) out += color ? "\x1B[1m" + title + "\x1B[0m\n" : title + '\n';
    if (block.table) out += aligned_text(*block.table, terminal_width(Stream::kStdout), color);
    for (const std::string& line : block.lines) out += printable(line, 4096) + '\n';
  }
  return out;
}

std::string markdown_report(const Report& report) {
  std::string out;
  for (const Block& block : report) {
    out += out.empty() ? "" : "\n";
    if (!block.title.empty()) out += "## " + markdown_escaped(block.title) + "\n\n";
    if (block.table) out += markdown_text(*block.table) + (block.lines.empty() ? "" : "\n");
    for (const std::string& line : block.lines) {
      out += markdown_escaped(line) + (&line == &block.lines.back() ? "\n" : "\n\n");
    }
  }
  return out;
}

std::vector<std::string> header(const std::string& first, const Comparison& comparison) {
  std::vector<std::string> out = {first};
  for (const analysis::Column& column : comparison.columns) out.push_back(column.name);
  return out;
}

std::string value_text(const Row& row, const Cell& cell, bool first) {
  if (!cell.value) return kMissing;
  const std::string text = analysis::short_text(row.unit, *cell.value);
  return first || !cell.ratio || analysis::is_zero(*cell.value) ? text
                                                                : text + "  " + analysis::ratio_text(*cell.ratio);
}

Table figures_table(const analysis::Titled& titled, const ReportView& view) {
  const Comparison& comparison = titled.comparison;
  Table table{header("figure", comparison), {}};
  for (const Row* row : analysis::select_rows(comparison, view.patterns, view.zeros)) {
    std::vector<std::string> fields = {row->name + (row->assumed ? " *" : "")};
    for (std::size_t i = 0; i < row->cells.size(); ++i) {
      const bool failed = !comparison.columns[i].result;
      fields.push_back(failed ? view.failed : value_text(*row, row->cells[i], i == 0));
    }
    table.rows.push_back(std::move(fields));
  }
  if (!table.rows.empty()) return table;
  // A column that failed must be seen even where the others have nothing to show.
  std::vector<std::string> fields = {"all figures"};
  for (const analysis::Column& column : comparison.columns) fields.push_back(column.result ? "0" : view.failed);
  table.rows.push_back(std::move(fields));
  return table;
}

bool rests_on_any(const Comparison& comparison) {
  return std::any_of(comparison.columns.begin(), comparison.columns.end(), [](const analysis::Column& column) {
    return column.result && !column.result->assumptions.empty();
  });
}

Block attribution_block(const Comparison& comparison) {
  Table table{header("component", comparison), {}};
  const std::string mark = rests_on_any(comparison) ? " *" : "";
  for (const analysis::Component& component : comparison.components) {
    const bool empty = std::all_of(component.cells.begin(), component.cells.end(),
                                   [](const Cell& cell) { return !cell.value || analysis::is_zero(*cell.value); });
    if (empty) continue;
    const char* when = component.when == analysis::When::kBefore   ? " (before the run)"
                       : component.when == analysis::When::kWithin ? " (within these)"
                                                                   : "";
    std::vector<std::string> fields = {component.name + when + mark};
    for (std::size_t i = 0; i < component.cells.size(); ++i) {
      const auto& shown = i == 0 ? component.cells[i].value : component.cells[i].difference;
      fields.push_back(!shown   ? kMissing
                       : i == 0 ? analysis::short_text(Unit::kTime, *shown)
                                : analysis::signed_text(Unit::kTime, *shown));
    }
    table.rows.push_back(std::move(fields));
  }
  Block block{"where the difference comes from", std::move(table), analysis::in_words(comparison)};
  return block;
}

Block heading_block(const analysis::Titled& titled) {
  const analysis::Heading& heading = titled.heading;
  Block block{heading.name, {}, {}};
  if (!heading.memory.empty()) block.title += (block.title.empty() ? "" : ": ") + ("devices of " + heading.memory);
  if (!heading.question.empty()) block.lines.push_back(heading.question);
  if (!heading.workload.empty()) block.lines.push_back("workload: " + heading.workload);
  return block;
}

/// What went wrong, what is beyond a threshold, what the runs remarked, and what all of it rests on.
Block closing_block(const analysis::Titled& titled) {
  Block block;
  std::vector<const std::vector<analysis::RestsOn>*> assumptions;
  std::map<std::string, std::string> notes;  // to whose they are
  for (const analysis::Column& column : titled.comparison.columns) {
    if (!column.result) {
      block.lines.push_back(column.name + ": " + column.failure);
      continue;
    }
    assumptions.push_back(&column.result->assumptions);
    for (const std::string& note : column.result->notes) {
      std::string& whose = notes[note];
      if (!whose.empty()) whose += ", ";
      whose += column.name;
    }
  }
  for (const analysis::Verdict& verdict : titled.verdicts) {
    if (verdict.kind != analysis::Verdict::Kind::kHolds) block.lines.push_back(verdict.words);
  }
  for (const auto& [note, whose] : notes) {
    std::string line = "note (" + whose;
    line += "): " + note;
    block.lines.push_back(std::move(line));
  }
  const std::string footer = analysis::assumptions_footer(assumptions, kHowToList);
  if (!footer.empty()) block.lines.push_back(footer);
  return block;
}

std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g %%", share * 100);
  return text.data();
}

std::string optional_ratio(const std::optional<double>& ratio) {
  return ratio ? analysis::ratio_text(*ratio) : kMissing;
}

std::string end_text(const std::optional<analysis::RangeEnd>& end, double factor) {
  if (!end) return kMissing;
  const std::string ratio = analysis::ratio_text(end->ratio);
  if (end->parameter.empty()) return ratio + "  as it is";
  return ratio + "  " + end->parameter + ' ' + analysis::change_text(end->change, factor);
}

Block ranges_block(const analysis::SensitivityReport& report) {
  Table table{{"column", report.figure + " *", "ratio", "least", "most"}, {}};
  for (const analysis::SensitivityColumn& column : report.sensitivity.columns) {
    table.rows.push_back({column.name, column.value ? analysis::short_text(report.unit, *column.value) : kMissing,
                          optional_ratio(column.ratio), end_text(column.least, report.factor),
                          end_text(column.most, report.factor)});
  }
  return {"ratios to the first column, over the parameters that were changed", std::move(table), {}};
}

Block parameters_block(const analysis::SensitivityReport& report, std::size_t most) {
  const auto& columns = report.sensitivity.columns;
  const std::size_t first = columns.size() == 1 ? 0 : 1;
  Table table{{"parameter", "influence"}, {}};
  for (std::size_t i = first; i < columns.size(); ++i) {
    table.header.push_back(columns[i].name + ' ' + analysis::change_text(analysis::Change::kDivided, report.factor));
    table.header.push_back(analysis::change_text(analysis::Change::kMultiplied, report.factor));
  }
  const auto& parameters = report.sensitivity.parameters;
  for (std::size_t p = 0; p < std::min(most, parameters.size()); ++p) {
    std::vector<std::string> fields = {parameters[p].parameter, percent(parameters[p].influence)};
    for (std::size_t i = first; i < columns.size(); ++i) {
      for (const auto* ratios : {&parameters[p].divided, &parameters[p].multiplied}) {
        fields.push_back(i < ratios->size() ? optional_ratio((*ratios)[i]) : kMissing);
      }
    }
    table.rows.push_back(std::move(fields));
  }
  Block block{"parameters by influence", std::move(table), {}};
  if (parameters.size() > most) {
    block.lines.push_back("and " + format_count(parameters.size() - most) + " more with --all");
  }
  return block;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string times(std::size_t count, const std::string& one, const std::string& many) {
  return format_count(count) + ' ' + (count == 1 ? one : many);
}

Block conclusions_block(const analysis::SensitivityReport& report) {
  Block block;
  const auto& columns = report.sensitivity.columns;
  for (const analysis::OrderChange& change : report.sensitivity.order_changes) {
    block.lines.push_back("the order changes: with " + change.parameter + ' ' +
                          analysis::change_text(change.change, report.factor) + ", " + columns[change.lower].name +
                          " is above " + columns[change.higher].name);
  }
  if (columns.size() > 1 && block.lines.empty()) block.lines.emplace_back("the order of the columns never changes");
  std::map<std::string, std::vector<std::string>> skipped;  // by reason
  for (const auto& [parameter, why] : report.skipped) skipped[why].push_back(parameter);
  for (const auto& [why, parameters] : skipped) {
    std::string line = "not changed: " + times(parameters.size(), "parameter", "parameters");
    line += " whose value " + why;
    if (parameters.size() <= 3) line += " (" + joined(parameters) + ')';
    block.lines.push_back(std::move(line));
  }
  for (const std::string& failure : report.failures) block.lines.push_back(failure);
  block.lines.emplace_back("* each rests on assumptions: those that are listed, and the others as they are");
  return block;
}

}  // namespace

std::string report_text(const Report& report, Format format, ColorMode color) {
  return format == Format::kTable ? plain_text(report, color) : markdown_report(report);
}

std::vector<std::string> usual_figures() {
  return {"time.total",
          "faults.device.raised",
          "faults.device.serviced",
          "faults.device.refaults",
          "faults.cpu.migrate",
          "latency.fault.device.p50",
          "latency.fault.device.p99",
          "latency.fault.cpu.p50",
          "latency.fault.cpu.p99",
          "pages.to_device.demand",
          "pages.to_device.prefetch",
          "pages.to_host.*",
          "bytes.link.*.to_device",
          "bytes.link.*.to_host",
          "driver.time.kernel",
          "driver.time.total",
          "kernel.to_device.calls",
          "kernel.to_host.calls",
          "kernel.op.*.calls",
          "kernel.op.*.time",
          "kernel.pmem.gup.time",
          "latency.kernel.gup*.p50",
          "latency.kernel.gup*.p99",
          "latency.kernel.pin.p50",
          "latency.kernel.pin.p99",
          "latency.kernel.pmem_gup.p50",
          "latency.kernel.pmem_gup.p99",
          "kernel.failed.*",
          "kernel.retries.*",
          "kernel.lock.mmap.wait",
          "accesses.*.remote",
          "accesses.*.failed",
          "staging.*",
          "reach.*",
          "metadata.*"};
}

Report comparison_report(const analysis::Titled& titled, const ReportView& view) {
  Report out;
  Block heading = heading_block(titled);
  if (!heading.title.empty() || !heading.lines.empty()) out.push_back(std::move(heading));
  out.push_back({"", figures_table(titled, view), {}});
  if (view.attribution && titled.comparison.columns.size() > 1) out.push_back(attribution_block(titled.comparison));
  Block closing = closing_block(titled);
  if (!closing.lines.empty()) out.push_back(std::move(closing));
  return out;
}

Report overview_report(const std::vector<analysis::Titled>& comparisons) {
  Table table{{"scenario", "first column", "time *", "others"}, {}};
  for (const analysis::Titled& titled : comparisons) {
    const Comparison& comparison = titled.comparison;
    const Row* const total = analysis::find_row(comparison, "time.total");
    const auto time = total == nullptr ? std::nullopt : total->cells.front().value;
    std::string others;
    for (std::size_t i = 1; i < comparison.columns.size(); ++i) {
      const std::string ratio = total == nullptr ? kMissing : optional_ratio(total->cells[i].ratio);
      others += (others.empty() ? "" : ", ") + comparison.columns[i].name + ' ' +
                (comparison.columns[i].result ? ratio : "failed");
    }
    table.rows.push_back({titled.heading.name, comparison.columns.front().name,
                          time ? analysis::short_text(Unit::kTime, *time) : "failed", others});
  }
  return {{"all scenarios", std::move(table), {"* rests on the assumptions that each table above counts"}}};
}

Report sensitivity_report(const analysis::SensitivityReport& report, std::size_t most) {
  Block heading{report.heading.name, {}, {}};
  if (!report.heading.question.empty()) heading.lines.push_back(report.heading.question);
  if (!report.heading.workload.empty()) heading.lines.push_back("workload: " + report.heading.workload);
  return {std::move(heading), ranges_block(report), parameters_block(report, most), conclusions_block(report)};
}

}  // namespace farfault::cli
