/// What the charts have in common: where they go, units that fit, short numbers, axes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/report/chart.h"
#include "sim/core/statistics.h"

namespace farfault::report {

/// Where charts of a part of a page go: identifiers and names of datasets begin with the prefix ("", "s2-").
struct ChartPlace {
  std::string prefix;
  Datasets& datasets;
  std::vector<std::string> columns = {};  ///< labels of all, in a comparison: for their colours

  /// With id and dataset's name; the dataset is yet to be added.
  Chart begin(std::string_view id, std::string title) const;
};

/// Adds a chart if there is one: those of which there is nothing to show are none.
inline void add_chart(std::vector<Chart>& charts, std::optional<Chart> chart) {
  if (chart) charts.push_back(std::move(*chart));
}

/// A unit that values are shown in: value / divisor.
struct Scale {
  double divisor = 1;
  std::string unit;
};
/// For picoseconds up to `most`: ps, ns, us, ms, s.
Scale time_scale(double most);
/// For bytes: B, KiB, MiB, GiB, TiB.
Scale byte_scale(double most);
/// For bytes a second: B/s, kB/s, MB/s, GB/s.
Scale rate_scale(double most);

/// At most six significant digits, whole where it is whole: pages stay small. Null for what is not finite.
Json rounded(double value, int digits = 6);

/// "12.4 us", "3.2 MiB", "9.8 GB/s", "1,234", "0.078".
std::string time_text(double ps);
std::string bytes_text(double bytes);
std::string rate_text(double bytes_per_second);
std::string count_text(double count);
/// "7.5 %"; "< 0.1 %" for a little, "0 %" for nothing.
std::string percent_text(double share);
/// "1 fault", "2 faults".
std::string counted(double count, const std::string& one, const std::string& many);
/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& parts);

/// The encoding of a quantitative channel.
Json quantity(const char* field, const std::string& title);
/// Of the x axis of simulated time, from 0 to `end` in the scale's unit.
Json time_axis(const char* field, const Scale& scale, double end_ps);
/// A tooltip's line.
Json tip(const char* field, const std::string& title, const char* format = ".4~g");
/// One of a list of labels as colour: in this order, in these colours.
Json colour_of(const char* field, const std::vector<std::string>& labels, const std::vector<std::string>& colours,
               const std::string& title);
/// Powers of ten within a range, or with 2 and 5 times them where there are few: values of a logarithmic axis.
Json decades(double low, double high);
/// Expressions for labels of axes of nanoseconds, and of bytes, whatever the size.
std::string time_label();
std::string bytes_label();
/// A layer that draws nothing, to be the first: all columns have their colours in the order of `labels`, in every chart
/// alike, whether a chart has something of each or not.
Json column_names(const ChartPlace& place, const Chart& chart, const char* field,
                  const std::vector<std::string>& labels);
/// "theme:series-1" and so on; index from 0, again from the first after ten.
std::string series_colour(std::size_t index);

/// Labels for names of a config, each once: as chart_label(), with a number where two would be the same.
std::vector<std::string> distinct_labels(const std::vector<std::string>& names);

}  // namespace farfault::report
