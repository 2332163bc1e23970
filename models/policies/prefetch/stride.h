/// Stride prefetching: where faults of an array come at a constant distance, the next ones at that distance come along.
/// After the reference prediction table of Chen and Baer (IEEE Transactions on Computers 44(5), 1995), with the mapping
/// that is accessed in the place of the load's address, which a driver does not see.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

struct StrideParameters {
  std::uint64_t degree = 4;         ///< pages at the stride that come beside a fault; >= 1
  std::uint64_t confirmations = 2;  ///< distances in a row that must be equal before any comes; >= 1
  std::uint64_t entries = 256;      ///< mappings that are followed at once; >= 1
};

std::unique_ptr<Prefetcher> make_stride(const StrideParameters& parameters);

}  // namespace farfault
