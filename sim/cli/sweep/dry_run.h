/// What a sweep would run, for --dry-run.
#pragma once

#include <string>

#include "sim/cli/options.h"
#include "sim/sweep/plan.h"

namespace farfault::cli {

/// The plan: how many points, the axes with their values, the traces, then each point with the start of its key. With
/// Format::kTable, the first points unless `all` is set; else all of them.
std::string dry_run_text(const sweep::Plan& plan, Format format, ColorMode color, bool all);

}  // namespace farfault::cli
