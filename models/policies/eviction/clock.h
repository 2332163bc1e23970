/// CLOCK, or second chance (Corbato, 1968): a hand goes around the chunks in the order in which they came; one that was
/// hit since the hand passed it last is passed once more, the first other one leaves. New ones come behind the hand.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_clock(Bytes granularity);

}  // namespace farfault
