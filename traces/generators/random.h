/// Uniformly random places: no locality at all.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo random_generator();

}  // namespace farfault::traces
