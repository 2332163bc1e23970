/// A few pages get most of the accesses, by Zipf's law: caches and key-value stores.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo zipf_generator();

}  // namespace farfault::traces
