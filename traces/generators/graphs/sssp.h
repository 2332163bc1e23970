/// Shortest paths from one source, as in the UVMSmart suite: Bellman and Ford's with a frontier.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo sssp_generator();

}  // namespace farfault::traces
