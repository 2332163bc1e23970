#include "sim/replay/setup_figures.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/kernel/kernel_design.h"
#include "models/kernel/memory_setup.h"
#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/replay/metadata.h"

namespace farfault {
namespace {

void check(const RunSpec& spec, Bytes device_capacity) {
  if (spec.platform.devices.empty()) {
    throw InputError(Diagnostic{.pointer = "/platform/devices",
                                .problem = "the platform has no device, so there is no memory to add",
                                .remedy = "choose another with --set platform=NAME (farfault list platforms)"});
  }
  if (device_capacity == Bytes() || device_capacity > kMostDeviceMemory) {
    throw InputError(Diagnostic{.problem = "device memory of " + format_exact(device_capacity) + " cannot be added",
                                .remedy = "give it more than nothing, at most " + format_exact(kMostDeviceMemory)});
  }
}

AddedMemory add_memory_of(const RunSpec& spec, const Catalogue& catalogue, const std::vector<Bytes>& capacities) {
  const DesignInfo* const info = catalogue.designs.find(spec.design.kind);
  if (info == nullptr) throw std::logic_error("unknown design " + spec.design.kind);
  MemorySetup setup(spec.kernel, spec.platform.host.memory.capacity.value);
  return add_memory(setup, *info->make(spec.design), capacities);
}

}  // namespace

Statistics setup_figures(const RunSpec& spec, const Catalogue& catalogue, Bytes device_capacity) {
  check(spec, device_capacity);
  const AddedMemory added =
      add_memory_of(spec, catalogue, std::vector<Bytes>(spec.platform.devices.size(), device_capacity));
  Statistics out;
  add_metadata(out, added.devices);
  add_parallel_setup(out, added.parallel_setup);
  if (!spec.kernel.pmem.empty()) add_metadata(out, added.pmem, "metadata.pmem", "persistent memory");
  return out;
}

void check_setup(const RunSpec& spec, const Catalogue& catalogue) {
  if (spec.platform.driver.memory != MemoryBack::kHmm) return;
  std::vector<Bytes> capacities;
  capacities.reserve(spec.platform.devices.size());
  for (const DeviceSpec& device : spec.platform.devices) capacities.push_back(device.memory.capacity.value);
  (void)add_memory_of(spec, catalogue, capacities);
}

}  // namespace farfault
