/// Amounts over simulated time: stacked by what they are, or as lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/report/charts/parts.h"

namespace farfault::report {

/// A part of a stack, or a line, whose name is the code's own.
struct NamedSeries {
  std::string field;  ///< [a-z_]+
  std::string label;
  std::string colour;          ///< "theme:series-1"
  std::vector<double> values;  ///< one for each bin, in the unit of the axis
};

/// Bins of equal width from 0.
struct TimeBins {
  double width_ps = 1;
  double end_ps = 1;
  std::size_t count = 0;
};

/// How a value that does not change with time is shown: a line across, with its name.
struct Level {
  double value = 0;
  std::string label;
};

struct OverTime {
  TimeBins bins;
  std::vector<NamedSeries> series;
  std::string axis;          ///< title of the y axis, with unit
  std::string legend;        ///< title of the legend
  std::string total;         ///< "all, GB/s": a column with the sum; empty: none
  bool stacked = true;       ///< else one behind the other, the first the farthest back
  std::vector<Level> level;  ///< at most one
  bool below_zero = false;   ///< amounts below zero stand for themselves, without a sign
};

/// Adds one row for each bin, and one at the end. REQUIRES: at least one series.
void draw_over_time(Chart& chart, const ChartPlace& place, const OverTime& data);

/// A line whose name is a user's.
struct UserLine {
  std::string label;  ///< from distinct_labels()
  std::vector<double> values;
  TimeBins bins;
};

/// Lines of runs that need not have the same bins. Adds a row for each bin of each. `all_labels`: of all columns, where
/// not every one has a line.
void draw_lines(Chart& chart, const ChartPlace& place, const std::vector<UserLine>& lines, const std::string& axis,
                const std::string& what, const std::vector<std::string>& all_labels = {});

/// Sums neighbours until there are at most `most` bins; `means` averages them.
std::vector<double> coarser(const std::vector<double>& values, std::size_t most, bool means);
/// The width that goes with it.
TimeBins coarser(const TimeBins& bins, std::size_t most);

}  // namespace farfault::report
