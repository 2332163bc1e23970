/// PolyBench's 2dconv: a 3 x 3 convolution.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo conv2d_generator();

}  // namespace farfault::traces
