/// Rodinia's srad (version 2): a two-dimensional stencil in two kernels, with the CPU's statistics of a part of the
/// image in every iteration.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo srad_generator();

}  // namespace farfault::traces
