/// MIN (Belady, IBM Systems Journal 5(2), 1966): the chunk that is accessed again last, or never, leaves. No policy has
/// fewer misses where one chunk comes at a time, each on demand. It knows the trace, which no driver can.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB; foresee() before the run.
std::unique_ptr<EvictionPolicy> make_belady(Bytes granularity);

}  // namespace farfault
