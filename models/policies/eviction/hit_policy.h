/// What policies have in common that tell the access that brought a chunk from later ones, which are hits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/policies/eviction/eviction_policy.h"
#include "models/policies/eviction/per_chunk.h"

namespace farfault {

/// Published cache policies insert an object on a miss and change its state on hits. A device's access that faults is
/// repeated when its page is there, so the first touch of a chunk after it came is that of the miss; of a chunk that
/// was prefetched, its first use.
class HitPolicy : public EvictionPolicy {
 public:
  /// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
  explicit HitPolicy(Bytes granularity) : granularity_(granularity) {}

  TouchNeed touch_need() const final { return TouchNeed::kEvery; }
  Bytes granularity() const final { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) final {
    states_.set(chunk, State::kFresh);
    insert(chunk);
  }
  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) final {
    for (const ChunkId chunk : chunks) {
      switch (states_.get(chunk)) {
        case State::kAbsent:
          break;
        case State::kFresh:
          states_[chunk] = State::kKnown;
          break;
        case State::kKnown:
          hit(chunk);
          break;
      }
    }
  }
  void on_removed(ChunkId chunk) final {
    states_[chunk] = State::kAbsent;
    remove(chunk);
  }

 protected:
  /// REQUIRES: the chunk is not there.
  virtual void insert(ChunkId chunk) = 0;
  /// REQUIRES: the chunk is there.
  virtual void hit(ChunkId chunk) = 0;
  /// REQUIRES: the chunk is there.
  virtual void remove(ChunkId chunk) = 0;

 private:
  enum class State : std::uint8_t { kAbsent, kFresh, kKnown };

  Bytes granularity_;
  PerChunk<State> states_;
};

/// How many chunks fit, which nobody tells a policy: as many as are there when it is asked for room.
class RoomMeter {
 public:
  /// `chunks` are there, and one is to leave.
  void on_full(std::size_t chunks) {
    if (!shrinking_) capacity_ = chunks;
    shrinking_ = true;
  }
  void on_insert() { shrinking_ = false; }
  std::size_t capacity() const { return capacity_; }

 private:
  std::size_t capacity_ = 0;
  bool shrinking_ = false;  // several leave for one that comes
};

}  // namespace farfault
