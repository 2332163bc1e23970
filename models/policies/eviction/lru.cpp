#include "models/policies/eviction/lru.h"

#include "models/policies/eviction/chunk_order.h"

namespace farfault {
namespace {

class Lru final : public RecencyOrder {
 public:
  using RecencyOrder::RecencyOrder;
  std::string_view name() const override { return "lru/1"; }
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_lru(Bytes granularity) { return std::make_unique<Lru>(granularity); }

}  // namespace farfault
