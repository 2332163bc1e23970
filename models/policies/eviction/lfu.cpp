#include "models/policies/eviction/lfu.h"

#include "models/policies/eviction/chunk_heap.h"
#include "models/policies/eviction/hit_policy.h"

namespace farfault {
namespace {

class Lfu final : public HitPolicy {
 public:
  Lfu(Bytes granularity, bool ageing) : HitPolicy(granularity), ageing_(ageing) {}
  std::string_view name() const override { return "lfu/1"; }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    return heap_.first([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 protected:
  void insert(ChunkId chunk) override {
    counts_.set(chunk, 1);
    heap_.push(chunk, age_ + 1);
  }
  void hit(ChunkId chunk) override { heap_.raise(chunk, age_ + ++counts_[chunk]); }
  void remove(ChunkId chunk) override {
    if (ageing_) age_ = std::max(age_, heap_.rank(chunk));
    heap_.remove(chunk);
  }

 private:
  bool ageing_;
  std::uint64_t age_ = 0;
  PerChunk<std::uint64_t> counts_;
  ChunkHeap heap_;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_lfu(Bytes granularity, bool ageing) {
  return std::make_unique<Lfu>(granularity, ageing);
}

}  // namespace farfault
