/// Correlation between blocks: what faulted behind a 2 MiB block before comes when that block faults again. A Markov
/// predictor (Joseph and Grunwald, ISCA 1997) over fault blocks, as DeepUM (Jung et al., ASPLOS 2023) keeps for each
/// kernel; here the table is one for all, and bounded.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/prefetch/prefetcher.h"

namespace farfault {

struct MarkovParameters {
  std::uint64_t entries = 4096;  ///< blocks whose successors are known, at most; >= 1
  std::uint64_t successors = 2;  ///< of a block, the last ones; 1 to 8
  std::uint64_t depth = 1;       ///< how many steps are followed along the likeliest path; >= 1
};

std::unique_ptr<Prefetcher> make_markov(const MarkovParameters& parameters);

}  // namespace farfault
