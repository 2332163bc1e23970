/// What policies have in common that keep all chunks in one order and evict from its front: a chunk enters at the back
/// when it comes. Policies differ in what moves it back there later.
#pragma once

#include "models/policies/eviction/chunk_list.h"
#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

class ChunkOrder : public EvictionPolicy {
 public:
  /// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
  explicit ChunkOrder(Bytes granularity) : granularity_(granularity) {}

  TouchNeed touch_need() const override { return TouchNeed::kNone; }
  Bytes granularity() const final { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) final { order_.push_back(chunk); }
  void on_touches(std::span<const ChunkId> /*chunks*/, SimTime /*now*/) override {}
  void on_removed(ChunkId chunk) final { order_.remove(chunk); }
  std::optional<ChunkId> victim(const EvictionView& view) override {
    return order_.first([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 protected:
  ChunkList& order() { return order_; }

 private:
  Bytes granularity_;
  ChunkList order_;  // next to leave first
};

/// The same where each access moves its chunk to the back: least recently accessed first.
class RecencyOrder : public ChunkOrder {
 public:
  using ChunkOrder::ChunkOrder;

  TouchNeed touch_need() const final { return TouchNeed::kChunk; }
  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) final {
    constexpr std::size_t kAhead = 12;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i + kAhead < chunks.size()) order().prefetch(chunks[i + kAhead]);
      if (order().contains(chunks[i])) order().move_to_back(chunks[i]);
    }
  }
};

}  // namespace farfault
