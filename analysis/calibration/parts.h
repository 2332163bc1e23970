/// The fits one by one; calibrate() puts them together.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/calibration/calibration.h"
#include "analysis/calibration/least_squares.h"

namespace farfault::analysis::calibration {

using Measurements = std::vector<const Measurement*>;

/// What all fits know.
struct Task {
  const Base& base;
  const Options& options;
  std::vector<std::string>& warnings;

  /// The lower bound of a parameter.
  double at_least(const std::string& path) const;
};

/// Copy time by size as the models have it, of one direction.
struct CopyModel {
  double job_setup = 0;
  double piece_setup = 0;
  double seconds_per_byte = 0;
  std::vector<std::pair<std::uint64_t, double>>
      curve;  ///< not empty: a piece's time by size, between its points a line
  /// Of jobs whose pieces have these sizes.
  double time(double jobs, const std::vector<std::uint64_t>& pieces) const;
};

/// Copies (kCopy) or pieces (kMigrationPiece) of one direction. `prefix` is that of the parameters:
/// "links.pcie.dma.to_device".
Part fit_copies(const Measurements& measured, const std::string& name, const std::string& prefix, const Task& task,
                CopyModel& model);
/// What the platform says, for groups of faults without measured pieces.
CopyModel copy_model_of(const Base& base, const std::string& prefix);
/// What the platform's link carries in copies at most; infinite where it is unlimited or not known.
double link_rate_of(const Base& base);

/// The rate that is left to a direction while the other one is busy. `alone`: copies of the same direction.
Part fit_duplex(const Measurements& both, const CopyModel& alone, Direction direction, const Task& task);

Part fit_groups(const Measurements& groups, const CopyModel& pieces, const Task& task);
/// What is between the groups of kernels that do nothing but fault. `groups` is the fit of fit_groups().
Part fit_between(const Measurements& kernels, const CopyModel& pieces, const Part& groups, const Task& task);

Part fit_remote(const Measurements& rates, const Measurements& latencies, const Task& task);

Part fit_memory_bandwidth(const Measurements& measured, const Task& task);
Part fit_memory_latency(const Measurements& measured, const Task& task);
/// Launches and kernels that move memory. `bandwidth` is the memory's, where it was measured apart.
Part fit_kernels(const Measurements& launches, const Measurements& kernels, std::optional<double> bandwidth,
                 const Task& task);

// What they share.

/// To four significant digits: what is written is what the errors are of.
double rounded(double value);
/// The best constant for relative errors, with its interval.
Parameter fit_constant(const Measurements& measured, const std::string& path, Unit unit);
/// 1 / value^2, times the point's own weight: errors are relative.
double weight_of(const Measurement& measured);
/// The parameter of a column of a fit.
Parameter parameter_of(const Fit& fit, std::size_t column, const std::string& path, Unit unit, std::size_t points);
/// A parameter whose value the base keeps.
Parameter kept(const Base& base, const std::string& path, Unit unit);
/// Distinct sizes.
std::size_t sizes_of(const Measurements& measured);
/// "FILE:LINE" of the first, for messages.
[[noreturn]] void too_few(const Measurements& measured, const std::string& problem, const std::string& remedy);

}  // namespace farfault::analysis::calibration
