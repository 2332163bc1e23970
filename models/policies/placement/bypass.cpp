#include "models/policies/placement/bypass.h"

namespace farfault {
namespace {

class Bypass final : public PlacementPolicy {
 public:
  explicit Bypass(const AccessCounting& counting) : counting_(counting) {}
  std::string_view name() const override { return "bypass/1"; }
  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    return fault.room ? Placement::kMigrate : Placement::kMapRemote;
  }
  bool prefetch_evicts() const override { return false; }
  std::optional<AccessCounting> access_counting() const override { return counting_; }
  PageMask on_notification(const CountedPages& counted, SimTime /*now*/) override { return counted.remote; }

 private:
  AccessCounting counting_;
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_bypass(const AccessCounting& counting) {
  return std::make_unique<Bypass>(counting);
}

}  // namespace farfault
