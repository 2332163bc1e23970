/// A calibration as a platform file, as numbers for other programs, and as a plot.
#pragma once

#include <string>

#include "analysis/calibration/calibration.h"

namespace farfault::analysis::calibration {

struct Naming {
  std::string name;         ///< of the platform
  std::string description;  ///< empty: says what was fitted to what
  std::string date;         ///< when it was measured; may be empty
};

/// {"base": ..., "links": {...}}: every fitted value with what it rests on; kept values stay the base's. With a newline
/// at its end.
std::string platform_json(const Calibration& calibration, const Base& base, const Naming& naming);

/// What a value rests on: "measured: fit of my.csv (6 points, median error 0.8 %), 2024-05-01".
std::string source_text(const Part& part, const Parameter& parameter, const std::string& date);

/// Parameters and points in base units: seconds, bytes, bytes a second.
std::string calibration_json(const Calibration& calibration, const Base& base, const Naming& naming);
std::string calibration_csv(const Calibration& calibration);

/// The value as a platform file has it: "874.9 ns".
std::string value_text(Unit unit, double value);
/// A measured value for people: "1.18 us", "12.2 GB/s".
std::string measured_text(const Measurement& measured, double value);

/// Points of all parts that have sizes, and a gnuplot script that draws them into `svg`. REQUIRES: the names have no
/// control characters.
std::string plot_csv(const Calibration& calibration);
std::string plot_script(const Calibration& calibration, const std::string& title, const std::string& csv,
                        const std::string& svg);

}  // namespace farfault::analysis::calibration
