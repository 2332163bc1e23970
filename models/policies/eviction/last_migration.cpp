#include "models/policies/eviction/last_migration.h"

#include "models/policies/eviction/chunk_list.h"

namespace farfault {
namespace {

class LastMigration final : public EvictionPolicy {
 public:
  explicit LastMigration(Bytes granularity) : granularity_(granularity) {}

  std::string_view name() const override { return "last_migration/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kNone; }
  Bytes granularity() const override { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override { order_.push_back(chunk); }
  void on_migration(ChunkId chunk, SimTime /*now*/) override { order_.move_to_back(chunk); }
  void on_touches(std::span<const ChunkId> /*chunks*/, SimTime /*now*/) override {}
  void on_removed(ChunkId chunk) override { order_.remove(chunk); }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    return order_.first([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 private:
  Bytes granularity_;
  ChunkList order_;  // the longest without a migration first
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_last_migration(Bytes granularity) {
  return std::make_unique<LastMigration>(granularity);
}

}  // namespace farfault
