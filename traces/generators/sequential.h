/// Front to back, once or several times: a stream, the prefetcher's best case.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo sequential_generator();

}  // namespace farfault::traces
