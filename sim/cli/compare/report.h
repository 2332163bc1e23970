/// A comparison for people: tables, sentences and footers, as aligned text or Markdown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/comparison_json.h"
#include "sim/cli/table.h"

namespace farfault::cli {

/// One part of a report: a title, a table, lines below it; each may be missing.
struct Block {
  std::string title;
  std::optional<Table> table;
  std::vector<std::string> lines;
};
using Report = std::vector<Block>;

/// As aligned text, or as Markdown for any other format. Control characters of names are escaped.
std::string report_text(const Report& report, Format format, ColorMode color);

struct ReportView {
  std::vector<std::string> patterns;  ///< of the figures that are shown
  bool zeros = false;                 ///< rows of nothing as well
  std::string failed = "failed";      ///< what stands in the cells of a column without results
  bool attribution = true;
};

/// The figures that matter first, in the order of the table.
std::vector<std::string> usual_figures();

Report comparison_report(const analysis::Titled& titled, const ReportView& view);
/// One line for each scenario.
Report overview_report(const std::vector<analysis::Titled>& comparisons);
/// The `most` most influential parameters.
Report sensitivity_report(const analysis::SensitivityReport& report, std::size_t most);

}  // namespace farfault::cli
