#include "models/policies/placement/migrate_on_fault.h"

namespace farfault {
namespace {

class MigrateOnFault final : public PlacementPolicy {
 public:
  std::string_view name() const override { return "migrate_on_fault/1"; }
  Placement on_fault(const PlacementFault& /*fault*/, SimTime /*now*/) override { return Placement::kMigrate; }
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_migrate_on_fault() { return std::make_unique<MigrateOnFault>(); }

}  // namespace farfault
