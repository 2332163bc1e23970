/// Adaptive granularity: a block that comes back soon after it left brings less beside each fault, first no more than
/// the 64 KiB around it, then nothing; one that has been calm for a while goes one step back. The steps are the sizes
/// that the production driver knows (4 KiB, 64 KiB, 2 MiB); the rule is this project's own.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/thrashing/thrashing_guard.h"

namespace farfault {

struct AdaptiveGranularityParameters {
  SimTime lapse = SimTime::microseconds(500);  ///< from leaving to faulting again that counts as a bounce
  std::uint64_t bounces = 2;                   ///< that make a block smaller; >= 1
  SimTime calm = SimTime::milliseconds(5);     ///< without a bounce, after which it grows
};

std::unique_ptr<ThrashingGuard> make_adaptive_granularity(const AdaptiveGranularityParameters& parameters);

}  // namespace farfault
