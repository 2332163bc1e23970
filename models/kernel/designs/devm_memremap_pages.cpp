#include "models/kernel/designs/devm_memremap_pages.h"

#include "models/kernel/designs/section_radix.h"

namespace farfault {
namespace {

class DevmMemremapPages final : public KernelDesign {
 public:
  explicit DevmMemremapPages(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "devm_memremap_pages"; }
  DesignRules rules() const override { return device_private_rules(); }

  MetadataFigures add_device(MemorySetup& setup, DeviceId device, Bytes capacity) override {
    refuse_altmap(spec_, name(), "no CPU can address it");
    const std::string owner = device_name(device);
    const PhysicalRange range = take_highest(setup, PhysicalUse::kDevice, capacity, owner);
    const ZoneDevice how{.init = MemmapInit::kTwoPasses, .memmap = spec_.memmap, .linear_map = spec_.linear_map};
    MetadataFigures figures = add_zone_device(setup, spec_, range, how, owner);
    radix_.add(setup, range, device.value(), SectionRadix::AltmapLookups::kPerSection, figures);
    return figures;
  }

  MetadataFigures add_pmem(MemorySetup& setup, Bytes capacity) override {
    return pmem_.add(setup, spec_, capacity, radix_, SectionRadix::AltmapLookups::kPerSection);
  }

  SimTime hold_pmem(std::uint64_t first_page, std::uint64_t pages) override {
    return pmem_.hold(radix_, first_page, pages);
  }

  TreeCost tree_cost() const override { return radix_.cost(); }

 private:
  DesignSpec spec_;
  SectionRadix radix_;  // of devices and persistent memory
  PmemInRadix pmem_;
};

}  // namespace

std::unique_ptr<KernelDesign> make_devm_memremap_pages(const DesignSpec& spec) {
  return std::make_unique<DevmMemremapPages>(spec);
}

}  // namespace farfault
