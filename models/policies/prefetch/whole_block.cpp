#include "models/policies/prefetch/whole_block.h"

namespace farfault {
namespace {

class WholeBlock final : public Prefetcher {
 public:
  std::string_view name() const override { return "whole_block/1"; }
  PageMask select(const PrefetchRequest& request) override {
    return (request.faulted & ~request.thrashing).any() ? PageMask::all() : PageMask();
  }
};

}  // namespace

std::unique_ptr<Prefetcher> make_whole_block() { return std::make_unique<WholeBlock>(); }

}  // namespace farfault
