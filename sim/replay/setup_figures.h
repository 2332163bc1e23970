/// What a kernel design's bookkeeping takes for device memory of any size, without a run.
#pragma once

#include "sim/config/catalogue.h"
#include "sim/config/run_spec.h"
#include "sim/core/statistics.h"
#include "sim/core/units.h"

namespace farfault {

/// The metadata.* figures of the spec's design when each device of its platform has that much memory, and
/// metadata.pmem.* where there is persistent memory: exactly what the set-up of a run does. Throws InputError where no
/// physical addresses are left for it, the design cannot have what the spec asks for, the platform has no device, or
/// the size is zero or above kMostDeviceMemory.
Statistics setup_figures(const RunSpec& spec, const Catalogue& catalogue, Bytes device_capacity);

/// Adds the memory of the spec's platform as a run would, so that what cannot be added is known without one. Nothing
/// with managed memory. Throws InputError as setup_figures() does.
void check_setup(const RunSpec& spec, const Catalogue& catalogue);

}  // namespace farfault
