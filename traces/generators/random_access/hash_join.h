/// A hash join without partitioning: builds a table from R and probes it with S.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo hash_join_generator();

}  // namespace farfault::traces
