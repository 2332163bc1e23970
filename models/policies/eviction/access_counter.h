/// By access counters (Ganguly et al., DATE 2020, "Adaptive page migration for irregular data-intensive applications
/// under GPU memory oversubscription"): the chunk with the fewest accesses leaves, where counts live on when a chunk
/// leaves, and all are halved when one has no room left in its counter. Against lfu: what comes back is not new.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// `halve_at`: the count at which all are halved; >= 2. REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_access_counter_eviction(Bytes granularity, std::uint64_t halve_at);

}  // namespace farfault
