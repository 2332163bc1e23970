#include "models/kernel/designs/device_coherent.h"

#include "models/kernel/designs/pgmap_array.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

class DeviceCoherent final : public KernelDesign {
 public:
  explicit DeviceCoherent(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "device_coherent"; }

  DesignRules rules() const override {
    DesignRules rules = device_private_rules();
    rules.cpu_access = CpuAccess::kDirect;
    rules.gup = GupRule::kShortOnly;
    rules.movable |= kinds_of({VmaKind::kFile, VmaKind::kShared, VmaKind::kExecutable});  // as NUMA migration
    return rules;
  }

  MetadataFigures add_device(MemorySetup& setup, DeviceId device, Bytes capacity) override {
    if (spec_.linear_map == LinearMapPages::kNone) {
      throw InputError(Diagnostic{.pointer = "/design/linear_map",
                                  .problem = "device_coherent needs a linear map: the kernel itself reads and writes "
                                             "its pages through it",
                                  .remedy = "write \"4 KiB\", \"2 MiB\" or \"1 GiB\""});
    }
    const std::string owner = device_name(device);
    const PhysicalRange range = take_above_memory(setup, PhysicalUse::kDevice, capacity, owner);
    const ZoneDevice how{.init = MemmapInit::kOutsideLock,
                         .memmap = spec_.memmap,
                         .linear_map = spec_.linear_map,
                         .cpu_addressable = true};
    MetadataFigures figures = add_zone_device(setup, spec_, range, how, owner);
    pgmaps_.add(setup, range, device.value(), figures);
    return figures;
  }

  MetadataFigures add_pmem(MemorySetup& setup, Bytes capacity) override {
    return pgmaps_.add_pmem(setup, spec_, capacity);
  }

  TreeCost tree_cost() const override { return pgmaps_.cost(); }

 private:
  DesignSpec spec_;
  PgmapArray pgmaps_;
};

}  // namespace

std::unique_ptr<KernelDesign> make_device_coherent(const DesignSpec& spec) {
  return std::make_unique<DeviceCoherent>(spec);
}

}  // namespace farfault
