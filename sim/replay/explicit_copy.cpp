#include "sim/replay/explicit_copy.h"

namespace farfault {

void explicit_copy(Machine& machine, const Lane& lane, const traces::Event& event) {
  const Bytes bytes(event.length);
  if (machine.device_count() == 0) return machine.host().memcpy_inside(bytes);
  const bool on_device = lane.processor != 0;
  Device& device = machine.device(DeviceId(on_device ? static_cast<std::uint32_t>(lane.processor - 1) : 0));
  switch (static_cast<traces::CopyDirection>(event.value2)) {
    case traces::CopyDirection::kHostToDevice:
      return device.memcpy(LinkDirection::kToDevice, bytes);
    case traces::CopyDirection::kDeviceToHost:
      return device.memcpy(LinkDirection::kToHost, bytes);
    case traces::CopyDirection::kDeviceToDevice:
      return device.memcpy_inside(bytes);
    case traces::CopyDirection::kHostToHost:
      return machine.host().memcpy_inside(bytes);
    case traces::CopyDirection::kUnknown:
      break;
  }
  return on_device ? device.memcpy_inside(bytes) : machine.host().memcpy_inside(bytes);
}

}  // namespace farfault
