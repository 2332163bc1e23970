/// What no single value tells: whether the parts of a spec go together.
#pragma once

#include <filesystem>
#include <string_view>

#include "sim/config/assemble.h"
#include "sim/config/diagnostics.h"
#include "sim/config/load.h"
#include "sim/config/run_spec.h"

namespace farfault::config {

/// The value at a pointer made by join() of keys without / and ~, or the nearest value around it.
const Node& nearest(const Node& document, std::string_view pointer);

/// REQUIRES: `spec` was read from `document`, which has the platform at `pointer`.
void check_platform(const PlatformSpec& spec, const Node& document, const std::string& pointer,
                    Diagnostics& diagnostics);

void check_run(const RunSpec& spec, const Assembled& assembled, Diagnostics& diagnostics);

/// Replaces the trace's path by that of the file, which must be there. `folder` is that of the scenario.
void resolve_trace(WorkloadSpec& workload, const Node& document, const std::filesystem::path& folder,
                   const ConfigPaths& paths, Diagnostics& diagnostics);

}  // namespace farfault::config
