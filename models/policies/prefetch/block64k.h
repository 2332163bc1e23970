/// Each fault brings the aligned 64 KiB around it: the first half of the production driver's prefetcher.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

std::unique_ptr<Prefetcher> make_block64k();

}  // namespace farfault
