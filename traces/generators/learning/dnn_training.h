/// Training of a deep network: forward, backward and the optimiser, layer by layer.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo dnn_training_generator();

}  // namespace farfault::traces
