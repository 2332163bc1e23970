/// Gauss-Seidel sweeps over a grid in place, in order on the CPU or by wavefronts on a device.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo gauss_seidel_generator();

}  // namespace farfault::traces
