/// Device memory as Linux adds it since 5.3 (mm/memremap.c, memremap_pages() with MEMORY_DEVICE_PRIVATE): one xarray
/// for it and persistent memory, a range of page frame numbers each; add_pages() without a linear map; struct pages
/// initialised once, outside the hotplug lock. Nothing is looked up later: get_user_pages() stopped to ask for the
/// pgmap in 6.17, and that is the state modelled.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_memremap_xarray(const DesignSpec& spec);

}  // namespace farfault
