/// Bypass with hindsight: a fault brings its page unless something that would have to leave is needed sooner; then the
/// page is accessed over the link, once. With `belady` eviction this is MIN with bypass; with a policy that does not
/// know what is needed, it migrates always.
#pragma once

#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

std::unique_ptr<PlacementPolicy> make_oracle_placement();

}  // namespace farfault
