#include "models/policies/eviction/random.h"

#include <utility>
#include <vector>

#include "models/policies/eviction/per_chunk.h"
#include "sim/core/mix.h"

namespace farfault {
namespace {

class RandomEviction final : public EvictionPolicy {
 public:
  RandomEviction(Bytes granularity, std::uint64_t seed) : granularity_(granularity), seed_(seed) {}
  std::string_view name() const override { return "random/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kNone; }
  Bytes granularity() const override { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override {
    places_.set(chunk, static_cast<std::uint32_t>(chunks_.size()));
    chunks_.push_back(chunk);
  }
  void on_touches(std::span<const ChunkId> /*chunks*/, SimTime /*now*/) override {}
  void on_removed(ChunkId chunk) override {
    swap(places_[chunk], chunks_.size() - 1);
    chunks_.pop_back();
  }
  std::optional<ChunkId> victim(const EvictionView& view) override {
    // One that may not leave goes behind those that are drawn from.
    for (std::size_t left = chunks_.size(); left != 0; --left) {
      const std::size_t drawn = mix64(seed_ ^ mix64(++draws_)) % left;
      if (view.evictable(chunks_[drawn])) return chunks_[drawn];
      swap(drawn, left - 1);
    }
    return std::nullopt;
  }

 private:
  void swap(std::size_t a, std::size_t b) {
    std::swap(chunks_[a], chunks_[b]);
    places_[chunks_[a]] = static_cast<std::uint32_t>(a);
    places_[chunks_[b]] = static_cast<std::uint32_t>(b);
  }

  Bytes granularity_;
  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
  std::vector<ChunkId> chunks_;
  PerChunk<std::uint32_t> places_;  // index in chunks_
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_random_eviction(Bytes granularity, std::uint64_t seed) {
  return std::make_unique<RandomEviction>(granularity, seed);
}

}  // namespace farfault
