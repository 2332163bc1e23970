#include "models/policies/placement/advice.h"

namespace farfault {
namespace {

class Advice final : public PlacementPolicy {
 public:
  std::string_view name() const override { return "advice/1"; }
  bool heeds_advice() const override { return true; }
  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    const PageAdvice& advice = fault.advice;
    if (advice.read_mostly && !fault.write) return Placement::kDuplicate;
    if (advice.preferred) {
      const std::size_t here = fault.device.value() + std::size_t{1};
      return *advice.preferred == here ? Placement::kMigrate : Placement::kMapRemote;
    }
    return advice.accessed_by ? Placement::kMapRemote : Placement::kMigrate;
  }
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_advice() { return std::make_unique<Advice>(); }

}  // namespace farfault
