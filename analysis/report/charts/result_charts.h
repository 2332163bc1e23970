/// Charts of figures and distributions: of one run, or of the columns of a comparison. Each gives nothing where there
/// is nothing to show. Labels of columns come from distinct_labels().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/compare.h"
#include "analysis/report/charts/parts.h"
#include "analysis/report/run_folder.h"
#include "analysis/report/timeline.h"
#include "analysis/result_file.h"

namespace farfault::report {

/// Where the time of some lanes went: picoseconds by category ("stall"), summed over them.
struct LanesTime {
  std::string label;
  double lanes = 1;
  std::map<std::string, double> time;
};
/// One bar each, of the time of the mean lane: bars of a run's lanes are as long as the run.
std::optional<Chart> time_breakdown(const ChartPlace& place, const std::string& id, const std::string& title,
                                    const std::vector<LanesTime>& bars);

/// What a difference in time is put down to (analysis::Comparison::components): for each column but the first, parts
/// that make it slower to the right, faster to the left, and the sum as a mark.
std::optional<Chart> difference_parts(const ChartPlace& place, const analysis::Comparison& comparison,
                                      const std::vector<std::string>& labels);
/// Of a single run: the components themselves.
std::optional<Chart> time_components(const ChartPlace& place, const analysis::Comparison& comparison);

/// A distribution of latencies under a label.
struct LatencyLine {
  std::string label;
  const analysis::DistributionSummary* distribution;
};
/// The share of accesses or faults that took so long at most, with p50, p90 and p99 as points. `all_labels`: of all
/// columns, where not every one has a line.
std::optional<Chart> latency_cdf(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const std::vector<LatencyLine>& lines, const std::string& what,
                                 const std::vector<std::string>& all_labels = {});

/// How often what size: a bar for each power of two.
std::optional<Chart> size_histogram(const ChartPlace& place, const std::string& id, const std::string& title,
                                    const analysis::DistributionSummary& distribution, const std::string& axis,
                                    const std::string& of_what);

/// A layer of the heat map. `share`: as parts of the pages of a row, 0 to 1.
struct HeatChart {
  std::string layer;
  std::string id;
  std::string title;
  std::string legend;
  bool share = false;
};
/// In at most so many cells; rows and bins are put together where there are more.
struct HeatSize {
  std::size_t rows = 128;
  std::size_t bins = 160;
};
std::optional<Chart> heat_map(const ChartPlace& place, const HeatMap& map, double end_ps, const HeatChart& what,
                              const HeatSize& size);

/// A figure's value in each column as bars, with the ratio to the first.
std::optional<Chart> figure_bars(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const analysis::Row& row, const std::vector<std::string>& labels);
/// Ratios of several figures to the first column, a point for each column, on a logarithmic axis. `names`: what the
/// figures are called, beside their rows.
std::optional<Chart> ratio_dots(const ChartPlace& place,
                                const std::vector<std::pair<std::string, const analysis::Row*>>& rows,
                                const std::vector<std::string>& labels);

/// A bar for each column, of parts: figures of bytes or of times.
struct CostPart {
  std::string figure;
  std::string label;
};
std::optional<Chart> cost_bars(const ChartPlace& place, const std::string& id, const std::string& title,
                               const std::vector<CostPart>& parts, const std::vector<Figures>& columns,
                               const std::vector<std::string>& labels, Unit unit);
/// The two costs of a kernel design: memory for its structures, and time of set-up by part.
std::optional<Chart> metadata_memory(const ChartPlace& place, const std::vector<Figures>& columns,
                                     const std::vector<std::string>& labels);
std::optional<Chart> metadata_setup(const ChartPlace& place, const std::vector<Figures>& columns,
                                    const std::vector<std::string>& labels);
/// A figure over sizes of memory, a line for each column: of set-ups without a run.
struct CostPoint {
  std::string memory;  ///< "80 GiB"
  std::string label;
  double value = 0;
};
std::optional<Chart> cost_over_memory(const ChartPlace& place, const std::string& id, const std::string& title,
                                      const std::vector<CostPoint>& points, Unit unit);

/// Ratios of one column to the first when one parameter at a time is divided or multiplied; the most influential first.
std::optional<Chart> tornado(const ChartPlace& place, const SensitivityResults& sensitivity, std::size_t column,
                             const std::vector<std::string>& labels);

/// Ratios of all scenarios' columns to their first: a row for each scenario.
struct ScenarioRatio {
  std::string scenario;
  std::string column;
  double ratio = 1;
  std::string time;
  bool best = false;
};
std::optional<Chart> scenario_ratios(const ChartPlace& place, const std::vector<ScenarioRatio>& ratios);

}  // namespace farfault::report
