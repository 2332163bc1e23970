/// LFU: the chunk that was accessed least often since it came leaves; among equals the one whose last access is longest
/// ago. With ageing (LFU with dynamic ageing; Arlitt et al., 2000) an access lifts a chunk to its count plus the rank
/// of the last one that left, so that counts of long ago lose their weight.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
std::unique_ptr<EvictionPolicy> make_lfu(Bytes granularity, bool ageing);

}  // namespace farfault
