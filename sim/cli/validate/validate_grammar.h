/// The grammar of `farfault validate`.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/cli/validate/options.h"

namespace farfault::cli {

/// REQUIRES: the options outlive the app.
void add_validate(CLI::App& app, ValidateOptions& options, CommonOptions& common);

}  // namespace farfault::cli
