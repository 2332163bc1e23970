/// HPC Challenge RandomAccess: giga-updates per second of random places of a table.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo gups_generator();

}  // namespace farfault::traces
