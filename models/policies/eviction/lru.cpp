#include "models/policies/eviction/lru.h"

#include "models/policies/eviction/chunk_order.h"

namespace farfault {
namespace {

class Lru final : public ChunkOrder {
 public:
  using ChunkOrder::ChunkOrder;
  std::string_view name() const override { return "lru/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kChunk; }

  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) override {
    constexpr std::size_t kAhead = 12;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i + kAhead < chunks.size()) order().prefetch(chunks[i + kAhead]);
      if (order().contains(chunks[i])) order().move_to_back(chunks[i]);
    }
  }
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_lru(Bytes granularity) { return std::make_unique<Lru>(granularity); }

}  // namespace farfault
