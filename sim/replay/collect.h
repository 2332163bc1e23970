/// From a machine that has run to named figures.
#pragma once

#include <memory>
#include <vector>

#include "models/machine.h"
#include "sim/core/statistics.h"
#include "sim/replay/front_end.h"

namespace farfault {

/// Every figure of a run that lasted `total`. Throws RunError if the lanes' time categories do not add up to it.
Statistics collect(const Machine& machine, const std::vector<std::unique_ptr<FrontEnd>>& front_ends, SimTime total);

}  // namespace farfault
