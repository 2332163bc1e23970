/// BabelStream: the STREAM kernels for devices, over doubles.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo stream_generator();

}  // namespace farfault::traces
