/// Allocation order: the chunk that came first leaves first, accesses change nothing. What NVIDIA's unified-memory
/// driver does in effect: a root chunk goes to the tail of the used list when it is allocated, not when the GPU
/// accesses it (uvm_pmm_gpu.c, driver 595.45.04), so its "LRU" is an order of allocations.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_fifo(Bytes granularity);

}  // namespace farfault
