/// y = x + y over vectors of floats: the simplest kernel.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo vecadd_generator();

}  // namespace farfault::traces
