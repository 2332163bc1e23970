/// One word of every page, each by a thread of its own, in order or in random order: as many far faults as there are
/// pages, and nothing else.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo page_touch_generator();

}  // namespace farfault::traces
