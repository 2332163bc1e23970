/// Dirty-aware: of the chunks that were accessed longest ago, one that need not be copied leaves first. Clean-first LRU
/// (CFLRU; Park et al., CASES 2006): within a window at the cold end of the LRU order clean goes before dirty.
///
/// Managed memory has clean chunks only where pages are duplicated (advice read-mostly); everything else has no other
/// copy and must be written back, as on real devices.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// `window`: share of the chunks, from the least recent on, in which a clean one is looked for, 0 to 1; at most `most`
/// chunks. A chunk is clean if none of its pages has to be copied. Without a clean one it is LRU. REQUIRES: granularity
/// is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_clean_first(Bytes granularity, double window, std::size_t most);

}  // namespace farfault
