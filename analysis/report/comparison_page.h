/// The page of a comparison: of one scenario's columns, or of several scenarios.
#pragma once

#include <vector>

#include "analysis/report/page.h"
#include "analysis/report/run_folder.h"

namespace farfault::report {

/// One scenario has the sections of a run, with a line or a bar for each column. Several have an overview and a section
/// each with fewer charts, so that twenty scenarios of eight columns stay below 5 MB. Set-ups without a run (one for
/// each size of memory) are one page of costs. Sensitivities go to the scenario that they name. REQUIRES: at least one
/// scenario, each with at least one column. The same input gives the same page.
Page make_comparison_page(const std::vector<ScenarioResults>& scenarios,
                          const std::vector<SensitivityResults>& sensitivities = {});

}  // namespace farfault::report
