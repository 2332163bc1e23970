/// All of the mapping around a fault: what a program gets that copies its arrays ahead of each kernel.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

/// The block of the fault comes with it, the rest of the mapping when no fault waits, from the fault on and then from
/// its beginning. Where the trace tells of no mapping, the block is all there is.
std::unique_ptr<Prefetcher> make_whole_allocation();

}  // namespace farfault
