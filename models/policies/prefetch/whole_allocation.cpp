#include "models/policies/prefetch/whole_allocation.h"

#include <algorithm>

namespace farfault {
namespace {

class WholeAllocation final : public Prefetcher {
 public:
  std::string_view name() const override { return "whole_allocation/1"; }
  PageMask select(const PrefetchRequest& request) override {
    return (request.faulted & ~request.thrashing).any() ? PageMask::all() : PageMask();
  }
  void ahead(const PrefetchRequest& request, std::vector<PageRange>& out) override {
    // Faults of other blocks while it comes would only ask for the same again.
    if (request.allocation.pages == 0 || request.allocation == last_) return;
    last_ = request.allocation;
    const std::uint64_t behind = (request.number.value() + 1) * kPagesPerBlock;
    const std::uint64_t before = request.number.value() * kPagesPerBlock;
    const std::uint64_t end = request.allocation.end();
    if (behind < end) out.push_back({behind, end - behind});
    if (request.allocation.first < before) out.push_back({request.allocation.first, before - request.allocation.first});
  }

 private:
  PageRange last_;
};

}  // namespace

std::unique_ptr<Prefetcher> make_whole_allocation() { return std::make_unique<WholeAllocation>(); }

}  // namespace farfault
