/// Memory that CPU and device both address, cache-coherent over the link (mm/memremap.c, MEMORY_DEVICE_COHERENT, Linux
/// 6.0 and later; GH200, CXL): as memremap_xarray, but at real physical addresses above memory and in the linear map.
/// CPUs read and write it where it is; short pins stay, long-term pins migrate it first.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_device_coherent(const DesignSpec& spec);

}  // namespace farfault
