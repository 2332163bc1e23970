/// A calibration for people.
#pragma once

#include "analysis/calibration/calibration.h"
#include "sim/cli/compare/report.h"

namespace farfault::cli {

/// Parameters with intervals; for each fit its points, its errors, and what it cannot tell.
Report fit_report(const analysis::calibration::Calibration& calibration, const analysis::calibration::Base& base);

}  // namespace farfault::cli
