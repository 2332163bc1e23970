#include "models/policies/eviction/lru.h"

#include "models/policies/eviction/chunk_list.h"

namespace farfault {
namespace {

class Lru final : public EvictionPolicy {
 public:
  explicit Lru(Bytes granularity) : granularity_(granularity) {}

  std::string_view name() const override { return "lru/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kChunk; }
  Bytes granularity() const override { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override { order_.push_back(chunk); }

  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) override {
    constexpr std::size_t kAhead = 12;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i + kAhead < chunks.size()) order_.prefetch(chunks[i + kAhead]);
      if (order_.contains(chunks[i])) order_.move_to_back(chunks[i]);
    }
  }

  void on_removed(ChunkId chunk) override { order_.remove(chunk); }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    return order_.first([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 private:
  Bytes granularity_;
  ChunkList order_;  // least recently used first
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_lru(Bytes granularity) { return std::make_unique<Lru>(granularity); }

}  // namespace farfault
