/// The grammar of `farfault trace` and its verbs.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/cli/trace/options.h"

namespace farfault::cli {

/// REQUIRES: the options outlive the app.
void add_trace(CLI::App& app, TraceOptions& options, CommonOptions& common);

}  // namespace farfault::cli
