/// Everything that a scenario may choose by name, in one place. Made once at start-up and passed by reference.
#pragma once

#include "models/kernel/design_registry.h"
#include "models/policies/registry.h"
#include "sim/core/registry.h"
#include "traces/generators/registry.h"

namespace farfault {

struct Catalogue {
  PolicyRegistry policies;
  Registry<DesignInfo> designs;
  Registry<traces::GeneratorInfo> generators;
};

/// All that farfault ships; plug-ins add to the result.
Catalogue make_catalogue();

}  // namespace farfault
