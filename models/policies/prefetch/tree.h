/// The tree prefetcher of NVIDIA's unified-memory driver (open-gpu-kernel-modules 595.45.04, uvm_perf_prefetch.c; also
/// Ganguly et al., ISCA 2019). A fault grows to its 64 KiB; then, for each, the largest aligned power-of-two piece of
/// the 2 MiB block that is more than `threshold` occupied (resident or coming) is filled. Never crosses the block.
///
/// Where only part of a block is mapped, a piece's size counts its mapped pages alone, as the driver clamps its tree to
/// the range.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

/// `threshold_percent` in 0..100; a piece is taken if occupied x 100 > size x threshold.
std::unique_ptr<Prefetcher> make_tree_prefetcher(unsigned threshold_percent);

}  // namespace farfault
