/// The CPU and the device take turns over the same range: every turn moves it.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo ping_pong_generator();

}  // namespace farfault::traces
