/// The grammar of `farfault compare`.
#pragma once

#include <CLI/CLI.hpp>

#include "sim/cli/compare/options.h"

namespace farfault::cli {

/// REQUIRES: the options outlive the app.
void add_compare(CLI::App& app, CompareOptions& options, CommonOptions& common);

}  // namespace farfault::cli
