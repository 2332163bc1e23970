/// What the tests of NVIDIA's nvbandwidth measure (github.com/NVIDIA/nvbandwidth, README of v0.4 to v0.8).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/calibration/measurement.h"

namespace farfault::analysis::calibration {

/// nvbandwidth's buffer unless it was told otherwise; its output does not say.
inline constexpr std::uint64_t kNvbandwidthBuffer = std::uint64_t{512} << 20U;

/// A measurement without its value; nothing for a test that says nothing about host and device.
std::optional<Measurement> nvbandwidth_test(std::string_view name);

/// Adds the cells of a test's matrix, one for each device. Values are GB/s (10^9), or ns for latencies.
void add_nvbandwidth_cells(const Measurement& test, const std::vector<double>& cells, MeasuredFile& out);

}  // namespace farfault::analysis::calibration
