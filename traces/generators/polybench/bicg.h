/// PolyBench's bicg: s = A^T r and q = A p, the kernel of the biconjugate gradient method.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo bicg_generator();

}  // namespace farfault::traces
