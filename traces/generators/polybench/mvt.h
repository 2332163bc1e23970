/// PolyBench's mvt: x1 += A y1 and x2 += A^T y2.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo mvt_generator();

}  // namespace farfault::traces
