/// ARC (Megiddo and Modha, FAST 2003, figure 4): T1 has what was accessed once, T2 what was accessed more often, both
/// in LRU order; B1 and B2 remember what left them. What comes back from B1 raises the target of T1's size, from B2
/// lowers it.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_arc(Bytes granularity);

}  // namespace farfault
