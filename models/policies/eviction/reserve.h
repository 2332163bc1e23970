/// A reserve of free memory, made in the background: chunks leave by another policy's order before anybody needs the
/// room, so that faults seldom wait for copies to the host. As kswapd does between watermarks (mm/vmscan.c,
/// balance_pgdat()), and as page-eviction threads of research drivers (Li et al., ASPLOS 2019, "A framework for memory
/// oversubscription management in graphics processing units": proactive eviction).
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: order; 0 <= low <= high <= 1.
std::unique_ptr<EvictionPolicy> make_reserve(std::unique_ptr<EvictionPolicy> order, const FreeReserve& reserve);

}  // namespace farfault
