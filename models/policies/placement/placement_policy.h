/// The placement slot: what to do with a device's fault, and with what the device's access counters tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

enum class Placement : std::uint8_t {
  kMigrate,    ///< bring the page into the device's memory
  kMapRemote,  ///< leave it where it is and let the device reach it over the link
};

/// A fault as a placement policy sees it.
struct PlacementFault {
  DeviceId device;
  BlockSlot block;
  unsigned page = 0;  ///< index in the block
  bool write = false;
  bool populated = true;  ///< false: the page has no contents yet, there is nothing to map remotely
};

/// How devices count what they access over the link, for a policy that wants to hear of it.
struct AccessCounting {
  Bytes granularity = kBlockSize;       ///< of the regions that have a counter each; a power of two, 64 KiB or more
  std::uint64_t threshold = 256;        ///< accesses of a region that lead to a notification; >= 1
  std::uint64_t buffer = 4096;          ///< notifications that a device holds; more are lost; >= 1
  std::uint64_t batch = 256;            ///< notifications that the driver reads at once; >= 1
  bool map_remote_on_eviction = false;  ///< pages that make room stay mapped, and count from then on
};

/// Decisions depend only on the calls made.
class PlacementPolicy {
 public:
  virtual ~PlacementPolicy() = default;
  /// Stable id with a version, "migrate_on_fault/1": bump it when decisions can change.
  virtual std::string_view name() const = 0;
  virtual Placement on_fault(const PlacementFault& fault, SimTime now) = 0;

  /// Nothing: no device counts, and replays pay nothing for it. Asked once, before the run.
  virtual std::optional<AccessCounting> access_counting() const { return std::nullopt; }
  /// A region's counter of `device` has told. Of the pages of the region in one block that the device maps in host
  /// memory, those to bring into its memory.
  virtual PageMask on_notification(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*remote*/,
                                   SimTime /*now*/) {
    return {};
  }
};

}  // namespace farfault
