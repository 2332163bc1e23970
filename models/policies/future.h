/// What lies ahead: knowledge that no driver has, for policies that are a bound on what others can do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/policies/block_pages.h"
#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// The accesses of one device from here on, by chunks of its eviction policy's granularity, in the trace's order. The
/// k-th access to a chunk in the replay is taken for the k-th in the trace, so that it does not matter in which order
/// streams and thread blocks get their turns.
class FutureUses {
 public:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  virtual ~FutureUses() = default;
  /// When a chunk is accessed next, as a number that is larger for later uses and has no other meaning; kNever if it is
  /// not accessed any more.
  virtual std::uint64_t next_use(ChunkId chunk) const = 0;
  /// The same, for the access behind the next one.
  virtual std::uint64_t use_after_next(ChunkId chunk) const = 0;
  /// Of the next `chunks` different chunks that the device accesses, the first that was not returned since it became one
  /// of them, or since somebody else accessed it: all of its pages that the device ever accesses. Nothing while there is
  /// none, or while somebody else accesses it before.
  virtual std::optional<BlockPages> ahead(std::size_t chunks) = 0;
};

}  // namespace farfault
