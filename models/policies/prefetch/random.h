/// Random pages of a fault's 2 MiB block: the least that a prefetcher can know (Ganguly et al., ISCA 2019, compare the
/// tree against it).
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

/// `pages`: how many beside each faulted page; fewer where fewer are left.
std::unique_ptr<Prefetcher> make_random_prefetcher(unsigned pages, std::uint64_t seed);

}  // namespace farfault
