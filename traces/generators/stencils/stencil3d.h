/// Parboil's stencil: a 7-point Jacobi iteration in three dimensions; blocks march through the planes.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo stencil3d_generator();

}  // namespace farfault::traces
