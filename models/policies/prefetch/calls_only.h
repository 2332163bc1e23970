/// What the program itself asks for (prefetch events of the trace, as cudaMemPrefetchAsync), and nothing beside faults.
/// All other prefetchers but `none` heed the program's calls too.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

std::unique_ptr<Prefetcher> make_calls_only();

}  // namespace farfault
