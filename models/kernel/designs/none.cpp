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

  TreeCost tree_cost() const override { return pgmaps_.cost(); }

 private:
  DesignSpec spec_;
  PgmapArray pgmaps_;
};

}  // namespace

std::unique_ptr<KernelDesign> make_none(const DesignSpec& spec) { return std::make_unique<NoDeviceMemory>(spec); }

}  // namespace farfault
