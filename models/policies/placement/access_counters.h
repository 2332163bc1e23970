/// What a device accesses over the link is counted by region; a region whose counter reaches its threshold migrates.
/// The production driver does so where the device has access counters and the host's address translation service is
/// there (not over x86 PCIe, where it does not migrate by them): uvm_gpu_access_counters.c:41-154, NVIDIA's
/// open-gpu-kernel-modules 595.45.04.
#pragma once

#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

/// `on_fault`: what a fault leads to. Migrating, as the driver does, leaves pages to count that something else has
/// mapped remotely: evictions with `map_remote_on_eviction`, or a thrashing guard.
std::unique_ptr<PlacementPolicy> make_access_counters(Placement on_fault, const AccessCounting& counting);

}  // namespace farfault
