/// PageRank by pulling along incoming edges, on a Graph500 graph.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo pagerank_generator();

}  // namespace farfault::traces
