/// Promotion by hint faults, as Linux does between memory tiers (NUMA balancing with memory tiering: task_numa_work()
/// and should_numa_migrate_memory() in kernel/sched/fair.c, v6.12). What the device reaches over the link is unmapped
/// bit by bit; a page that faults soon after is hot and migrates, another one is mapped again. What was never seen
/// before comes while there is room.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/placement/placement_policy.h"

namespace farfault {

struct NumaBalancingParameters {
  SimTime scan_period = SimTime::milliseconds(1000);
  Bytes scan_size = Bytes::mib(256);                                        ///< that is unmapped each period
  SimTime hot_threshold = SimTime::milliseconds(1000);                      ///< from unmapped to faulted
  Bandwidth rate_limit = Bandwidth::bytes_per_second(65536.0 * 1048576.0);  ///< of what is promoted, second by second
};

std::unique_ptr<PlacementPolicy> make_numa_balancing(const NumaBalancingParameters& parameters);

}  // namespace farfault
