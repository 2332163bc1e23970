#include "models/kernel/kernel_design.h"

#include <algorithm>
#include <array>

namespace farfault {

std::string_view reason_name(LookupReason reason) {
  constexpr std::array<std::string_view, kLookupReasonCount> kNames = {"collect", "cpu_fault", "zap", "fork", "gup"};
  return kNames[static_cast<std::size_t>(reason)];
}

AddedMemory add_memory(MemorySetup& setup, KernelDesign& design, std::span<const Bytes> device_memory) {
  AddedMemory added;
  for (const PmemSpec& pmem : setup.spec().pmem) added.pmem += design.add_pmem(setup, pmem.capacity.value);
  for (std::size_t i = 0; i < device_memory.size(); ++i) {
    const MetadataFigures one = design.add_device(setup, DeviceId(static_cast<std::uint32_t>(i)), device_memory[i]);
    added.devices += one;
    added.parallel_setup =
        std::max(added.parallel_setup, added.devices.hotplug_lock_time + (one.setup_time - one.hotplug_lock_time));
  }
  return added;
}

}  // namespace farfault
