/// A run's course in a few lines of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/replay/timeline/timeline.h"

namespace farfault::cli {

/// Whether the terminal's character set has what sparklines are drawn with: by LC_ALL, LC_CTYPE or LANG.
bool has_sparks();

/// Eight heights, the highest that of the largest value; nothing for zero. Columns of equal length: as many as there
/// are values, or `columns` if these are fewer, each the mean of its part.
std::string spark_text(const std::vector<double>& values, std::size_t columns);

/// A line for each of the courses, with its largest value; empty if there are none. `width` is the terminal's.
std::string over_time_text(const std::vector<Course>& courses, std::size_t width);

}  // namespace farfault::cli
