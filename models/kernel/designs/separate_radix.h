/// Device memory as Linux 4.14 to 4.20 registered it (mm/hmm.c, hmm_devmem_pages_create()): a radix tree of its own
/// with one entry for each 128 MiB section, physical addresses from the top of the address space downwards, struct
/// pages without a linear map (add_pages()), visited twice (to 4.19). Fault, migration and free reach the device
/// through page->pgmap and never read the tree. Persistent memory has another tree (kernel/memremap.c), here with an
/// entry for each section, too; that one stored aligned runs of sections as one entry since 4.14, which is left out.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_separate_radix(const DesignSpec& spec);

}  // namespace farfault
