/// z = x + a * y over vectors of floats, one launch: the triad of the managed benchmarks of a GPU simulator's suite.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo stream_triad_generator();

}  // namespace farfault::traces
