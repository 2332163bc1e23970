#include "models/policies/registry.h"

namespace farfault {

void register_policies(PolicyRegistry& registry) {
  register_placement(registry.placement);
  register_prefetch(registry.prefetch);
  register_eviction(registry.eviction);
  register_thrashing(registry.thrashing);
}

}  // namespace farfault
