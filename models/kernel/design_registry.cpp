#include "models/kernel/design_registry.h"

#include "models/kernel/designs/device_coherent.h"
#include "models/kernel/designs/devm_memremap_pages.h"
#include "models/kernel/designs/driver_vma.h"
#include "models/kernel/designs/memremap_xarray.h"
#include "models/kernel/designs/none.h"
#include "models/kernel/designs/off_pfn_maple.h"
#include "models/kernel/designs/separate_radix.h"

namespace farfault {

void register_designs(Registry<DesignInfo>& registry) {
  registry.add({"devm_memremap_pages",
                "Device memory on the path of persistent memory: one radix tree for both, linear map, two passes.",
                "counterfactual: HMM patches of 2016 on Linux 4.9/4.10, kernel/memremap.c", make_devm_memremap_pages});
  registry.add(
      {"separate_radix",
       "Struct pages for device memory, a radix tree of its own, no linear map; every migration runs migrate_vma.",
       "Linux 4.14-4.20, mm/hmm.c and mm/migrate.c", make_separate_radix});
  registry.add({"memremap_xarray",
                "As the kernel does today: one range in an xarray, no linear map, struct pages made outside the lock.",
                "Linux 5.3 and later, mm/memremap.c", make_memremap_xarray});
  registry.add({"off_pfn_maple",
                "Device pages without physical addresses: a maple tree of ranges that every device entry is looked up "
                "in.",
                "proposal on the kernel lists, November 2025 to February 2026", make_off_pfn_maple});
  registry.add({"device_coherent",
                "Memory that CPUs address, too: linear map, direct access over the link, short pins stay.",
                "Linux 6.0 and later, mm/memremap.c (MEMORY_DEVICE_COHERENT)", make_device_coherent});
  registry.add({"driver_vma", "A device file and a library instead of struct pages: the rest is copied.",
                "drivers with VM_PFNMAP mappings", make_driver_vma});
  registry.add({"none", "No device memory in the kernel: the device reaches memory over the link.",
                "the baseline of the others", make_none});
}

}  // namespace farfault
