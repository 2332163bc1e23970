/// Parts of pages that are plain HTML: tables, lists, folded texts. All of it escaped.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analysis/compare.h"
#include "analysis/report/run_folder.h"
#include "analysis/result_file.h"

namespace farfault::report {

/// A figure that a reader looks for first, and what to call it.
struct KeyFigure {
  std::string label;
  const analysis::Row* row;
};
/// Those of the comparison that hold something, in the order of a run.
std::vector<KeyFigure> key_figures(const analysis::Comparison& comparison);

/// A row for each figure, a column for each column: value, and ratio to the first. A mark where it rests on
/// assumptions.
std::string figures_table(const analysis::Comparison& comparison, const std::vector<KeyFigure>& figures);
/// The same of every figure that is not zero, folded.
std::string all_figures_table(const analysis::Comparison& comparison);

/// How many assumptions, where most of them are, and all of them folded. Says so if there are none.
std::string assumptions_html(const std::vector<analysis::RestsOn>& assumptions);

/// The components of the time, in the first column, and what the others differ by; with the command's sentences.
std::string attribution_table(const analysis::Comparison& comparison);

/// The command that makes the run again, and all that identifies it.
std::string reproduce_html(const RunFolder& run);
/// Notes of the runs and what their traces do not tell, each once, with whose they are if not everybody's.
std::string notes_html(const std::vector<ReportColumn>& columns);

/// The whole resolved config, folded. Empty if there is none.
std::string config_html(const std::string& config, const std::string& summary);
/// Parameters in which the columns' configs differ, as a table. Empty where there are no two to compare.
std::string config_differences(const std::vector<ReportColumn>& columns);

/// A line about what is missing and how to get it.
std::string missing(const std::string& what);

/// "<details><summary>...": `summary` is the code's own.
std::string folded(const std::string& summary, const std::string& html);

}  // namespace farfault::report
