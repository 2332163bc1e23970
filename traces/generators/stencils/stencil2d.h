/// A plain 5-point Jacobi iteration in two dimensions: one thread a cell, two arrays that change roles.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo stencil2d_generator();

}  // namespace farfault::traces
