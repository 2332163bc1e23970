/// A chart of a report: a Vega-Lite specification, the data behind it, and what it says in words.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace farfault::report {

using Json = nlohmann::ordered_json;

/// Rows of values under field names. Names are identifiers ([a-z_0-9]+) that the code chooses; whatever comes from a
/// config or a trace is a value, so no name of a user's ever is part of a specification or of an expression.
struct Dataset {
  std::vector<std::string> fields;
  std::vector<std::vector<Json>> rows;  ///< each as long as `fields`; numbers, strings, booleans, null
};

/// By name; charts of a page share them.
using Datasets = std::map<std::string, Dataset>;

/// A column of the table behind a chart.
struct TableColumn {
  std::string field;
  std::string title;  ///< with its unit: "time (ms)"
};

struct Chart {
  std::string id;  ///< [a-z0-9-]+, one of a page, the same in every report of its kind; names files of figures
  std::string title;
  std::string description;  ///< what is to be seen, in words with numbers: for those who cannot see it, and as caption
  Json spec;                ///< Vega-Lite; every "data" is {"name": ...}; axis titles carry units
  std::string dataset;      ///< whose rows the table behind the chart lists
  std::vector<TableColumn> columns;
  int width = 760;      ///< of figures, px; in a page the width is the page's
  int height = 300;     ///< px
  bool canvas = false;  ///< thousands of marks: drawn on a canvas instead of as SVG
};

/// A part of a page.
struct Section {
  std::string id;  ///< as Chart::id
  std::string title;
  std::string html;  ///< before the charts: escaped by whoever made it
  std::vector<Chart> charts;
};

}  // namespace farfault::report
