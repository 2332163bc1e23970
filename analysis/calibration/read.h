/// Measurements from the files that people have.
#pragma once

#include <string>
#include <string_view>

#include "analysis/calibration/measurement.h"

namespace farfault::analysis::calibration {

/// More is refused: hostile input must not fill memory.
inline constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
inline constexpr std::size_t kMostMeasurements = 100'000;

/// Recognises the format by the contents: farfault's CSV (docs/calibrate.md), the text or JSON of NVIDIA's nvbandwidth,
/// the output of the CUDA sample bandwidthTest. Throws InputError with all that is wrong, each with file and line.
MeasuredFile parse_measurements(std::string_view text, const std::string& file);

/// The formats, one each. The texts are those that parse_measurements() hands on: \n ends every line.
MeasuredFile parse_measured_csv(std::string_view text, const std::string& file);
MeasuredFile parse_nvbandwidth_text(std::string_view text, const std::string& file);
MeasuredFile parse_nvbandwidth_json(std::string_view text, const std::string& file);
MeasuredFile parse_bandwidth_test(std::string_view text, const std::string& file);

}  // namespace farfault::analysis::calibration
