/// The policies that a scenario may name, slot by slot. Filled by register_policies(); there is no global one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/policies/eviction/eviction_policy.h"
#include "models/policies/placement/placement_policy.h"
#include "models/policies/prefetch/prefetcher.h"
#include "models/policies/thrashing/thrashing_guard.h"
#include "sim/core/parameters.h"
#include "sim/core/registry.h"

namespace farfault {

/// One policy of a slot: what `list` and `describe` print, and how it is made.
template <class Interface>
struct PolicyInfo {
  std::string name;     ///< as configs write it, "lru"
  std::string version;  ///< "lru/1"; the number rises when decisions can change
  std::string summary;  ///< one sentence
  std::string source;   ///< paper or driver file
  std::vector<ParameterInfo> parameters;
  /// The parameters are complete and in range. `seed` is the run's, for policies that draw.
  std::function<std::unique_ptr<Interface>(const Parameters& parameters, std::uint64_t seed)> make;
};

struct PolicyRegistry {
  Registry<PolicyInfo<PlacementPolicy>> placement;
  Registry<PolicyInfo<Prefetcher>> prefetch;
  Registry<PolicyInfo<EvictionPolicy>> eviction;
  Registry<PolicyInfo<ThrashingGuard>> thrashing;
};

/// Registers every policy that farfault ships.
void register_policies(PolicyRegistry& registry);
/// Those of one slot: registration.cpp of its folder.
void register_placement(Registry<PolicyInfo<PlacementPolicy>>& registry);
void register_prefetch(Registry<PolicyInfo<Prefetcher>>& registry);
void register_eviction(Registry<PolicyInfo<EvictionPolicy>>& registry);
void register_thrashing(Registry<PolicyInfo<ThrashingGuard>>& registry);

}  // namespace farfault
