#include "analysis/calibration/nvbandwidth.h"

#include <algorithm>

namespace farfault::analysis::calibration {

std::optional<Measurement> nvbandwidth_test(std::string_view name) {
  Measurement m;
  m.memory = HostMemory::kPinned;
  m.size = kNvbandwidthBuffer;
  m.name = name;
  // Copy engines only: the tests ending in _sm copy with a kernel, which the models have no name for.
  if (name == "host_to_device_memcpy_ce" || name == "device_to_host_memcpy_ce") {
    m.kind = Kind::kCopy;
  } else if (name == "host_to_device_bidirectional_memcpy_ce" || name == "device_to_host_bidirectional_memcpy_ce") {
    m.kind = Kind::kCopyBoth;
  } else if (name == "host_device_latency_sm") {
    m.kind = Kind::kRemoteLatency;
    m.size = 0;
    return m;
  } else {
    return std::nullopt;
  }
  m.direction = name.starts_with("host") ? Direction::kToDevice : Direction::kToHost;
  return m;
}

void add_nvbandwidth_cells(const Measurement& test, const std::vector<double>& cells, MeasuredFile& out) {
  for (const double cell : cells) {
    Measurement m = test;
    const bool latency = m.kind == Kind::kRemoteLatency;
    m.value = latency ? cell * 1e-9 : static_cast<double>(m.size) / (cell * 1e9);
    m.file = out.file;
    out.measurements.push_back(std::move(m));
  }
  if (cells.size() < 2) return;
  const auto [low, high] = std::minmax_element(cells.begin(), cells.end());
  if (*high > *low * 1.05) {
    out.remarks.push_back(test.name + ": " + std::to_string(cells.size()) +
                          " devices differ by more than 5 %; all are used as if they were one");
  }
}

}  // namespace farfault::analysis::calibration
