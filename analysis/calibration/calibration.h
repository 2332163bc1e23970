/// A platform's parameters fitted to measurements, and how well they fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analysis/calibration/measurement.h"

namespace farfault::analysis::calibration {

enum class Curve : std::uint8_t {
  kAuto,  ///< a line, or the points where the line misses one of them by more than 5 %
  kLine,
  kTable,
};

/// What is known of the platform that the fit is based on.
struct Base {
  std::string name;    ///< of the platform
  std::string device;  ///< whose parameters are fitted
  std::string link;    ///< that joins it
  /// Parameters by path, "driver.batch_time", in seconds, bytes, bytes a second or plain numbers.
  std::map<std::string, double> values;
  /// Rate of a PCIe link before packets take their share, bytes a second; nothing for a link of another kind.
  std::optional<double> raw_rate;
  /// Paths of the tables of points that the platform has.
  std::set<std::string> curves;

  /// 0 for what the platform does not say.
  double value(const std::string& path) const;
};

struct Options {
  Curve curve = Curve::kAuto;
  std::map<std::string, double> at_least;  ///< lower bounds of parameters by path, in base units; else 0
};

enum class Unit : std::uint8_t { kSeconds, kRate, kBytes, kShare, kPoints };

/// One value of the platform.
struct Parameter {
  enum class Standing : std::uint8_t {
    kFitted,
    kAtBound,  ///< the best fit lies at the lower bound
    kKept,     ///< the points cannot tell it: the base's value is kept
  };
  std::string path;  ///< "links.pcie.dma.to_device.piece_setup"
  Unit unit = Unit::kSeconds;
  Standing standing = Standing::kFitted;
  double value = 0;
  std::optional<std::pair<double, double>> interval;  ///< 95 %
  std::size_t points = 0;                             ///< that it rests on
  /// kPoints: the curve itself, bytes and seconds, by size.
  std::vector<std::pair<std::uint64_t, double>> curve;
};

/// A measurement beside what the parameters make of it.
struct Point {
  const Measurement* measured = nullptr;
  double fitted = 0;  ///< in the unit of the measurement
  double error() const { return fitted / measured->value - 1; }
};

/// One fit: what it is, what came out, how well.
struct Part {
  std::string name;   ///< "copies to the device"
  std::string model;  ///< "job_setup + piece_setup + size / bandwidth"
  std::vector<Parameter> parameters;
  std::vector<Point> points;
  std::vector<std::string> notes;  ///< which curve and why, what cannot be told apart
  std::string points_are;          ///< how `fitted` was made, where that is not the parameters: "leaving each out"

  /// Of the magnitude of the relative errors; 0 without points.
  double median_error() const;
  double worst_error() const;
};

struct Calibration {
  std::vector<Part> parts;
  std::vector<std::string> warnings;
  double median_error() const;
  double worst_error() const;
  std::size_t points() const;
};

/// Fits all that the files allow. `files` outlive the result. Throws InputError where a fit has too few points, or
/// nothing can be fitted.
Calibration calibrate(const std::vector<MeasuredFile>& files, const Base& base, const Options& options);

}  // namespace farfault::analysis::calibration
