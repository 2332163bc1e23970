/// The perfect prefetcher: what the device accesses next comes before it does, as fast as the link carries it and as
/// far ahead as the device's memory holds. Its decisions cost the driver nothing. With `belady` eviction nothing leaves
/// that is needed sooner than what comes. It knows the trace, which no driver can. Of the host's accesses it knows
/// nothing: with a page that a CPU faults on comes what the device has of its block.
#pragma once

#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

std::unique_ptr<Prefetcher> make_oracle_prefetcher();

}  // namespace farfault
