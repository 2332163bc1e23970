/// Plug-ins: shared objects whose policies a scenario may choose.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "models/policies/plugin.h"
#include "models/policies/registry.h"
#include "sim/core/error.h"
#include "sim/plugins/loaded_plugin.h"

namespace farfault {

/// Loads the file and adds its policies to `policies`, which keeps those that are there. A path without a slash is of
/// the current folder: libraries are not searched for. What it registers is called through policy_guard.h.
///
/// Throws InputError, with file, problem and remedy, and leaves `policies` as they were, where the file is no plug-in,
/// was built for another farfault, or registers what cannot be. `earlier` are those that are loaded already. A plug-in
/// stays loaded until the process ends.
LoadedPlugin load_plugin(const std::string& path, std::span<const LoadedPlugin> earlier, PolicyRegistry& policies);

/// Why the plug-in does not fit this program, and what to do; nothing if it does. Reads no more of it than its ABI
/// number vouches for. Its file is left empty.
std::optional<Diagnostic> plugin_misfit(const Plugin& plugin);

/// Adds what `registered` has and `policies` does not, guarded; `plugin` says of what plug-in it is, and gets the
/// names. Throws InputError, with the path as file, and then has added nothing: for names that no config could write,
/// policies without a factory, and parameters that no config could give.
void adopt_policies(const PolicyRegistry& registered, LoadedPlugin& plugin, PolicyRegistry& policies);

}  // namespace farfault
