/// Device-private pages without page frame numbers, as proposed on the kernel lists in 2025 and 2026: a maple tree of
/// ranges of device offsets, struct pages of their own, no physical addresses, no hotplug. A device-private entry holds
/// an offset, and whatever makes a page of it reads the tree. Persistent memory is as in memremap_xarray.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_off_pfn_maple(const DesignSpec& spec);

}  // namespace farfault
