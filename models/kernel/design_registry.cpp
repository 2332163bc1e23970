#include "models/kernel/design_registry.h"

#include "models/kernel/designs/separate_radix.h"

namespace farfault {

void register_designs(Registry<DesignInfo>& registry) {
  registry.add(
      {"separate_radix",
       "Struct pages for device memory, a radix tree of its own, no linear map; every migration runs migrate_vma.",
       "Linux 4.14-4.20, mm/hmm.c and mm/migrate.c", [](const DesignSpec& spec) { return make_separate_radix(spec); }});
}

}  // namespace farfault
