/// Migrate or access remotely, block by block, by a threshold that rises with pressure and with a block's round trips
/// (Ganguly et al., DATE 2020, "Adaptive page migration for irregular data-intensive applications under GPU memory
/// oversubscription"): with memory to spare, ts x used + 1 accesses over the link bring a block; without,
/// ts x (round trips + 1) x penalty do.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

struct AdaptiveParameters {
  Bytes granularity = Bytes::kib(64);  ///< of a block: 64 KiB or 2 MiB
  std::uint64_t threshold = 8;         ///< ts, accesses; also the step in which they are counted; >= 1
  std::uint64_t penalty = 8;           ///< p; >= 1
};

std::unique_ptr<PlacementPolicy> make_adaptive(const AdaptiveParameters& parameters);

}  // namespace farfault
