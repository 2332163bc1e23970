#include "models/kernel/designs/none.h"

#include "models/kernel/designs/pgmap_array.h"

namespace farfault {
namespace {

class NoDeviceMemory final : public KernelDesign {
 public:
  explicit NoDeviceMemory(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "none"; }

  DesignRules rules() const override {
    DesignRules rules = device_private_rules();
    rules.migration = DeviceMigration::kNone;
    rules.movable = 0;
    return rules;
  }

  MetadataFigures add_device(MemorySetup& /*setup*/, DeviceId /*device*/, Bytes /*capacity*/) override {
    refuse_linear_map(spec_, name(), "it adds no memory");
    refuse_altmap(spec_, name(), "it adds no memory");
    return {};
  }

  MetadataFigures add_pmem(MemorySetup& setup, Bytes capacity) override {
    return pgmaps_.add_pmem(setup, spec_, capacity);
  }

  SimTime look_up(LookupReason /*reason*/, DeviceId /*device*/, std::uint64_t /*first_frame*/,
                  std::uint64_t /*entries*/) override {
    return SimTime::zero();
  }
  SimTime hold_pmem(std::uint64_t /*first_page*/, std::uint64_t /*pages*/) override {
    return SimTime::zero();  // as memremap_xarray
  }

 private:
  DesignSpec spec_;
  PgmapArray pgmaps_;
};

}  // namespace

std::unique_ptr<KernelDesign> make_none(const DesignSpec& spec) { return std::make_unique<NoDeviceMemory>(spec); }

}  // namespace farfault
