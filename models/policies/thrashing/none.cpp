#include "models/policies/thrashing/none.h"

namespace farfault {
namespace {

class NoThrashingGuard final : public ThrashingGuard {
 public:
  std::string_view name() const override { return "none/1"; }
  PageMask hold(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) override {
    return {};
  }
  void on_left(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*pages*/, Departure /*why*/,
               SimTime /*now*/) override {}
};

}  // namespace

std::unique_ptr<ThrashingGuard> make_no_thrashing_guard() { return std::make_unique<NoThrashingGuard>(); }

}  // namespace farfault
