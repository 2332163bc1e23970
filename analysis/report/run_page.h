/// The page of one run.
#pragma once

#include "analysis/report/page.h"
#include "analysis/report/run_folder.h"

namespace farfault::report {

/// Sections without data are left out, with a line that says what is missing and how to get it. The same folder gives
/// the same page.
Page make_run_page(const RunFolder& run);

}  // namespace farfault::report
