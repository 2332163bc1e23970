/// A tiled matrix product, as BLAS libraries for devices make it, alone or batched.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo tiled_gemm_generator();

}  // namespace farfault::traces
