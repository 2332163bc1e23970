/// Allocation order: the chunk that came first leaves first; accesses change nothing, and neither do pages that join it
/// later. The textbook's; NVIDIA's unified-memory driver renews a chunk with every migration (last_migration.h).
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_fifo(Bytes granularity);

}  // namespace farfault
