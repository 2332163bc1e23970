/// Rodinia's nw (Needleman-Wunsch): tiles of 16 x 16 along the diagonals of a matrix, one launch a diagonal.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo nw_generator();

}  // namespace farfault::traces
