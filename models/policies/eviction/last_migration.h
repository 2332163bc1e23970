/// The chunk into which pages came longest ago leaves first; accesses change nothing. The production driver's order: a
/// root chunk goes to the tail of the used list when it is allocated, and again whenever pages migrate into its block
/// (block_mark_memory_used in uvm_va_block.c, uvm_pmm_gpu.c:1487-1525; driver 595.45.04), not when the device accesses
/// it. Against fifo: a block that fills bit by bit stays young until it is full.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_last_migration(Bytes granularity);

}  // namespace farfault
