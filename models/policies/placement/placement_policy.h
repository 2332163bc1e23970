/// The placement slot: what to do with a device's fault.
#pragma once

#include <string_view>

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

/// Decisions depend only on the calls made.
class PlacementPolicy {
 public:
  virtual ~PlacementPolicy() = default;
  /// Stable id with a version, "migrate_on_fault/1": bump it when decisions can change.
  virtual std::string_view name() const = 0;
  virtual Placement on_fault(const PlacementFault& fault, SimTime now) = 0;
};

}  // namespace farfault
