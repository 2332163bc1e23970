/// Hardware-like samples of a device's accesses, for placement policies that look for hot pages.
#pragma once

#include <cstdint>

#include "models/driver/residency_map.h"
#include "models/policies/placement/placement_policy.h"
#include "traces/access.h"

namespace farfault {

/// Every n-th access of a device that hits, as PEBS counts retired loads; one for all streams of the device. Periods
/// are drawn between n / 2 and 3 n / 2, or accesses that repeat with the period would be all that is seen.
class Sampler {
 public:
  /// Borrows the policy and the map. REQUIRES: period >= 1.
  Sampler(PlacementPolicy& policy, const ResidencyMap& residency, DeviceId device, std::uint64_t period,
          std::uint64_t seed)
      : policy_(policy), residency_(residency), device_(device), period_(period), seed_(seed) {
    draw();
  }

  /// Accesses that were run.
  void pass(const traces::Access* first, const traces::Access* end, SimTime now) {
    while (static_cast<std::uint64_t>(end - first) > left_) {
      first += left_;
      sample(VirtualAddress(first->address), now);
      ++first;
      draw();
    }
    left_ -= static_cast<std::uint64_t>(end - first);
  }
  std::uint64_t samples() const { return samples_; }

 private:
  void sample(VirtualAddress address, SimTime now);
  void draw();

  PlacementPolicy& policy_;
  const ResidencyMap& residency_;
  DeviceId device_;
  std::uint64_t period_;
  std::uint64_t seed_;
  std::uint64_t left_ = 0;  // accesses before the next sample
  std::uint64_t samples_ = 0;
};

}  // namespace farfault
