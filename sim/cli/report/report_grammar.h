/// The grammar of `farfault report`.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/cli/options.h"
#include "sim/cli/report/options.h"

namespace farfault::cli {

/// Adds the command to the program; both must outlive it.
void add_report(CLI::App& app, ReportOptions& options, CommonOptions& common);

}  // namespace farfault::cli
