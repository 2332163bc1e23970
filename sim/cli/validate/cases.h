/// The validation cases: found, run, judged, printed.
#pragma once

#include <string>
#include <vector>

#include "analysis/validation/case.h"
#include "sim/cli/commands.h"
#include "sim/cli/validate/options.h"

namespace farfault::cli {

/// The cases that were asked for, by name. Throws InputError for all files that are wrong, Error with exit code 2 for a
/// pattern that no case fits.
std::vector<analysis::ValidationCase> find_cases(const ValidateOptions& options, const Context& context);

/// Runs them and prints what came of it. 1 if a row failed, 4 if a --fail-if is so; a miss alone is no failure.
ExitCode validate_cases(const ValidateOptions& options, const Context& context);

}  // namespace farfault::cli
