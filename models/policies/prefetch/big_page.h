/// The aligned 64 KiB "big page" around each fault.
#pragma once

#include "sim/core/page_mask.h"

namespace farfault {

inline constexpr unsigned kPagesPerBigPage = 16;
inline constexpr unsigned kBigPagesPerBlock = kPagesPerBlock / kPagesPerBigPage;

/// `pages`, each grown to its 64 KiB unless pages of `thrashing` are in there. Source: NVIDIA open-gpu-kernel-modules
/// 595.45.04, uvm_perf_prefetch.c (a fault grows to the big page before the tree is consulted, unless it thrashes).
inline PageMask grow_to_big_pages(const PageMask& pages, const PageMask& thrashing) {
  PageMask grown;
  for (unsigned page = pages.next(0); page < kPagesPerBlock;) {
    const unsigned first = page & ~(kPagesPerBigPage - 1);
    const PageMask big = PageMask::range(first, first + kPagesPerBigPage);
    grown |= big.intersects(thrashing) ? big & pages : big;
    page = pages.next(first + kPagesPerBigPage);
  }
  return grown;
}

}  // namespace farfault
