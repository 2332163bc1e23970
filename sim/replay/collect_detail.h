/// Figures of TLBs and caches, and of what CPUs interrupt each other for.
#pragma once

#include "models/machine.h"
#include "sim/core/statistics.h"

namespace farfault {

/// Those of TLBs and caches are there only where they were simulated.
void collect_detail(const Machine& machine, Statistics& out);

}  // namespace farfault
