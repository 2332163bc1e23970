/// The prefetch slot: which other pages to bring with those that faulted.
#pragma once

#include <cstddef>
#include <string_view>

#include "sim/core/page_mask.h"

namespace farfault {

/// One 2 MiB block of a batch, as a prefetcher sees it.
struct PrefetchRequest {
  BlockSlot block;
  PageMask faulted;   ///< pages that will migrate because they faulted
  PageMask resident;  ///< pages in the device's memory already
  PageMask eligible;  ///< pages that may come: mapped, not resident, able to migrate, not thrashing; excludes `faulted`
  PageMask thrashing{};       ///< pages that the thrashing guard takes for thrashing: nothing comes on their account
  std::size_t processor = 1;  ///< to whose memory: 0 the host, d + 1 device d
};

/// Decisions depend only on the calls made.
class Prefetcher {
 public:
  virtual ~Prefetcher() = default;
  /// Stable id with a version, "tree/1".
  virtual std::string_view name() const = 0;
  /// Pages to bring beside the faulted ones; the driver keeps only the eligible ones.
  virtual PageMask select(const PrefetchRequest& request) = 0;
};

}  // namespace farfault
