#include "models/policies/eviction/belady.h"

#include "models/policies/eviction/chunk_heap.h"
#include "models/policies/future.h"

namespace farfault {
namespace {

class Belady final : public EvictionPolicy {
 public:
  explicit Belady(Bytes granularity) : granularity_(granularity) {}
  std::string_view name() const override { return "belady/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kChunk; }
  Bytes granularity() const override { return granularity_; }
  bool wants_future() const override { return true; }
  void foresee(const FutureUses& future) override { future_ = &future; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override {
    there_.set(chunk, true);
    heap_.push(chunk, kAwaited);
  }
  void on_migration(ChunkId chunk, SimTime /*now*/) override { heap_.change(chunk, kAwaited); }
  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) override {
    for (const ChunkId chunk : chunks) {
      if (there_.get(chunk)) heap_.change(chunk, rank(chunk));
    }
  }
  void on_removed(ChunkId chunk) override {
    there_[chunk] = false;
    heap_.remove(chunk);
  }
  bool keeps_all_before(ChunkId chunk) override {
    const std::optional<ChunkId> last = heap_.first([](ChunkId) { return true; });
    return last && FutureUses::kNever - future_->use_after_next(chunk) <= heap_.rank(*last);
  }
  std::optional<ChunkId> victim(const EvictionView& view) override {
    return heap_.first([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 private:
  /// Somebody waits for what has just come, whatever else is to be done before in the trace's order: devices have many
  /// accesses in flight.
  static constexpr std::uint64_t kAwaited = FutureUses::kNever;
  /// The heap's lowest is what is used last.
  std::uint64_t rank(ChunkId chunk) const { return FutureUses::kNever - future_->next_use(chunk); }

  Bytes granularity_;
  const FutureUses* future_ = nullptr;
  PerChunk<bool> there_;
  ChunkHeap heap_;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_belady(Bytes granularity) { return std::make_unique<Belady>(granularity); }

}  // namespace farfault
