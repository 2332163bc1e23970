#include "analysis/calibration/measurement.h"

#include <array>

namespace farfault::analysis::calibration {

std::string_view kind_name(Kind kind) {
  constexpr std::array<std::string_view, kKindCount> kNames = {
      "copy",         "copy_both",       "migration_piece", "remote_read",      "remote_latency", "fault_group",
      "fault_kernel", "resident_kernel", "launch_latency",  "memory_bandwidth", "memory_latency"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view direction_name(Direction direction) {
  if (direction == Direction::kNone) return "";
  return direction == Direction::kToDevice ? "to_device" : "to_host";
}

bool is_rate(Kind kind) { return kind == Kind::kRemoteRead || kind == Kind::kMemoryBandwidth; }

}  // namespace farfault::analysis::calibration
