/// The prefetch slot: which other pages to bring with those that faulted.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "models/policies/block_pages.h"
#include "models/policies/page_range.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// One 2 MiB block of a batch, as a prefetcher sees it.
struct PrefetchRequest {
  BlockSlot block;
  PageMask faulted;   ///< pages that will migrate because they faulted
  PageMask resident;  ///< pages in the device's memory already
  PageMask eligible;  ///< pages that may come: mapped, not resident, able to migrate, not thrashing; excludes `faulted`
  PageMask thrashing{};       ///< pages that the thrashing guard takes for thrashing: nothing comes on their account
  std::size_t processor = 1;  ///< to whose memory: 0 the host, d + 1 device d
  BlockNumber number{};       ///< the block's place in virtual memory
  PageRange allocation{};     ///< the mapping around the first faulted page, as far as the trace tells of any
};

class FutureUses;

/// Decisions depend only on the calls made.
class Prefetcher {
 public:
  virtual ~Prefetcher() = default;
  /// Stable id with a version, "tree/1".
  virtual std::string_view name() const = 0;
  /// Pages to bring beside the faulted ones; the driver keeps only the eligible ones.
  virtual PageMask select(const PrefetchRequest& request) = 0;
  /// Adds pages to bring when no fault waits, in other blocks too, first ones first. Called after select() for what
  /// goes to a device. The driver takes only what is mapped and can migrate, and forgets the last of what is too much
  /// for it.
  virtual void ahead(const PrefetchRequest& /*request*/, std::vector<PageRange>& /*out*/) {}
  /// Whether foresee() is called for each device before the run, with what it will access; borrows it. Only a bound on
  /// what policies can do wants that (models/policies/future.h).
  virtual bool wants_future() const { return false; }
  virtual void foresee(DeviceId /*device*/, FutureUses& /*future*/) {}
  /// With a future: what to bring next, when no fault waits and nothing else is to come; asked again after it has come,
  /// and when the device has gone on. The device's memory holds `chunks`. It costs no software time.
  virtual std::optional<BlockPages> foreseen(DeviceId /*device*/, std::size_t /*chunks*/) { return std::nullopt; }
  /// Whether what the program itself asks to have prefetched comes. Asked once, before the run.
  virtual bool heeds_calls() const { return true; }
};

}  // namespace farfault
