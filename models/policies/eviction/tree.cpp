#include "models/policies/eviction/tree.h"

#include <bit>
#include <cstdint>

#include "models/policies/eviction/chunk_list.h"
#include "models/policies/eviction/per_chunk.h"

namespace farfault {
namespace {

constexpr Bytes kLeaf = Bytes::kib(64);
constexpr unsigned kLeaves = static_cast<unsigned>(kBlockSize / kLeaf);

class TreeEviction final : public EvictionPolicy {
 public:
  explicit TreeEviction(unsigned threshold_percent) : threshold_(threshold_percent) {}
  std::string_view name() const override { return "tree/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kChunk; }
  Bytes granularity() const override { return kLeaf; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override {
    order_.push_back(chunk);
    const ChunkId block = block_of(chunk);
    leaves_.set(block, leaves_.get(block) | bit(chunk));
  }
  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) override {
    for (const ChunkId chunk : chunks) {
      if (order_.contains(chunk)) order_.move_to_back(chunk);
    }
  }
  void on_removed(ChunkId chunk) override {
    order_.remove(chunk);
    leaves_[block_of(chunk)] &= ~bit(chunk);
  }
  std::optional<ChunkId> victim(const EvictionView& view) override {
    const std::optional<ChunkId> victim = order_.first([&](ChunkId chunk) { return view.evictable(chunk); });
    if (!victim) return std::nullopt;
    block_ = block_of(*victim);
    leaving_ = 0;
    const unsigned leaf = victim->value() % kLeaves;
    std::uint32_t left = leaves_[block_] & ~bit(*victim);
    for (unsigned size = 2; size <= kLeaves; size *= 2) {
      const std::uint32_t piece = size == kLeaves ? ~0U : ((1U << size) - 1) << (leaf & ~(size - 1));
      if (static_cast<unsigned>(std::popcount(left & piece)) * 100 >= size * threshold_) continue;
      leaving_ |= left & piece;
      left &= ~piece;
    }
    return victim;
  }
  std::optional<ChunkId> along(const EvictionView& view) override {
    while (leaving_ != 0) {
      const auto leaf = static_cast<std::uint32_t>(std::countr_zero(leaving_));
      leaving_ &= leaving_ - 1;
      const ChunkId chunk(block_.value() * kLeaves + leaf);
      if (order_.contains(chunk) && view.evictable(chunk)) return chunk;
    }
    return std::nullopt;
  }

 private:
  static ChunkId block_of(ChunkId chunk) { return ChunkId(chunk.value() / kLeaves); }
  static std::uint32_t bit(ChunkId chunk) { return 1U << (chunk.value() % kLeaves); }

  unsigned threshold_;
  ChunkList order_;                 // least recently accessed first
  PerChunk<std::uint32_t> leaves_;  // by block: which are there
  ChunkId block_{0};                // of the last victim
  std::uint32_t leaving_ = 0;       // leaves that go with it
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_tree_eviction(unsigned threshold_percent) {
  return std::make_unique<TreeEviction>(threshold_percent);
}

}  // namespace farfault
