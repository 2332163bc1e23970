/// What the program advises (events of the trace, or workload.advice): read-mostly pages are duplicated for reads,
/// pages whose preferred location is elsewhere stay there, and those that a device is said to access are mapped for it.
/// All others migrate. The rules are those of cudaMemAdvise as the CUDA driver API's reference states them, and as
/// uvm_va_block_select_residency() applies them (open-gpu-kernel-modules 595.45.04, uvm_va_block.c).
#pragma once

#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

std::unique_ptr<PlacementPolicy> make_advice();

}  // namespace farfault
