/// Rodinia's hotspot: an iterated two-dimensional stencil whose blocks overlap (pyramids of several steps a launch).
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo hotspot_generator();

}  // namespace farfault::traces
