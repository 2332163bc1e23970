#include "models/policies/prefetch/calls_only.h"

namespace farfault {
namespace {

class CallsOnly final : public Prefetcher {
 public:
  std::string_view name() const override { return "explicit/1"; }
  PageMask select(const PrefetchRequest& /*request*/) override { return {}; }
};

}  // namespace

std::unique_ptr<Prefetcher> make_calls_only() { return std::make_unique<CallsOnly>(); }

}  // namespace farfault
