/// PolyBench's atax: y = A^T (A x).
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo atax_generator();

}  // namespace farfault::traces
