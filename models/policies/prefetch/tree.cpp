#include "models/policies/prefetch/tree.h"

#include <bit>

#include "models/policies/prefetch/big_page.h"

namespace farfault {
namespace {

class TreePrefetcher final : public Prefetcher {
 public:
  explicit TreePrefetcher(unsigned threshold_percent) : threshold_(threshold_percent) {}

  std::string_view name() const override { return "tree/1"; }

  PageMask select(const PrefetchRequest& request) override {
    const PageMask mapped = request.eligible | request.faulted | request.resident;
    const PageMask grown = grow_to_big_pages(request.faulted) & mapped;
    const PageMask occupied = grown | request.resident;

    PageMask out = grown;
    for (unsigned page = grown.next(0); page < kPagesPerBlock;) {
      const unsigned leaf = page / kPagesPerBigPage;
      unsigned best_first = leaf * kPagesPerBigPage;
      unsigned best_pages = kPagesPerBigPage;
      for (unsigned pages = 2 * kPagesPerBigPage; pages <= kPagesPerBlock; pages *= 2) {
        const unsigned first = page & ~(pages - 1);
        if (pages_in(occupied, first, pages) * 100 > pages_in(mapped, first, pages) * threshold_) {
          best_first = first;
          best_pages = pages;
        }
      }
      if (best_pages == kPagesPerBlock) return PageMask::all();
      out |= PageMask::range(best_first, best_first + best_pages);
      page = grown.next((leaf + 1) * kPagesPerBigPage);
    }
    return out;
  }

 private:
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
};

}  // namespace

std::unique_ptr<Prefetcher> make_tree_prefetcher(unsigned threshold_percent) {
  return std::make_unique<TreePrefetcher>(threshold_percent);
}

}  // namespace farfault
