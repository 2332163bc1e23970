/// Rodinia's backprop: one training step of a neural network with one hidden layer of 16 units. Weights are streamed
/// through twice; the CPU works in between.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo backprop_generator();

}  // namespace farfault::traces
