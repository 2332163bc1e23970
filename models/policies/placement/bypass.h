/// Bypass under pressure: while there is room a fault brings its page; once there is none, a page is mapped where it
/// is, and only a region that the device goes on accessing may push another out. As caches bypass what they have no
/// proof will be used again (Gao and Wilkerson, JILP 2010; for device memory, Li et al., ICS 2015, "Locality-driven
/// dynamic GPU cache bypassing"), with the device's access counters as the proof.
#pragma once

#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

/// `counting`: how many accesses are proof, and of what.
std::unique_ptr<PlacementPolicy> make_bypass(const AccessCounting& counting);

}  // namespace farfault
