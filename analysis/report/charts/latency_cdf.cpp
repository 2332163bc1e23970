#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

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

std::string joined_words(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : "; ") + word;
  return out + '.';
}

/// Of many lines: the least and the most of a percentile, and whose they are.
std::string extremes_of(const std::vector<LatencyLine>& lines) {
  std::vector<std::string> words;
  using Summary = analysis::DistributionSummary;
  for (const auto& [name, value] :
       {std::pair("p50", &Summary::p50), {"p99", &Summary::p99}, {"longest", &Summary::max}}) {
    const auto by = [value = value](const LatencyLine& a, const LatencyLine& b) {
      return a.distribution->*value < b.distribution->*value;
    };
    const LatencyLine& least = *std::min_element(lines.begin(), lines.end(), by);
    const LatencyLine& most = *std::max_element(lines.begin(), lines.end(), by);
    const std::string low = time_text(static_cast<double>(least.distribution->*value));
    const std::string high = time_text(static_cast<double>(most.distribution->*value));
    std::string word = name;
    if (low == high) {
      word.append(" ").append(low).append(" in all");
    } else {
      word.append(" from ").append(low).append(" (").append(least.label).append(") to ");
      word.append(high).append(" (").append(most.label).append(")");
    }
    words.push_back(std::move(word));
  }
  return joined_words(words);
}

}  // namespace

std::optional<Chart> latency_cdf(const ChartPlace& place, const std::string& id, const std::string& title,
                                 const std::vector<LatencyLine>& lines, const std::string& what,
                                 const std::vector<std::string>& all_labels) {
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
  x["axis"] = {{"values", decades(low, high)}, {"labelExpr", time_label()}, {"grid", true}};
  Json y = quantity("share", "share that took no longer");
  y["scale"] = {{"domain", Json::array({0, 1})}};
  y["axis"] = {{"format", ".0%"}};
  const std::vector<std::string>& names = all_labels.empty() ? labels : all_labels;
  Json colour = {{"field", "line"}, {"type", "nominal"}, {"sort", nullptr}, {"title", what}};
  if (names.size() == 1) {
    colour["legend"] = nullptr;
  } else {
    colour["legend"] = {{"symbolOpacity", 1}, {"symbolType", "circle"}};
  }
  const Json place_of = {{"x", std::move(x)}, {"y", std::move(y)}, {"color", std::move(colour)}};
  Json points = place_of;
  points["shape"] = {
      {"field", "mark"},
      {"type", "nominal"},
      {"title", "percentile"},
      {"scale",
       {{"domain", Json::array({"p50", "p90", "p99"})}, {"range", Json::array({"circle", "square", "triangle-up"})}}}};
  points["tooltip"] = Json::array({tip("line", what, ""), tip("mark", "percentile", ""), tip("text", "latency", "")});
  Json layers = Json::array();
  layers.push_back(column_names(place, chart, "line", names));
  layers.push_back({{"data", {{"name", chart.dataset}}},
                    {"mark", {{"type", "line"}, {"interpolate", "step-after"}, {"strokeWidth", 1.8}}},
                    {"encoding", place_of}});
  layers.push_back({{"data", {{"name", chart.dataset + "_marks"}}},
                    {"mark", {{"type", "point"}, {"size", 60}, {"filled", true}, {"opacity", 1}}},
                    {"encoding", std::move(points)}});
  chart.height = 250;
  chart.spec = {{"width", "container"}, {"height", chart.height}, {"layer", std::move(layers)}};
  chart.columns = {{"line", what}, {"latency", "latency, at most (ns)"}, {"share", "share"}};
  chart.description = lines.size() > 4 ? extremes_of(lines) : joined_words(words);
  return chart;
}

}  // namespace farfault::report
