#include "models/policies/eviction/sieve.h"

#include "models/policies/eviction/chunk_list.h"
#include "models/policies/eviction/hit_policy.h"

namespace farfault {
namespace {

class Sieve final : public HitPolicy {
 public:
  using HitPolicy::HitPolicy;
  std::string_view name() const override { return "sieve/1"; }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    // Once around clears all marks of those that may leave; twice finds one if there is any.
    for (std::size_t left = 2 * chunks_; left != 0; --left) {
      if (!hand_) hand_ = queue_.front();
      const ChunkId chunk = *hand_;
      if (view.evictable(chunk)) {
        if (!visited_.get(chunk)) return chunk;
        visited_.set(chunk, false);
      }
      hand_ = queue_.behind(chunk);
    }
    return std::nullopt;
  }

 protected:
  void insert(ChunkId chunk) override {
    queue_.push_back(chunk);
    visited_.set(chunk, false);
    ++chunks_;
  }
  void hit(ChunkId chunk) override { visited_.set(chunk, true); }
  void remove(ChunkId chunk) override {
    if (hand_ == chunk) hand_ = queue_.behind(chunk);
    queue_.remove(chunk);
    --chunks_;
  }

 private:
  ChunkList queue_;  // oldest first
  PerChunk<bool> visited_;
  std::optional<ChunkId> hand_;  // nothing: at the oldest
  std::size_t chunks_ = 0;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_sieve(Bytes granularity) { return std::make_unique<Sieve>(granularity); }

}  // namespace farfault
