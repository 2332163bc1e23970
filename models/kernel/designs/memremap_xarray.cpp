#include "models/kernel/designs/memremap_xarray.h"

#include "models/kernel/designs/pgmap_array.h"

namespace farfault {
namespace {

class MemremapXarray final : public KernelDesign {
 public:
  explicit MemremapXarray(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "memremap_xarray"; }
  DesignRules rules() const override { return device_private_rules(); }

  MetadataFigures add_device(MemorySetup& setup, DeviceId device, Bytes capacity) override {
    refuse_linear_map(spec_, name(), "it adds device-private memory with add_pages() alone");
    refuse_altmap(spec_, name(), "no CPU can address it");
    const std::string owner = device_name(device);
    const PhysicalRange range = take_highest(setup, PhysicalUse::kDevice, capacity, owner);
    const ZoneDevice how{.init = MemmapInit::kOutsideLock, .memmap = spec_.memmap};
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

std::unique_ptr<KernelDesign> make_memremap_xarray(const DesignSpec& spec) {
  return std::make_unique<MemremapXarray>(spec);
}

}  // namespace farfault
