/// The thrashing slot: when to hold pages still.
#pragma once

#include <string_view>

#include "sim/core/page_mask.h"

namespace farfault {

/// Decisions depend only on the calls made.
class ThrashingGuard {
 public:
  virtual ~ThrashingGuard() = default;
  /// Stable id with a version, "none/1".
  virtual std::string_view name() const = 0;
  /// Of the faulted pages of a block that would migrate to `device`, those to map remotely instead for now.
  virtual PageMask hold(DeviceId device, BlockSlot block, const PageMask& faulted, SimTime now) = 0;
  /// Pages that have left `device`.
  virtual void on_left(DeviceId device, BlockSlot block, const PageMask& pages, SimTime now) = 0;
};

}  // namespace farfault
