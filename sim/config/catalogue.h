/// Everything that a scenario may choose by name, in one place. Made once at start-up and passed by reference.
#pragma once

#include <vector>

#include "models/kernel/design_registry.h"
#include "models/policies/registry.h"
#include "sim/core/registry.h"
#include "sim/plugins/loaded_plugin.h"
#include "traces/generators/registry.h"

namespace farfault {

struct Catalogue {
  PolicyRegistry policies;
  Registry<DesignInfo> designs;
  Registry<traces::GeneratorInfo> generators;
  std::vector<LoadedPlugin> plugins;  ///< those whose policies are among `policies`
};

/// All that farfault ships; load_plugin() adds to the result.
Catalogue make_catalogue();

}  // namespace farfault
