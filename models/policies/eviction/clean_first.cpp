#include "models/policies/eviction/clean_first.h"

#include <algorithm>

#include "models/policies/eviction/chunk_list.h"

namespace farfault {
namespace {

class CleanFirst final : public EvictionPolicy {
 public:
  CleanFirst(Bytes granularity, double window, std::size_t most)
      : granularity_(granularity), window_(window), most_(most) {}
  std::string_view name() const override { return "clean_first/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kChunk; }
  Bytes granularity() const override { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override { order_.push_back(chunk); }
  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) override {
    for (const ChunkId chunk : chunks) {
      if (order_.contains(chunk)) order_.move_to_back(chunk);
    }
  }
  void on_removed(ChunkId chunk) override { order_.remove(chunk); }
  std::optional<ChunkId> victim(const EvictionView& view) override {
    const auto share = static_cast<std::size_t>(window_ * static_cast<double>(order_.size()));
    const std::size_t window = std::max<std::size_t>(1, std::min(share, most_));
    std::optional<ChunkId> oldest;
    std::size_t seen = 0;
    const auto found = order_.first([&](ChunkId chunk) {
      if (!view.evictable(chunk)) return false;
      if (!oldest) oldest = chunk;
      return ++seen > window || view.pages_to_copy(chunk) == 0;
    });
    return found && seen <= window ? found : oldest;
  }

 private:
  Bytes granularity_;
  double window_;
  std::size_t most_;  // that are looked at, however many the window has
  ChunkList order_;   // least recently accessed first
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_clean_first(Bytes granularity, double window, std::size_t most) {
  return std::make_unique<CleanFirst>(granularity, window, most);
}

}  // namespace farfault
