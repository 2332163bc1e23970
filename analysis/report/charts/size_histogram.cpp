#include <bit>
#include <cmath>
#include <map>

#include "analysis/report/charts/result_charts.h"

namespace farfault::report {
namespace {

/// Of the bin [2^power, 2^(power + 1)).
std::string bin_label(unsigned power, Unit unit) {
  const double low = std::ldexp(1.0, static_cast<int>(power));
  if (unit == Unit::kBytes) return bytes_text(low);
  const std::string first = count_text(low);
  return power == 0 ? first : first + " to " + count_text(low * 2 - 1);
}

}  // namespace

std::optional<Chart> size_histogram(const ChartPlace& place, const std::string& id, const std::string& title,
                                    const analysis::DistributionSummary& distribution, const std::string& axis,
                                    const std::string& of_what) {
  // Buckets of a histogram end where a power of two does.
  std::map<unsigned, std::uint64_t> bins;
  std::uint64_t all = 0;
  std::uint64_t zeros = 0;
  for (const Histogram::Bucket& bucket : distribution.buckets) {
    all += bucket.count;
    if (bucket.high == 0) {
      zeros += bucket.count;
    } else {
      bins[static_cast<unsigned>(std::bit_width(bucket.high)) - 1] += bucket.count;
    }
  }
  if (all == 0) return std::nullopt;
  Chart chart = place.begin(id, title);
  Dataset& rows = place.datasets[chart.dataset];
  rows.fields = {"size", "number", "share"};
  const auto add = [&](const std::string& label, std::uint64_t count) {
    rows.rows.push_back({label, count, rounded(static_cast<double>(count) / static_cast<double>(all), 4)});
  };
  if (zeros > 0) add("0", zeros);
  if (!bins.empty()) {
    // Empty bins between others have a place too: the axis is a scale.
    for (unsigned power = bins.begin()->first; power <= bins.rbegin()->first; ++power) {
      const auto it = bins.find(power);
      add(bin_label(power, distribution.unit), it == bins.end() ? 0 : it->second);
    }
  }
  const bool bytes = distribution.unit == Unit::kBytes;
  const std::string size_title = axis + (bytes ? " (so much, and less than twice)" : "");
  chart.height = 180;
  Json x = {{"field", "size"}, {"type", "ordinal"}, {"sort", nullptr}, {"title", size_title}};
  x["axis"] = {{"labelAngle", 0}};
  // Few bars would be as wide as a page.
  const bool few = rows.rows.size() < 12;
  chart.spec = {
      {"data", {{"name", chart.dataset}}},
      {"width", few ? Json{{"step", 60}} : Json("container")},
      {"height", chart.height},
      {"mark", {{"type", "bar"}}},
      {"encoding",
       {{"x", std::move(x)},
        {"y", quantity("number", of_what)},
        {"tooltip", Json::array({tip("size", axis, ""), tip("number", of_what, ","), tip("share", "share", ".1%")})}}}};
  chart.columns = {{"size", size_title}, {"number", of_what}, {"share", "share"}};
  const auto text = [&distribution, bytes](double value) { return bytes ? bytes_text(value) : count_text(value); };
  chart.description = count_text(static_cast<double>(all)) + ' ' + of_what + ": " + text(distribution.mean) +
                      " on average, half of them " + text(static_cast<double>(distribution.p50)) +
                      " at most, the largest " + text(static_cast<double>(distribution.max)) + '.';
  return chart;
}

}  // namespace farfault::report
