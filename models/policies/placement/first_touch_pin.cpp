#include "models/policies/placement/first_touch_pin.h"

namespace farfault {
namespace {

class FirstTouchPin final : public PlacementPolicy {
 public:
  std::string_view name() const override { return "first_touch_pin/1"; }
  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    return fault.room && !fault.elsewhere ? Placement::kMigrate : Placement::kMapRemote;
  }
  bool prefetch_evicts() const override { return false; }
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_first_touch_pin() { return std::make_unique<FirstTouchPin>(); }

}  // namespace farfault
