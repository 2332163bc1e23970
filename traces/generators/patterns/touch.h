/// An explicit list of places in every 2 MiB block, touched one after another: what a prefetcher makes of it.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo touch_generator();

}  // namespace farfault::traces
