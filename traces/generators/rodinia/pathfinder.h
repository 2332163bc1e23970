/// Rodinia's pathfinder: dynamic programming row by row over a wide matrix, several rows a launch.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo pathfinder_generator();

}  // namespace farfault::traces
