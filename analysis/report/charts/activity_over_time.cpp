#include <algorithm>
#include <utility>

#include "analysis/report/charts/causes.h"
#include "analysis/report/charts/timeline_charts.h"

namespace farfault::report {
namespace {

/// The unit of time that rates are per: about a hundredth of the run or more.
Scale rate_time(const Timeline& timeline) { return time_scale(static_cast<double>(timeline.end_ps) / 5); }

/// A series as a rate per unit of time.
NamedSeries rate_series(const Timeline& timeline, const Part& part, const std::string& name, const Scale& per) {
  std::vector<double> values = values_of(timeline, name, kBinsOfRun);
  const double width = coarser(bins_of(timeline), kBinsOfRun).width_ps / per.divisor;
  for (double& value : values) value /= width;
  return {part.field, part.label, part.colour, std::move(values)};
}

/// "at most 12 in 67.1 us, at 3.2 ms"
std::string most_in_a_bin(const Timeline& timeline, const std::string& name) {
  const std::vector<double> values = values_of(timeline, name, kBinsOfRun);
  const double width = coarser(bins_of(timeline), kBinsOfRun).width_ps;
  const auto most = std::max_element(values.begin(), values.end());
  return "at most " + count_text(*most) + " in " + time_text(width) + ", at " +
         time_text(static_cast<double>(most - values.begin()) * width);
}

OverTime rates_over_time(const Timeline& timeline, const std::vector<Part>& parts, const std::string& prefix,
                         const std::string& what, const Scale& per) {
  OverTime out;
  out.bins = coarser(bins_of(timeline), kBinsOfRun);
  out.axis = what + " per " + per.unit;
  for (const Part& part : parts) {
    if (sum_of(timeline, prefix + part.field) > 0) {
      out.series.push_back(rate_series(timeline, part, prefix + part.field, per));
    }
  }
  return out;
}

/// A line for each run: what the series that begin so count, per unit of time.
std::optional<Chart> count_lines(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const std::string& series, const std::string& what,
                                 const std::vector<RunTimeline>& runs) {
  double end = 0;
  double all = 0;
  for (const RunTimeline& run : runs) end = std::max(end, static_cast<double>(run.timeline->end_ps));
  const Scale per = time_scale(end / 5);
  std::vector<UserLine> lines;
  std::vector<std::string> sums;
  for (const RunTimeline& run : runs) {
    const TimeBins bins = coarser(bins_of(*run.timeline), kBinsOfComparison);
    std::vector<double> values(bins.count, 0.0);
    double sum = 0;
    for (auto it = run.timeline->series.lower_bound(series);
         it != run.timeline->series.end() && it->first.starts_with(series); ++it) {
      const std::vector<double> part = coarser(it->second.values, kBinsOfComparison, false);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += part[i] * per.divisor / bins.width_ps;
      sum += sum_of(*run.timeline, it->first);
    }
    all += sum;
    sums.push_back(count_text(sum) + " in " + run.label);
    lines.push_back({run.label, std::move(values), bins});
  }
  if (all <= 0) return std::nullopt;
  Chart chart = place.begin(id, title);
  chart.height = 210;
  chart.description = "In all: " + listed(sums) + '.';
  draw_lines(chart, place, lines, what + " per " + per.unit, "column", place.columns);
  return chart;
}

}  // namespace

std::optional<Chart> faults_over_time(const ChartPlace& place, const Timeline& timeline) {
  const Scale per = rate_time(timeline);
  OverTime data;
  data.bins = coarser(bins_of(timeline), kBinsOfRun);
  data.axis = "faults, batches per " + per.unit;
  data.stacked = false;
  std::vector<std::string> sums;
  struct Line {
    Part part;
    const char* series;
    const char* one;
    const char* many;
  };
  const std::vector<Line> lines = {
      {{"raised", "device faults", "theme:series-2"}, "faults.device.raised", "device fault", "device faults"},
      {{"duplicate", "of these, duplicates", "theme:series-5"}, "faults.device.duplicate", "duplicate", "duplicates"},
      {{"batches", "batches", "theme:series-1"}, "faults.device.batches", "batch", "batches"},
      {{"host", "host faults on device pages", "theme:series-3"}, "faults.cpu", "host fault", "host faults"}};
  for (const Line& line : lines) {
    const double sum = sum_of(timeline, line.series);
    if (sum <= 0) continue;
    data.series.push_back(rate_series(timeline, line.part, line.series, per));
    sums.push_back(counted(sum, line.one, line.many));
  }
  if (data.series.empty()) return std::nullopt;
  Chart chart = place.begin("faults", "Faults");
  chart.height = 190;
  chart.description = "In all " + listed(sums) + '.';
  if (sum_of(timeline, "faults.device.raised") > 0) {
    chart.description += " Device faults: " + most_in_a_bin(timeline, "faults.device.raised") + '.';
  }
  draw_over_time(chart, place, data);
  return chart;
}

std::optional<Chart> moves_over_time(const ChartPlace& place, const Timeline& timeline) {
  const Scale per = rate_time(timeline);
  OverTime in = rates_over_time(timeline, causes_to_device(), "pages.to_device.", "pages", per);
  const OverTime out = rates_over_time(timeline, causes_to_host(), "pages.to_host.", "pages", per);
  double came = 0;
  double left = 0;
  for (NamedSeries& series : in.series) {
    came += sum_of(timeline, "pages.to_device." + series.field);
    series.field = "in_" + series.field;
    series.label = "came: " + series.label;
  }
  for (NamedSeries series : out.series) {
    left += sum_of(timeline, "pages.to_host." + series.field);
    series.field = "out_" + series.field;
    series.label = "left: " + series.label;
    for (double& value : series.values) value = -value;
    in.series.push_back(std::move(series));
  }
  if (in.series.empty()) return std::nullopt;
  Chart chart = place.begin("moves", "Pages that came to devices, and left");
  chart.height = 230;
  chart.description =
      counted(came, "page", "pages") + " came, " + counted(left, "page", "pages") + " left. What left is below zero.";
  in.axis = "pages per " + per.unit + ", left below";
  in.below_zero = true;
  draw_over_time(chart, place, in);
  return chart;
}

std::optional<Chart> evictions_over_time(const ChartPlace& place, const Timeline& timeline) {
  const Scale per = rate_time(timeline);
  OverTime data;
  data.bins = coarser(bins_of(timeline), kBinsOfRun);
  data.axis = "pages per " + per.unit;
  data.stacked = false;
  const double evicted = sum_of(timeline, "pages.to_host.eviction");
  const double again = sum_of(timeline, "pages.refault");
  if (evicted <= 0) return std::nullopt;
  data.series.push_back(rate_series(timeline, {"evicted", "evicted", "theme:series-2"}, "pages.to_host.eviction", per));
  if (again > 0) {
    data.series.push_back(
        rate_series(timeline, {"again", "faulted again after an eviction", "theme:series-9"}, "pages.refault", per));
  }
  Chart chart = place.begin("evictions", "Evictions and thrash");
  chart.height = 190;
  chart.description = counted(evicted, "page", "pages") + " evicted, " +
                      most_in_a_bin(timeline, "pages.to_host.eviction") + "; " +
                      counted(again, "faulted page", "faulted pages") + " had been evicted before.";
  draw_over_time(chart, place, data);
  return chart;
}

std::optional<Chart> faults_lines(const ChartPlace& place, const std::vector<RunTimeline>& runs) {
  return count_lines(place, "faults", "Device faults", "faults.device.raised", "device faults", runs);
}

std::optional<Chart> moved_lines(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const std::string& series, const std::vector<RunTimeline>& runs) {
  return count_lines(place, id, title, series, "pages", runs);
}

}  // namespace farfault::report
