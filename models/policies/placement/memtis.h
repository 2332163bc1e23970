/// Promotion by a histogram of hotness whose threshold fits the device's memory, after MEMTIS (Lee et al., SOSP 2023):
/// samples of accesses count up regions, an exponential histogram of the counts gives the lowest bin such that all
/// regions from it on fit, and regions that are at least so hot are brought. Counts are halved every so many samples.
/// What was never seen before comes while there is room. Left out: splitting huge pages by skew, and demotion ahead of
/// need, which is the eviction slot's (reserve).
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

struct MemtisParameters {
  Bytes granularity = kBlockSize;               ///< of a region: 4 KiB, 64 KiB or 2 MiB
  std::uint64_t sample_period = 199;            ///< accesses for each sample; >= 1
  std::uint64_t cooling = 2'000'000;            ///< samples after which counts are halved; >= 1
  SimTime period = SimTime::milliseconds(500);  ///< between promotions; > 0
};

std::unique_ptr<PlacementPolicy> make_memtis(const MemtisParameters& parameters);

}  // namespace farfault
