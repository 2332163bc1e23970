/// The tree prefetcher of NVIDIA's unified-memory driver (open-gpu-kernel-modules 595.45.04, uvm_perf_prefetch.c; also
/// Ganguly et al., ISCA 2019). A fault grows to its 64 KiB; then, for each, the largest aligned power-of-two piece of
/// the 2 MiB block that is more than `threshold` occupied (resident or coming) is filled. Never crosses the block.
///
/// Pages that the thrashing guard names do not come beside others, and no 64 KiB with such pages fills up. Nothing
/// comes beside faults in a block until `minimum_faults` faulted pages of it have gone to this processor since another
/// had its turn (prefetch_info.fault_migrations_to_last_proc).
///
/// Where only part of a block is mapped, a piece's size counts its mapped pages alone, as the driver clamps its tree to
/// the range.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

/// `threshold_percent` in 0..100; a piece is taken if occupied x 100 > size x threshold.
std::unique_ptr<Prefetcher> make_tree_prefetcher(unsigned threshold_percent, std::uint64_t minimum_faults = 1);

}  // namespace farfault
