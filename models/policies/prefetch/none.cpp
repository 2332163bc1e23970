#include "models/policies/prefetch/none.h"

namespace farfault {
namespace {

class NoPrefetch final : public Prefetcher {
 public:
  std::string_view name() const override { return "none/1"; }
  PageMask select(const PrefetchRequest& /*request*/) override { return {}; }
  bool heeds_calls() const override { return false; }
};

}  // namespace

std::unique_ptr<Prefetcher> make_no_prefetch() { return std::make_unique<NoPrefetch>(); }

}  // namespace farfault
