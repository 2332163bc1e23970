#include <algorithm>
#include <cmath>
#include <tuple>

#include "analysis/report/charts/result_charts.h"

namespace farfault::report {
namespace {

// A step that nobody can see is left out: this much of all, or of what is yet to come.
constexpr double kStep = 0.003;
constexpr double kTailStep = 0.06;

/// Nanoseconds; what took no time goes where a logarithmic axis has a place for it.
double on_axis(std::uint64_t ps) { return std::max(static_cast<double>(ps), 100.0) * 1e-3; }

struct CdfPoint {
  double at;     ///< ns
  double share;  ///< of all that took so long at most
};

std::vector<CdfPoint> cdf_of(const analysis::DistributionSummary& distribution) {
  std::vector<CdfPoint> out;
  double all = 0;
  for (const Histogram::Bucket& bucket : distribution.buckets) all += static_cast<double>(bucket.count);
  if (all <= 0) return out;
  double seen = 0;
  out.push_back({on_axis(distribution.buckets.front().low), 0});
  double kept = 0;
  for (std::size_t i = 0; i < distribution.buckets.size(); ++i) {
    const Histogram::Bucket& bucket = distribution.buckets[i];
    seen += static_cast<double>(bucket.count);
    const bool last = i + 1 == distribution.buckets.size();
    const double share = last ? 1 : seen / all;
    // Of a step, its foot and its top.
    const bool seen_well = share - kept >= kStep || (1 - share) <= (1 - kept) * (1 - kTailStep);
    if (!last && !seen_well) continue;
    // The last bucket ends where the largest value is.
    const std::uint64_t high = last ? std::clamp(distribution.max, bucket.low, bucket.high) : bucket.high;
    out.push_back({std::max(on_axis(high), out.back().at), share});
    kept = share;
  }
  return out;
}

/// Powers of ten within the range, or with 2 and 5 where there are few.
Json decades(double low, double high) {
  Json out = Json::array();
  const bool few = std::log10(high / low) < 2.2;
  for (double power = std::pow(10.0, std::floor(std::log10(low))); power <= high * 1.0001; power *= 10) {
    for (const double step : {1.0, 2.0, 5.0}) {
      if (step != 1.0 && !few) continue;
      if (power * step >= low * 0.9999 && power * step <= high * 1.0001) out.push_back(rounded(power * step));
    }
  }
  return out;
}

constexpr const char* kTimeLabel =
    "datum.value >= 1e9 ? format(datum.value / 1e9, '~g') + ' s' : datum.value >= 1e6 ? format(datum.value / 1e6, "
    "'~g') + ' ms' : datum.value >= 1e3 ? format(datum.value / 1e3, '~g') + ' us' : format(datum.value, '~g') + ' ns'";

}  // namespace

std::optional<Chart> latency_cdf(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const std::vector<LatencyLine>& lines, const std::string& what) {
  Chart chart = place.begin(id, title);
  Dataset rows{{"line", "latency", "share"}, {}};
  Dataset marks{{"line", "mark", "latency", "share", "text"}, {}};
  double low = 1e300;
  double high = 0;
  std::vector<std::string> labels;
  std::vector<std::string> words;
  for (const LatencyLine& line : lines) {
    const std::vector<CdfPoint> points = cdf_of(*line.distribution);
    if (points.empty()) continue;
    labels.push_back(line.label);
    for (const CdfPoint& point : points) {
      rows.rows.push_back({line.label, rounded(point.at, 5), rounded(point.share, 6)});
      low = std::min(low, point.at);
      high = std::max(high, point.at);
    }
    const analysis::DistributionSummary& d = *line.distribution;
    for (const auto& [name, value, share] :
         {std::tuple("p50", d.p50, 0.5), {"p90", d.p90, 0.9}, {"p99", d.p99, 0.99}}) {
      marks.rows.push_back(
          {line.label, name, rounded(on_axis(value), 5), share, time_text(static_cast<double>(value))});
    }
    if (words.size() < 10) {
      words.push_back(line.label + ": p50 " + time_text(static_cast<double>(d.p50)) + ", p99 " +
                      time_text(static_cast<double>(d.p99)) + ", at most " + time_text(static_cast<double>(d.max)));
    }
  }
  if (labels.empty()) return std::nullopt;
  // Room on both sides, and for a single value.
  low /= 1.3;
  high *= 1.3;
  place.datasets[chart.dataset] = std::move(rows);
  place.datasets[chart.dataset + "_marks"] = std::move(marks);
  Json x = quantity("latency", "latency (logarithmic)");
  x["scale"] = {{"type", "log"}, {"domain", Json::array({rounded(low), rounded(high)})}, {"nice", false}};
  x["axis"] = {{"values", decades(low, high)}, {"labelExpr", kTimeLabel}, {"grid", true}};
  Json y = quantity("share", "share that took no longer");
  y["scale"] = {{"domain", Json::array({0, 1})}};
  y["axis"] = {{"format", ".0%"}};
  Json colour = {{"field", "line"}, {"type", "nominal"}, {"sort", nullptr}, {"title", what}};
  if (labels.size() == 1) colour["legend"] = nullptr;
  chart.height = 250;
  chart.spec = {
      {"width", "container"},
      {"height", chart.height},
      {"encoding", {{"x", x}, {"y", y}, {"color", colour}}},
      {"layer", Json::array({{{"data", {{"name", chart.dataset}}},
                              {"mark", {{"type", "line"}, {"interpolate", "step-after"}, {"strokeWidth", 1.8}}}},
                             {{"data", {{"name", chart.dataset + "_marks"}}},
                              {"mark", {{"type", "point"}, {"size", 60}, {"filled", true}, {"opacity", 1}}},
                              {"encoding",
                               {{"shape",
                                 {{"field", "mark"},
                                  {"type", "nominal"},
                                  {"title", "percentile"},
                                  {"scale",
                                   {{"domain", Json::array({"p50", "p90", "p99"})},
                                    {"range", Json::array({"circle", "square", "triangle-up"})}}}}},
                                {"tooltip", Json::array({tip("line", what, ""), tip("mark", "percentile", ""),
                                                         tip("text", "latency", "")})}}}}})}};
  chart.columns = {{"line", what}, {"latency", "latency, at most (ns)"}, {"share", "share"}};
  for (std::size_t i = 0; i < words.size(); ++i) chart.description += (i == 0 ? "" : "; ") + words[i];
  chart.description += '.';
  return chart;
}

}  // namespace farfault::report
