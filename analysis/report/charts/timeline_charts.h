/// Charts of a run's timeline. Each gives nothing where the timeline has nothing of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/report/charts/over_time.h"
#include "analysis/report/timeline.h"

namespace farfault::report {

/// A run's timeline in a chart that compares several.
struct RunTimeline {
  std::string label;  ///< from distinct_labels()
  const Timeline* timeline;
};

/// A link's direction, as series and figures name it.
struct LinkDirection {
  std::string link;
  std::string direction;          ///< "to_device", "to_host"
  std::optional<double> peak;     ///< bytes a second, if known
  std::optional<double> average;  ///< of the run, bytes a second
};

/// In how many bins a chart of one run shows a timeline, and one that compares runs.
inline constexpr std::size_t kBinsOfRun = 400;
inline constexpr std::size_t kBinsOfComparison = 150;

// What moved over a link in one direction, by cause. In bandwidth_over_time.cpp.
std::optional<Chart> bandwidth_over_time(const ChartPlace& place, const std::string& id, const Timeline& timeline,
                                         const LinkDirection& link);
std::optional<Chart> bandwidth_lines(const ChartPlace& place, const std::string& id,
                                     const std::vector<RunTimeline>& runs, const LinkDirection& link);

// Faults; pages moved by cause; evictions, and pages that came again after one. In activity_over_time.cpp.
std::optional<Chart> faults_over_time(const ChartPlace& place, const Timeline& timeline);
std::optional<Chart> moves_over_time(const ChartPlace& place, const Timeline& timeline);
std::optional<Chart> evictions_over_time(const ChartPlace& place, const Timeline& timeline);
std::optional<Chart> faults_lines(const ChartPlace& place, const std::vector<RunTimeline>& runs);
/// Pages of all series that begin so.
std::optional<Chart> moved_lines(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const std::string& series, const std::vector<RunTimeline>& runs);

/// What each memory holds. `device_capacity` in bytes where there is one device whose capacity is known.
std::optional<Chart> residency_over_time(const ChartPlace& place, const Timeline& timeline,
                                         std::optional<double> device_capacity);

// How many lanes do what, and what the driver's workers are at. In busy_over_time.cpp.
std::optional<Chart> lanes_over_time(const ChartPlace& place, const Timeline& timeline, const std::string& kind);
std::optional<Chart> driver_over_time(const ChartPlace& place, const Timeline& timeline);

/// Sum of a series' values; 0 if there is none.
double sum_of(const Timeline& timeline, const std::string& name);
/// The values of a series in at most `most` bins; zeros if there is none.
std::vector<double> values_of(const Timeline& timeline, const std::string& name, std::size_t most);
TimeBins bins_of(const Timeline& timeline);

}  // namespace farfault::report
