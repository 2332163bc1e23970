/// All of a fault's 2 MiB block: what a driver that knows no smaller unit brings.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

std::unique_ptr<Prefetcher> make_whole_block();

}  // namespace farfault
