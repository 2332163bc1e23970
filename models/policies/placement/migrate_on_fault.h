/// Every fault migrates its page to the device that raised it: the default of unified-memory drivers.
#pragma once

#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

std::unique_ptr<PlacementPolicy> make_migrate_on_fault();

}  // namespace farfault
