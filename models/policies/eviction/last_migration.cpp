#include "models/policies/eviction/last_migration.h"

#include "models/policies/eviction/chunk_order.h"

namespace farfault {
namespace {

class LastMigration final : public ChunkOrder {
 public:
  using ChunkOrder::ChunkOrder;
  std::string_view name() const override { return "last_migration/1"; }
  void on_migration(ChunkId chunk, SimTime /*now*/) override { order().move_to_back(chunk); }
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_last_migration(Bytes granularity) {
  return std::make_unique<LastMigration>(granularity);
}

}  // namespace farfault
