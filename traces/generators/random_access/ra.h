/// The random access benchmark ra of the UVMSmart suite.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo ra_generator();

}  // namespace farfault::traces
