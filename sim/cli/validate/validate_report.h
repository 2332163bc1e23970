/// Judged validation cases for people.
#pragma once

#include <string>
#include <vector>

#include "analysis/validation/judge.h"
#include "sim/cli/compare/report.h"

namespace farfault::cli {

/// A table for each case; then the classes, the orders that broke, and the rows that are farthest off.
Report suite_report(const std::vector<analysis::JudgedCase>& cases, const analysis::Summary& summary);

/// "+3.2 %", "-12 %", "x 2.4" from twice on.
std::string error_text(double error);

}  // namespace farfault::cli
