/// Policies of plug-ins, wrapped: what they throw, and what breaks the rules of their interface, ends the run with an
/// error that names plug-in and policy. Calls are passed on as they are.
#pragma once

#include <string>

#include "models/policies/registry.h"

namespace farfault {

/// Whose policy it is, for messages.
struct PolicyOrigin {
  std::string plugin;  ///< path of the file as the user gave it
  std::string slot;    ///< "eviction"
  std::string policy;  ///< "mru"
};

/// The same policy, whose factory makes guarded ones. Factory and policies throw RunError, "plug-in x.so: eviction
/// policy "mru" threw: ...", where what they call throws or answers what its interface rules out, and where a factory
/// makes none. What farfault itself throws on the way passes. REQUIRES: info.make is not empty.
PolicyInfo<PlacementPolicy> guarded(PolicyInfo<PlacementPolicy> info, const PolicyOrigin& origin);
PolicyInfo<Prefetcher> guarded(PolicyInfo<Prefetcher> info, const PolicyOrigin& origin);
PolicyInfo<EvictionPolicy> guarded(PolicyInfo<EvictionPolicy> info, const PolicyOrigin& origin);
PolicyInfo<ThrashingGuard> guarded(PolicyInfo<ThrashingGuard> info, const PolicyOrigin& origin);

}  // namespace farfault
