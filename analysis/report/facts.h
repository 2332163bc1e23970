/// Figures of a run by name, and what their names tell of its platform.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/report/charts/result_charts.h"
#include "analysis/report/charts/timeline_charts.h"
#include "analysis/result_file.h"

namespace farfault::report {

/// The value in its base unit; nothing if there is no such figure, or it is no finite number.
std::optional<double> find_figure(const Figures& figures, std::string_view name);
/// The same, or zero.
double figure(const Figures& figures, std::string_view name);
/// Sum of the times of figures "PREFIX...SUFFIX".
double sum_of_times(const Figures& figures, std::string_view prefix, std::string_view suffix);

/// Directions of links that moved anything, with averages, and peaks where figures tell them.
std::vector<LinkDirection> link_directions(const Figures& figures);

/// "pcie to the device"
std::string direction_of(const std::string& direction);

/// Where the time of the lanes of a kind ("device", "host") went.
LanesTime lanes_time(const Figures& figures, const std::string& kind, std::string label);

/// Of the one device, if there is one.
std::optional<double> capacity_of_one_device(const Figures& figures);

}  // namespace farfault::report
