/// Device memory put on the path of persistent memory as it was in Linux 4.9 and 4.10 (kernel/memremap.c,
/// devm_memremap_pages()): a counterfactual, which the HMM patches of the time proposed. One radix tree for both, an
/// entry for each 128 MiB section; struct pages visited twice; the hotplug lock held for linear map and memmap. The
/// linear map is the one of the spec: "none" is the flag of the 2017 patches. Device memory lies as high as possible.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_devm_memremap_pages(const DesignSpec& spec);

}  // namespace farfault
