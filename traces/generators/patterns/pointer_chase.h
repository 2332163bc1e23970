/// A random cycle through all nodes of the footprint, each access after the one before: latency, nothing else.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo pointer_chase_generator();

}  // namespace farfault::traces
