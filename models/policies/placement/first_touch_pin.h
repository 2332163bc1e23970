/// Whoever touches a page first has it for good: a fault brings its page while there is room, and later ones map theirs
/// where they are. Nothing that came ever leaves for a device's sake; a CPU fault still takes its page back, since a
/// CPU cannot reach it there.
#pragma once

#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

std::unique_ptr<PlacementPolicy> make_first_touch_pin();

}  // namespace farfault
