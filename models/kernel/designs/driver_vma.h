/// No struct pages: a device file whose mappings the driver fills, and a library that allocates through it. CPUs reach
/// device memory through the BAR, or not at all; get_user_pages() fails on it (VM_PFNMAP); the driver moves what the
/// library allocated, and the rest is copied for it.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_driver_vma(const DesignSpec& spec);

}  // namespace farfault
