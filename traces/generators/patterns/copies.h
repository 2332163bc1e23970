/// Explicit copies between host and device, one after the other: what times a link and its copy engines.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo copies_generator();

}  // namespace farfault::traces
