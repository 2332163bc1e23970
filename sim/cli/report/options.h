/// What the command line of `farfault report` said, as plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace farfault::cli {

struct ReportOptions {
  std::vector<std::string> given;      ///< folders of results, of comparisons, or of sweeps; one or more
  std::string output = "report.html";  ///< "-": stdout
  bool force = false;
  bool open = false;                       ///< in a browser
  bool sweep = false;                      ///< results are points, however few
  std::optional<std::string> figures;      ///< folder for SVG and PNG
  std::optional<std::string> sensitivity;  ///< file of `compare --sensitivity --format json`
  std::vector<std::string> rank_by;        ///< figures of a sweep
};

}  // namespace farfault::cli
