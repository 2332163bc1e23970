/// The thrashing slot: when to hold pages still.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// Why pages leave a device.
enum class Departure : std::uint8_t {
  kCpuFault,
  kOther,  ///< eviction, another device, a pin or the like
};

/// Faulted pages that are not served now.
struct Throttle {
  PageMask pages;
  SimTime until;  ///< no fault on any of them is served before; meaningful if there are any
};

/// Decisions depend only on the calls made.
class ThrashingGuard {
 public:
  virtual ~ThrashingGuard() = default;
  /// Stable id with a version, "none/1".
  virtual std::string_view name() const = 0;
  /// Of the faulted pages of a block that would migrate to `device`, those that are not served now: their accesses
  /// fault again after the next replay, and it is asked again. Called before hold().
  virtual Throttle throttle(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) {
    return {};
  }
  /// Of the faulted pages of a block that would migrate to `device` and are not throttled, those to map remotely
  /// instead for now.
  virtual PageMask hold(DeviceId device, BlockSlot block, const PageMask& faulted, SimTime now) = 0;
  /// When the remote mappings of pages that hold() has just held go again, so that the next access faults and may
  /// migrate. Nothing: they stay as long as the pages are in host memory.
  virtual std::optional<SimTime> hold_ends(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*held*/,
                                           SimTime /*now*/) {
    return std::nullopt;
  }
  /// The date from which a CPU fault may take a page from `device`; the faulting thread sleeps until then, and asks
  /// again.
  virtual SimTime earliest_return(DeviceId /*device*/, BlockSlot /*block*/, unsigned /*page*/, SimTime now) {
    return now;
  }
  /// Pages that a prefetcher leaves where they are.
  virtual PageMask thrashing(BlockSlot /*block*/, SimTime /*now*/) { return {}; }
  /// Pages of a block that may come beside `faulted` ones which migrate to `device`.
  virtual PageMask beside(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) {
    return PageMask::all();
  }
  /// Pages that have come to `device`, and can be used there from now on.
  virtual void on_arrived(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*pages*/, SimTime /*now*/) {}
  /// Pages that leave `device`.
  virtual void on_left(DeviceId device, BlockSlot block, const PageMask& pages, Departure why, SimTime now) = 0;
};

}  // namespace farfault
