#include "models/policies/prefetch/block64k.h"

#include "models/policies/prefetch/big_page.h"

namespace farfault {
namespace {

class Block64k final : public Prefetcher {
 public:
  std::string_view name() const override { return "block64k/1"; }
  PageMask select(const PrefetchRequest& request) override {
    return grow_to_big_pages(request.faulted, request.thrashing);
  }
};

}  // namespace

std::unique_ptr<Prefetcher> make_block64k() { return std::make_unique<Block64k>(); }

}  // namespace farfault
