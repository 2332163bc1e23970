#include "models/policies/placement/access_counters.h"

namespace farfault {
namespace {

class AccessCountersPlacement final : public PlacementPolicy {
 public:
  AccessCountersPlacement(Placement on_fault, const AccessCounting& counting)
      : on_fault_(on_fault), counting_(counting) {}

  std::string_view name() const override { return "access_counters/1"; }
  Placement on_fault(const PlacementFault& /*fault*/, SimTime /*now*/) override { return on_fault_; }
  std::optional<AccessCounting> access_counting() const override { return counting_; }
  PageMask on_notification(const CountedPages& counted, SimTime /*now*/) override { return counted.remote; }

 private:
  Placement on_fault_;
  AccessCounting counting_;
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_access_counters(Placement on_fault, const AccessCounting& counting) {
  return std::make_unique<AccessCountersPlacement>(on_fault, counting);
}

}  // namespace farfault
