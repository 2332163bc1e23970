/// Device memory as Linux 4.14 to 4.20 registered it (mm/hmm.c, hmm_devmem_radix): a radix tree of its own with one
/// entry for each 128 MiB section, physical addresses taken from the top of the address space downwards, struct pages
/// without a linear map (add_pages). Fault, migration and free reach the device through page->pgmap and never read the
/// tree.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_separate_radix(const DesignSpec& spec);

}  // namespace farfault
