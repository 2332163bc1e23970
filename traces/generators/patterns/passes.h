/// Cyclic passes over one array that may be larger than the device: a benchmark of oversubscription.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo passes_generator();

}  // namespace farfault::traces
