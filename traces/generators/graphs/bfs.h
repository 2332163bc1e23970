/// Rodinia's breadth-first search, level by level.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo bfs_generator();

}  // namespace farfault::traces
