/// The product of a sparse matrix in compressed rows and a vector.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo spmv_generator();

}  // namespace farfault::traces
