/// A page: one HTML file with its texts, tables, charts and their data.
#pragma once

#include <string>
#include <vector>

#include "analysis/report/chart.h"

namespace farfault::report {

/// What the page needs of the web: styles, scripts that draw charts, and the licences of what is in these. Empty in a
/// program that was built without Node: a page then has its texts and tables, and says that the charts are missing.
struct Web {
  std::string css;
  std::string js;
  std::string licences;

  bool complete() const { return !css.empty() && !js.empty(); }
};

struct Page {
  std::string title;                ///< as it is; escaped here
  std::string subtitle;             ///< likewise
  std::vector<Section> sections;    ///< the first is the verdict
  Datasets datasets;                ///< of all charts
  std::vector<std::string> footer;  ///< facts for the end of the page, escaped here
};

/// The whole file. The same page gives the same bytes. Throws std::logic_error where identifiers repeat or are none, or
/// a chart's dataset is missing.
std::string html(const Page& page, const Web& web);

/// {"charts": {ID: specification}, "datasets": {NAME: {"fields", "rows"}}}: what draws figures without a browser.
std::string figures_json(const Page& page);

/// The specification as it leaves: with $schema, the figure's size, the table behind it, and how many marks it has.
Json finished_spec(const Chart& chart, const Datasets& datasets);

}  // namespace farfault::report
