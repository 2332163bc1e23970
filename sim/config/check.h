/// What no single value tells: whether the parts of a spec go together.
#pragma once

#include <filesystem>

#include "sim/config/assemble.h"
#include "sim/config/diagnostics.h"
#include "sim/config/load.h"
#include "sim/config/run_spec.h"

namespace farfault::config {

/// REQUIRES: `spec` was read from `document`, which has the platform at `pointer`.
void check_platform(const PlatformSpec& spec, const Node& document, const std::string& pointer,
                    Diagnostics& diagnostics);

void check_run(const RunSpec& spec, const Assembled& assembled, Diagnostics& diagnostics);

/// Replaces the trace's path by that of the file, which must be there. `folder` is that of the scenario.
void resolve_trace(WorkloadSpec& workload, const Node& document, const std::filesystem::path& folder,
                   const ConfigPaths& paths, Diagnostics& diagnostics);

}  // namespace farfault::config
