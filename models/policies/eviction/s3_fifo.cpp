#include "models/policies/eviction/s3_fifo.h"

#include <algorithm>

#include "models/policies/eviction/chunk_list.h"
#include "models/policies/eviction/hit_policy.h"

namespace farfault {
namespace {

constexpr std::uint8_t kMostHits = 3;

class S3Fifo final : public HitPolicy {
 public:
  S3Fifo(Bytes granularity, double small) : HitPolicy(granularity), share_(small) {}
  std::string_view name() const override { return "s3_fifo/1"; }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    room_.on_full(small_.size() + main_.size());
    victim_.reset();
    if (small_.size() >= small_target()) victim_ = from_small(view);
    if (!victim_) victim_ = from_main(view);
    if (!victim_) victim_ = from_small(view);
    return victim_;
  }

 protected:
  void insert(ChunkId chunk) override {
    room_.on_insert();
    hits_.set(chunk, 0);
    // Whether it is remembered is asked before what leaves for it is: the list may be one too long until here.
    const bool known = ghosts_.contains(chunk);
    if (known) ghosts_.remove(chunk);
    const std::size_t most = room_.capacity() - std::min(room_.capacity(), small_target());
    while (ghosts_.size() > most) ghosts_.remove(*ghosts_.front());
    (known ? main_ : small_).push_back(chunk);
  }
  void hit(ChunkId chunk) override {
    std::uint8_t& hits = hits_[chunk];
    if (hits < kMostHits) ++hits;
  }
  void remove(ChunkId chunk) override {
    if (main_.contains(chunk)) {
      main_.remove(chunk);
    } else {
      small_.remove(chunk);
      if (victim_ == chunk) ghosts_.push_back(chunk);
    }
    victim_.reset();
  }

 private:
  std::size_t small_target() const {
    return std::max<std::size_t>(1, static_cast<std::size_t>(share_ * static_cast<double>(room_.capacity())));
  }
  std::optional<ChunkId> from_small(const EvictionView& view) {
    for (std::optional<ChunkId> at = small_.front(); at;) {
      const ChunkId chunk = *at;
      at = small_.behind(chunk);
      if (!view.evictable(chunk)) continue;
      if (hits_[chunk] <= 1) return chunk;
      small_.remove(chunk);
      hits_[chunk] = 0;
      main_.push_back(chunk);
    }
    return std::nullopt;
  }
  std::optional<ChunkId> from_main(const EvictionView& view) {
    // Each comes round at most as often as it has hits.
    for (std::optional<ChunkId> at = main_.front(); at;) {
      const ChunkId chunk = *at;
      at = main_.behind(chunk);
      if (!view.evictable(chunk)) continue;
      if (hits_[chunk] == 0) return chunk;
      --hits_[chunk];
      main_.move_to_back(chunk);
      if (!at) at = chunk;  // was the last one anyway
    }
    return std::nullopt;
  }

  double share_;
  RoomMeter room_;
  ChunkList small_;  // oldest first, as the others
  ChunkList main_;
  ChunkList ghosts_;  // not resident
  PerChunk<std::uint8_t> hits_;
  std::optional<ChunkId> victim_;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_s3_fifo(Bytes granularity, double small) {
  return std::make_unique<S3Fifo>(granularity, small);
}

}  // namespace farfault
