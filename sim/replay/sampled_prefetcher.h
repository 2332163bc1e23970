/// A prefetcher of a sampled run: what is not in the sample takes no room on devices.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"
#include "traces/filters/page_sample.h"

namespace farfault {

/// Passes on what `prefetcher` chooses, but of pages beyond the faulting block only those of the sample.
/// REQUIRES: the sample's units are whole blocks, or the prefetcher chooses nothing.
std::unique_ptr<Prefetcher> prefetch_of_sample(std::unique_ptr<Prefetcher> prefetcher,
                                               const traces::SampleOptions& sample);

}  // namespace farfault
