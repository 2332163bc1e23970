#include "models/policies/eviction/access_counter.h"

#include <vector>

#include "models/policies/eviction/chunk_heap.h"

namespace farfault {
namespace {

class AccessCounterEviction final : public EvictionPolicy {
 public:
  AccessCounterEviction(Bytes granularity, std::uint64_t halve_at) : granularity_(granularity), halve_at_(halve_at) {}
  std::string_view name() const override { return "access_counter/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kEvery; }
  Bytes granularity() const override { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override {
    count(chunk);
    there_.set(chunk, true);
    heap_.push(chunk, counts_[chunk].value);
  }
  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) override {
    for (const ChunkId chunk : chunks) {
      if (!there_.get(chunk)) continue;
      if (++count(chunk) >= halve_at_) halve();
      heap_.change(chunk, counts_[chunk].value);
    }
  }
  void on_removed(ChunkId chunk) override {
    there_[chunk] = false;
    heap_.remove(chunk);
  }
  std::optional<ChunkId> victim(const EvictionView& view) override {
    return heap_.first([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 private:
  struct Count {
    std::uint64_t value = 0;
    std::uint64_t halvings = 0;  // that it has had of all
  };

  /// What the chunk's counter says after all halvings.
  std::uint64_t& count(ChunkId chunk) {
    counts_.reach(chunk);
    Count& count = counts_[chunk];
    const std::uint64_t missing = halvings_ - count.halvings;
    count.value = missing < 64 ? count.value >> missing : 0;
    count.halvings = halvings_;
    return count.value;
  }
  /// At most once in halve_at_ / 2 accesses: costs nothing by the access.
  void halve() {
    ++halvings_;
    heap_.map_ranks([](std::uint64_t rank) { return rank / 2; });
    // Ranks of those that are there are their counts.
    heap_.for_each([this](ChunkId chunk) { count(chunk); });
  }

  Bytes granularity_;
  std::uint64_t halve_at_;
  std::uint64_t halvings_ = 0;
  PerChunk<Count> counts_;  // also of those that have left
  PerChunk<bool> there_;
  ChunkHeap heap_;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_access_counter_eviction(Bytes granularity, std::uint64_t halve_at) {
  return std::make_unique<AccessCounterEviction>(granularity, halve_at);
}

}  // namespace farfault
