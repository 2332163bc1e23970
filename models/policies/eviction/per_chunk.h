/// A value for each chunk, found by its id.
#pragma once

#include <cstddef>
#include <vector>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// Chunks that were never written have T(). Allocates only when a chunk id is larger than any before.
template <class T>
class PerChunk {
 public:
  T get(ChunkId chunk) const { return chunk.value() < values_.size() ? T(values_[chunk.value()]) : T(); }
  void set(ChunkId chunk, T value) {
    reach(chunk);
    values_[chunk.value()] = value;
  }
  /// Has room for the chunk, so that operator[] may be used.
  void reach(ChunkId chunk) {
    if (chunk.value() >= values_.size()) values_.resize(chunk.value() + std::size_t{1} + chunk.value() / 2);
  }
  /// REQUIRES: reach() or set() of this chunk or a larger one before.
  decltype(auto) operator[](ChunkId chunk) { return values_[chunk.value()]; }
  decltype(auto) operator[](ChunkId chunk) const { return values_[chunk.value()]; }

 private:
  std::vector<T> values_;
};

}  // namespace farfault
