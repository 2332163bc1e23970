#include "models/kernel/designs/separate_radix.h"

#include "models/kernel/designs/section_radix.h"

namespace farfault {
namespace {

class SeparateRadix final : public KernelDesign {
 public:
  explicit SeparateRadix(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "separate_radix"; }
  DesignRules rules() const override { return device_private_rules(); }

  MetadataFigures add_device(MemorySetup& setup, DeviceId device, Bytes capacity) override {
    refuse_linear_map(spec_, name(), "it adds device memory with add_pages() alone");
    refuse_altmap(spec_, name(), "no CPU can address it");
    const std::string owner = device_name(device);
    const PhysicalRange range = take_highest(setup, PhysicalUse::kDevice, capacity, owner);
    const ZoneDevice how{.init = MemmapInit::kTwoPasses, .memmap = spec_.memmap};
    MetadataFigures figures = add_zone_device(setup, spec_, range, how, owner);
    devices_.add(setup, range, device.value(), SectionRadix::AltmapLookups::kNone, figures);
    return figures;
  }

  MetadataFigures add_pmem(MemorySetup& setup, Bytes capacity) override {
    return pmem_.add(setup, spec_, capacity, pgmaps_, SectionRadix::AltmapLookups::kNone);
  }

  SimTime hold_pmem(std::uint64_t first_page, std::uint64_t pages) override {
    return pmem_.hold(pgmaps_, first_page, pages);
  }

  TreeCost tree_cost() const override { return devices_.cost() + pgmaps_.cost(); }

 private:
  DesignSpec spec_;
  SectionRadix devices_;  // hmm_devmem_radix
  SectionRadix pgmaps_;   // pgmap_radix
  PmemInRadix pmem_;
};

}  // namespace

std::unique_ptr<KernelDesign> make_separate_radix(const DesignSpec& spec) {
  return std::make_unique<SeparateRadix>(spec);
}

}  // namespace farfault
