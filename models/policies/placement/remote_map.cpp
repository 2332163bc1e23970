#include "models/policies/placement/remote_map.h"

namespace farfault {
namespace {

class RemoteMap final : public PlacementPolicy {
 public:
  std::string_view name() const override { return "remote_map/1"; }
  Placement on_fault(const PlacementFault& /*fault*/, SimTime /*now*/) override { return Placement::kMapRemote; }
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_remote_map() { return std::make_unique<RemoteMap>(); }

}  // namespace farfault
