/// Where an eviction policy's chunks are in blocks.
#pragma once

#include <cstdint>

#include "models/policies/eviction/eviction_policy.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// Pages of a policy's chunk.
inline unsigned chunk_pages(const EvictionPolicy& policy) {
  return static_cast<unsigned>(policy.granularity() / kPageSize);
}

inline ChunkId chunk_of(BlockSlot slot, unsigned page, unsigned pages_a_chunk) {
  return ChunkId(slot.value() * (kPagesPerBlock / pages_a_chunk) + page / pages_a_chunk);
}

struct ChunkPlace {
  BlockSlot slot;
  PageMask pages;
};
inline ChunkPlace place_of(ChunkId chunk, unsigned pages_a_chunk) {
  const unsigned chunks_a_block = kPagesPerBlock / pages_a_chunk;
  const unsigned first = chunk.value() % chunks_a_block * pages_a_chunk;
  return {BlockSlot(chunk.value() / chunks_a_block), PageMask::range(first, first + pages_a_chunk)};
}

}  // namespace farfault
