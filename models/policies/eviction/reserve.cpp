#include "models/policies/eviction/reserve.h"

#include <utility>

namespace farfault {
namespace {

class Reserve final : public EvictionPolicy {
 public:
  Reserve(std::unique_ptr<EvictionPolicy> order, const FreeReserve& reserve)
      : order_(std::move(order)), reserve_(reserve) {}
  std::string_view name() const override { return "reserve/1"; }
  TouchNeed touch_need() const override { return order_->touch_need(); }
  Bytes granularity() const override { return order_->granularity(); }
  void on_resident(ChunkId chunk, SimTime now) override { order_->on_resident(chunk, now); }
  void on_migration(ChunkId chunk, SimTime now) override { order_->on_migration(chunk, now); }
  void on_touches(std::span<const ChunkId> chunks, SimTime now) override { order_->on_touches(chunks, now); }
  void on_removed(ChunkId chunk) override { order_->on_removed(chunk); }
  std::optional<ChunkId> victim(const EvictionView& view) override { return order_->victim(view); }
  std::optional<ChunkId> along(const EvictionView& view) override { return order_->along(view); }
  bool wants_future() const override { return order_->wants_future(); }
  void foresee(const FutureUses& future) override { order_->foresee(future); }
  bool keeps_all_before(ChunkId chunk) override { return order_->keeps_all_before(chunk); }
  std::optional<FreeReserve> reserve() const override { return reserve_; }

 private:
  std::unique_ptr<EvictionPolicy> order_;
  FreeReserve reserve_;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_reserve(std::unique_ptr<EvictionPolicy> order, const FreeReserve& reserve) {
  return std::make_unique<Reserve>(std::move(order), reserve);
}

}  // namespace farfault
