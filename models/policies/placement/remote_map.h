/// Nothing migrates: a fault maps the page where it is, and the device reaches it over the link ("zero copy"). A page
/// without contents is allocated in host memory.
#pragma once

#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

std::unique_ptr<PlacementPolicy> make_remote_map();

}  // namespace farfault
