/// PolyBench's fdtd-2d: finite differences in the time domain, in two dimensions.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo fdtd2d_generator();

}  // namespace farfault::traces
