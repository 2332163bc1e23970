/// The first pages of a set, where not all of them fit.
#pragma once

#include <cstdint>

#include "sim/core/page_mask.h"

namespace farfault {

/// `count` of them, or all if there are fewer.
inline PageMask first_of(const PageMask& pages, std::uint64_t count) {
  if (pages.count() <= count) return pages;
  PageMask kept;
  for (unsigned page = pages.next(0); count != 0; page = pages.next(page + 1), --count) kept.set(page);
  return kept;
}

}  // namespace farfault
