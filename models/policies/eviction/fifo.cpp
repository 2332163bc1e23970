#include "models/policies/eviction/fifo.h"

#include "models/policies/eviction/chunk_list.h"

namespace farfault {
namespace {

class Fifo final : public EvictionPolicy {
 public:
  explicit Fifo(Bytes granularity) : granularity_(granularity) {}

  std::string_view name() const override { return "fifo/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kNone; }
  Bytes granularity() const override { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override { order_.push_back(chunk); }
  void on_touches(std::span<const ChunkId> /*chunks*/, SimTime /*now*/) override {}
  void on_removed(ChunkId chunk) override { order_.remove(chunk); }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    return order_.first([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 private:
  Bytes granularity_;
  ChunkList order_;  // oldest allocation first
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_fifo(Bytes granularity) { return std::make_unique<Fifo>(granularity); }

}  // namespace farfault
