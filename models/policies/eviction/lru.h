/// Least recently used, by true recency of access. No driver sees every access of a device, so this is a reference for
/// others, not something that a kernel could run. A chunk that arrives counts as just used.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_lru(Bytes granularity);

}  // namespace farfault
