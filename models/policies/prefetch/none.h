/// Only the pages that faulted come, whatever the program asks to have prefetched.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

std::unique_ptr<Prefetcher> make_no_prefetch();

}  // namespace farfault
