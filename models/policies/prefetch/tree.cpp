#include "models/policies/prefetch/tree.h"

#include <array>

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

    // Pages per 64 KiB leaf; every larger piece is a sum of leaves.
    std::array<unsigned, kBigPagesPerBlock> size{};
    std::array<unsigned, kBigPagesPerBlock> filled{};
    for (unsigned leaf = 0; leaf < kBigPagesPerBlock; ++leaf) {
      size[leaf] = leaf_bits(mapped, leaf);
      filled[leaf] = leaf_bits(occupied, leaf);
    }

    PageMask out = grown;
    for (unsigned leaf = 0; leaf < kBigPagesPerBlock; ++leaf) {
      if (leaf_bits(grown, leaf) == 0) continue;
      unsigned best_first = leaf;
      unsigned best_leaves = 1;
      for (unsigned leaves = 2; leaves <= kBigPagesPerBlock; leaves *= 2) {
        const unsigned first = leaf & ~(leaves - 1);
        unsigned total = 0;
        unsigned occupied_pages = 0;
        for (unsigned i = first; i < first + leaves; ++i) {
          total += size[i];
          occupied_pages += filled[i];
        }
        if (occupied_pages * 100 > total * threshold_) {
          best_first = first;
          best_leaves = leaves;
        }
      }
      out |= PageMask::range(best_first * kPagesPerBigPage, (best_first + best_leaves) * kPagesPerBigPage);
      if (best_leaves == kBigPagesPerBlock) break;
    }
    return out;
  }

 private:
  static unsigned leaf_bits(const PageMask& mask, unsigned leaf) {
    const std::uint64_t word = mask.words()[leaf / 4] >> (leaf % 4 * kPagesPerBigPage);
    return static_cast<unsigned>(std::popcount(word & 0xffffU));
  }

  unsigned threshold_;
};

}  // namespace

std::unique_ptr<Prefetcher> make_tree_prefetcher(unsigned threshold_percent) {
  return std::make_unique<TreePrefetcher>(threshold_percent);
}

}  // namespace farfault
