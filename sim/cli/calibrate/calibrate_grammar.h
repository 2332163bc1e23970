/// The grammar of `farfault calibrate`.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/cli/calibrate/options.h"

namespace farfault::cli {

/// REQUIRES: the options outlive the app.
void add_calibrate(CLI::App& app, CalibrateOptions& options, CommonOptions& common);

}  // namespace farfault::cli
