#include "models/policies/eviction/clock.h"

#include "models/policies/eviction/chunk_list.h"
#include "models/policies/eviction/hit_policy.h"

namespace farfault {
namespace {

class Clock final : public HitPolicy {
 public:
  using HitPolicy::HitPolicy;
  std::string_view name() const override { return "clock/1"; }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    // Whoever gets a second chance goes to the back, and comes up again only if no other leaves.
    for (std::optional<ChunkId> at = ring_.front(); at;) {
      const ChunkId chunk = *at;
      if (!view.evictable(chunk)) {
        at = ring_.behind(chunk);
        continue;
      }
      if (!referenced_.get(chunk)) return chunk;
      referenced_.set(chunk, false);
      at = ring_.behind(chunk);
      ring_.move_to_back(chunk);
      if (!at) at = chunk;  // was the last one anyway
    }
    return std::nullopt;
  }

 protected:
  void insert(ChunkId chunk) override {
    ring_.push_back(chunk);
    referenced_.set(chunk, false);
  }
  void hit(ChunkId chunk) override { referenced_.set(chunk, true); }
  void remove(ChunkId chunk) override { ring_.remove(chunk); }

 private:
  ChunkList ring_;  // from the hand on
  PerChunk<bool> referenced_;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_clock(Bytes granularity) { return std::make_unique<Clock>(granularity); }

}  // namespace farfault
