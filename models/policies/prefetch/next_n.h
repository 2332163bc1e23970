/// Sequential prefetching: the pages behind each fault, up to the end of its 2 MiB block.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

/// `pages`: how many behind each faulted page.
std::unique_ptr<Prefetcher> make_next_n(unsigned pages);

}  // namespace farfault
