/// S3-FIFO (Yang et al., SOSP 2023, algorithm 1). What comes is in a small FIFO, what is remembered from it in a main
/// one; hits count up to three. While the small one has its share, its oldest go: to the main one if they were hit more
/// than once, else they leave and are remembered, as many as the main one is meant to hold. Of the main one the oldest
/// without a hit leaves; others come round again with one hit less.
///
/// Variant: what moves to the main FIFO makes no room there at once, since both together are what fits; it begins there
/// without hits.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
/// `small`: share of the chunks that fit, above 0; the paper has a tenth.
std::unique_ptr<EvictionPolicy> make_s3_fifo(Bytes granularity, double small);

}  // namespace farfault
