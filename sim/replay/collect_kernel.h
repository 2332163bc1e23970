/// The figures of the kernel's part of a run.
#pragma once

#include "models/machine.h"
#include "sim/core/statistics.h"

namespace farfault {

/// Adds metadata.*, kernel.*, staging.* and their distributions; zeros where there is no kernel (managed memory), so
/// that every run has the same names. `devices` is the sum over devices.
void collect_kernel(const Machine& machine, const DeviceCounters& devices, Statistics& out);

}  // namespace farfault
