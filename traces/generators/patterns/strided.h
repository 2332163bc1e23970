/// Every so many bytes, once or several times through the footprint: one page each, one block each, one set of a cache.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo strided_generator();

}  // namespace farfault::traces
