#include "models/policies/placement/oracle.h"

namespace farfault {
namespace {

class OraclePlacement final : public PlacementPolicy {
 public:
  std::string_view name() const override { return "oracle/1"; }
  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    return fault.room ? Placement::kMigrate : Placement::kIfWorth;
  }
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_oracle_placement() { return std::make_unique<OraclePlacement>(); }

}  // namespace farfault
