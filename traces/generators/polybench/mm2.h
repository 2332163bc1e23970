/// PolyBench's 2mm: C = A B and E = C D.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo mm2_generator();

}  // namespace farfault::traces
