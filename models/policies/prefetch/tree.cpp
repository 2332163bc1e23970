#include "models/policies/prefetch/tree.h"

#include <bit>
#include <cstdint>
#include <vector>

#include "models/policies/prefetch/big_page.h"

namespace farfault {
namespace {

class TreePrefetcher final : public Prefetcher {
 public:
  TreePrefetcher(unsigned threshold_percent, std::uint64_t minimum_faults)
      : threshold_(threshold_percent), minimum_faults_(minimum_faults) {}

  std::string_view name() const override { return "tree/1"; }

  PageMask select(const PrefetchRequest& request) override {
    if (!enough_faults(request)) return {};
    const PageMask mapped = request.eligible | request.faulted | request.resident | request.thrashing;
    const PageMask calm = request.faulted & ~request.thrashing;
    const PageMask grown = grow_to_big_pages(calm, request.thrashing) & mapped;
    const PageMask occupied = grown | request.faulted | request.resident;

    PageMask out = grown;
    for (unsigned page = calm.next(0); page < kPagesPerBlock;) {
      const unsigned leaf = page / kPagesPerBigPage;
      unsigned best_first = 0;
      unsigned best_pages = 0;
      for (unsigned pages = 2 * kPagesPerBigPage; pages <= kPagesPerBlock; pages *= 2) {
        const unsigned first = page & ~(pages - 1);
        if (pages_in(occupied, first, pages) * 100 > pages_in(mapped, first, pages) * threshold_) {
          best_first = first;
          best_pages = pages;
        }
      }
      out |= PageMask::range(best_first, best_first + best_pages);
      if (best_pages == kPagesPerBlock) break;
      page = calm.next((leaf + 1) * kPagesPerBigPage);
    }
    return out & ~request.thrashing;
  }

 private:
  /// Faulted pages of a block that have gone to one processor in a row.
  struct Faults {
    std::size_t processor = 0;
    std::uint64_t pages = 0;
  };

  bool enough_faults(const PrefetchRequest& request) {
    if (minimum_faults_ <= 1) return true;
    if (request.block.value() >= faults_.size()) faults_.resize(request.block.value() + std::size_t{1});
    Faults& faults = faults_[request.block.value()];
    if (faults.processor != request.processor) faults = {request.processor, 0};
    faults.pages += request.faulted.count();
    return faults.pages >= minimum_faults_;
  }

  /// Pages of `mask` in an aligned piece of 32 pages or a multiple of 64.
  static unsigned pages_in(const PageMask& mask, unsigned first, unsigned pages) {
    if (pages < 64) {
      return static_cast<unsigned>(std::popcount(mask.words()[first / 64] >> (first % 64) & 0xffff'ffffU));
    }
    unsigned sum = 0;
    for (unsigned w = first / 64; w < (first + pages) / 64; ++w) {
      sum += static_cast<unsigned>(std::popcount(mask.words()[w]));
    }
    return sum;
  }

  unsigned threshold_;
  std::uint64_t minimum_faults_;
  std::vector<Faults> faults_;  // by block
};

}  // namespace

std::unique_ptr<Prefetcher> make_tree_prefetcher(unsigned threshold_percent, std::uint64_t minimum_faults) {
  return std::make_unique<TreePrefetcher>(threshold_percent, minimum_faults);
}

}  // namespace farfault
