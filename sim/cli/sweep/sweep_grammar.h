/// The grammar of `farfault sweep`.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/cli/sweep/options.h"

namespace farfault::cli {

/// REQUIRES: the options outlive the app.
void add_sweep(CLI::App& app, SweepOptions& options, CommonOptions& common);

}  // namespace farfault::cli
