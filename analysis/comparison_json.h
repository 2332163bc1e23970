/// Comparisons as files: JSON and lines of CSV, with exact numbers in base units. docs/compare.md has the schema.
#pragma once

#include <string>
#include <vector>

#include "analysis/compare.h"
#include "analysis/sensitivity.h"
#include "analysis/threshold.h"

namespace farfault::analysis {

/// Version of compare.json; rises when a reader of the old one would misread the new one.
inline constexpr int kComparisonSchema = 1;

/// What stands above a comparison.
struct Heading {
  std::string name;      ///< of the scenario; empty where results of several are compared
  std::string question;  ///< the scenario's description
  std::string workload;
  std::string memory;  ///< of each device, where that is what varies: "80 GiB"
};

/// A comparison under its heading, with what the command said about it.
struct Titled {
  Heading heading;
  Comparison comparison;
  std::vector<std::string> patterns;  ///< of the figures that were asked for; empty: all
  std::vector<Verdict> verdicts;
};

/// One object on several lines, with a newline at its end. `kind` says what was compared: "designs", "results",
/// "set-up". Nothing of the machine or the day.
std::string comparisons_json(const std::string& kind, const std::vector<Titled>& comparisons);

/// A line for each figure and column: scenario, memory, figure, unit, column, value, ratio, difference, assumed,
/// description. Components are figures "attribution.NAME" in ps. The first line names the fields.
std::string comparisons_csv(const std::vector<Titled>& comparisons);

/// What the sensitivity of one scenario's figure is made of.
struct SensitivityReport {
  Heading heading;
  std::string figure;
  Unit unit = Unit::kTime;
  double factor = 2;
  Sensitivity sensitivity;
  /// Parameters that were not changed, and why: "/design/to_device/setup/page", "is zero".
  std::vector<std::pair<std::string, std::string>> skipped;
  std::vector<std::string> failures;  ///< runs that failed, in words
};
std::string sensitivities_json(const std::vector<SensitivityReport>& reports);
/// A line for each parameter, change and column: scenario, figure, parameter, change, column, ratio, influence.
std::string sensitivities_csv(const std::vector<SensitivityReport>& reports);

}  // namespace farfault::analysis
