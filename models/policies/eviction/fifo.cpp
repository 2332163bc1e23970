#include "models/policies/eviction/fifo.h"

#include "models/policies/eviction/chunk_order.h"

namespace farfault {
namespace {

class Fifo final : public ChunkOrder {
 public:
  using ChunkOrder::ChunkOrder;
  std::string_view name() const override { return "fifo/1"; }
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_fifo(Bytes granularity) { return std::make_unique<Fifo>(granularity); }

}  // namespace farfault
