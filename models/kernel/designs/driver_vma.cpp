#include "models/kernel/designs/driver_vma.h"

#include "models/kernel/designs/pgmap_array.h"
#include "models/kernel/designs/zone_device.h"
#include "models/kernel/library.h"

namespace farfault {
namespace {

class DriverVma final : public KernelDesign {
 public:
  explicit DriverVma(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "driver_vma"; }

  DesignRules rules() const override {
    return DesignRules{
        .cpu_access = spec_.library.bar == BarAccess::kMapped ? CpuAccess::kBar : CpuAccess::kFail,
        .gup = GupRule::kFail,
        .migration = DeviceMigration::kDriver,
        .reachable = kMirroredKinds,  // by a copy, where the library did not allocate it
        .movable = kLibraryKinds,
    };
  }

  MetadataFigures add_device(MemorySetup& /*setup*/, DeviceId /*device*/, Bytes /*capacity*/) override {
    refuse_linear_map(spec_, name(), "the kernel does not know its memory");
    refuse_altmap(spec_, name(), "it has no struct pages");
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

std::unique_ptr<KernelDesign> make_driver_vma(const DesignSpec& spec) { return std::make_unique<DriverVma>(spec); }

}  // namespace farfault
