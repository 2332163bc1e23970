/// Any chunk, all equally likely: what knows nothing, and cannot be led astray.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_random_eviction(Bytes granularity, std::uint64_t seed);

}  // namespace farfault
