/// A mixture of experts whose weights do not fit the device: each token reads the experts it is sent to.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo moe_generator();

}  // namespace farfault::traces
