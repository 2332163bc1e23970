/// Tree-based pre-eviction (TBNe; Ganguly et al., ISCA 2019): the mirror image of the tree prefetcher. A 64 KiB chunk
/// leaves by LRU; then, going up the binary tree over its 2 MiB block, each piece that is less than `threshold`
/// occupied loses the rest of what it has.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// `threshold_percent` in 0..100: a piece goes if what is left x 100 < size x threshold.
std::unique_ptr<EvictionPolicy> make_tree_eviction(unsigned threshold_percent);

}  // namespace farfault
