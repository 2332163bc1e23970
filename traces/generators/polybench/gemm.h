/// PolyBench's gemm: C = beta C + alpha A B, without tiling.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo gemm_generator();

}  // namespace farfault::traces
