#include <algorithm>
#include <numeric>
#include <utility>

#include "analysis/report/charts/causes.h"
#include "analysis/report/charts/timeline_charts.h"
#include "sim/core/text.h"

namespace farfault::report {
namespace {

/// Of all causes together, in bytes a bin.
std::vector<double> bytes_of(const Timeline& timeline, const LinkDirection& link, std::size_t most) {
  std::vector<double> out(bins_of(timeline).count, 0.0);
  for (const Part& cause : link_causes()) {
    const auto it = timeline.series.find("link." + link.link + '.' + link.direction + '.' + cause.field);
    if (it == timeline.series.end()) continue;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += it->second.values[i];
  }
  return coarser(out, most, false);
}

std::string direction_text(const LinkDirection& link) {
  return link.direction == "to_device" ? "to the device" : "to the host";
}

std::string extremes(const std::vector<double>& rates, const TimeBins& bins, const LinkDirection& link) {
  const auto most = std::max_element(rates.begin(), rates.end());
  const double at = static_cast<double>(most - rates.begin()) * bins.width_ps;
  std::string out;
  if (link.average) {
    out += rate_text(*link.average) + " on average";
    if (link.peak) out += ", " + percent_text(*link.average / *link.peak) + " of the link's peak";
    out += "; ";
  }
  out += "at most " + rate_text(*most) + " over " + time_text(bins.width_ps) + ", at " + time_text(at);
  if (link.peak && *link.peak > 0)
    out += " (" + percent_text(*most / *link.peak) + " of the peak of " + rate_text(*link.peak) + ")";
  return out;
}

}  // namespace

std::optional<Chart> bandwidth_over_time(const ChartPlace& place, const std::string& id, const Timeline& timeline,
                                         const LinkDirection& link) {
  const std::vector<double> all = bytes_of(timeline, link, kBinsOfRun);
  const double sum = std::accumulate(all.begin(), all.end(), 0.0);
  if (sum <= 0) return std::nullopt;
  Chart chart = place.begin(id, "Bandwidth of " + printable(link.link, 40) + ", " + direction_text(link));
  chart.height = 190;
  OverTime data;
  data.bins = coarser(bins_of(timeline), kBinsOfRun);
  const double seconds = data.bins.width_ps * 1e-12;
  std::vector<double> rates;
  rates.reserve(all.size());
  for (const double bytes : all) rates.push_back(bytes / seconds);
  const double most = *std::max_element(rates.begin(), rates.end());
  const Scale scale = rate_scale(most);
  std::vector<std::string> shares;
  for (const Part& cause : link_causes()) {
    const std::string name = "link." + link.link + '.' + link.direction + '.' + cause.field;
    const double bytes = sum_of(timeline, name);
    if (bytes <= 0) continue;
    std::vector<double> values = values_of(timeline, name, kBinsOfRun);
    for (double& value : values) value /= seconds * scale.divisor;
    data.series.push_back({cause.field, cause.label, cause.colour, std::move(values)});
    shares.push_back(cause.label + ' ' + bytes_text(bytes));
  }
  data.axis = "bandwidth (" + scale.unit + ")";
  data.legend = "cause";
  data.total = "all causes: bandwidth (" + scale.unit + ")";
  // A peak far above would leave the data at the bottom; the caption tells it.
  if (link.peak && most > 0.4 * *link.peak && *link.peak < 1e18) {
    data.level.push_back({*link.peak / scale.divisor, "the link's peak"});
  }
  chart.description = extremes(rates, data.bins, link) + ". Moved: " + listed(shares) + '.';
  chart.description.front() = chart.description.front() == 'a' ? 'A' : chart.description.front();
  draw_over_time(chart, place, data);
  return chart;
}

std::optional<Chart> bandwidth_lines(const ChartPlace& place, const std::string& id,
                                     const std::vector<RunTimeline>& runs, const LinkDirection& link) {
  double most = 0;
  std::string most_label;
  std::vector<UserLine> lines;
  for (const RunTimeline& run : runs) {
    const TimeBins bins = coarser(bins_of(*run.timeline), kBinsOfComparison);
    std::vector<double> rates = bytes_of(*run.timeline, link, kBinsOfComparison);
    for (double& rate : rates) {
      rate /= bins.width_ps * 1e-12;
      if (rate > most) {
        most = rate;
        most_label = run.label;
      }
    }
    lines.push_back({run.label, std::move(rates), bins});
  }
  if (most <= 0) return std::nullopt;
  const Scale scale = rate_scale(most);
  for (UserLine& line : lines) {
    for (double& value : line.values) value /= scale.divisor;
  }
  Chart chart = place.begin(id, "Bandwidth of " + printable(link.link, 40) + ", " + direction_text(link));
  chart.height = 210;
  chart.description = "At most " + rate_text(most) + " (" + most_label + ").";
  if (link.peak && *link.peak > 0) {
    chart.description.back() = ',';
    chart.description += ' ' + percent_text(most / *link.peak) + " of the peak of " + rate_text(*link.peak) + '.';
  }
  draw_lines(chart, place, lines, "bandwidth (" + scale.unit + ")", "column", place.columns);
  return chart;
}

double sum_of(const Timeline& timeline, const std::string& name) {
  const auto it = timeline.series.find(name);
  return it == timeline.series.end() ? 0 : std::accumulate(it->second.values.begin(), it->second.values.end(), 0.0);
}

std::vector<double> values_of(const Timeline& timeline, const std::string& name, std::size_t most) {
  const auto it = timeline.series.find(name);
  if (it == timeline.series.end()) return coarser(std::vector<double>(timeline.bins, 0.0), most, false);
  return coarser(it->second.values, most, it->second.kind == SeriesKind::kMean);
}

TimeBins bins_of(const Timeline& timeline) {
  return {static_cast<double>(timeline.bin_width_ps), static_cast<double>(timeline.end_ps), timeline.bins};
}

}  // namespace farfault::report
