/// SIEVE (Zhang et al., NSDI 2024): chunks stay in the order in which they came; a hand goes from old to new, clears
/// the mark of those that were hit, and evicts the first that has none. It goes on from there the next time.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_sieve(Bytes granularity);

}  // namespace farfault
