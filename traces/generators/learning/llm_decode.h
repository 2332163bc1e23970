/// A large language model that makes tokens: weights layer by layer, a paged cache of keys and values.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo llm_decode_generator();

}  // namespace farfault::traces
