/// A whole machine: host, links, devices, and the driver that serves the devices' faults.
#pragma once

#include <string>
#include <vector>

#include "models/cpu/host_spec.h"
#include "models/driver/driver_spec.h"
#include "models/gpu/device_spec.h"
#include "models/link/link_spec.h"

namespace farfault {

/// Most memory of a device. The books of device memory take some 80 bytes for each 2 MiB: 160 MiB for this much.
inline constexpr Bytes kMostDeviceMemory = Bytes::gib(4096);

struct PlatformSpec {
  std::string name = "generic-pcie3";
  std::string description;
  HostSpec host;
  std::vector<LinkSpec> links{LinkSpec{}};        ///< names unique
  std::vector<DeviceSpec> devices{DeviceSpec{}};  ///< names unique; none is legal (a host alone); at most 16
  DriverSpec driver;
  bool operator==(const PlatformSpec&) const = default;
};

}  // namespace farfault
