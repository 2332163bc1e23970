#include "sim/sweep/search/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::sweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Indices of the values from the least to the greatest; equals in their order.
template <class Value>
std::vector<std::size_t> order_of(const std::vector<Value>& values) {
  std::vector<std::size_t> out(values.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  std::sort(out.begin(), out.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b] || (!(values[b] < values[a]) && a < b); });
  return out;
}

/// The same of scores, without those that are none.
std::vector<std::size_t> scored(const std::vector<Scores>& all) {
  std::vector<std::size_t> out = order_of(all);
  std::erase_if(out, [&all](std::size_t i) { return all[i].empty(); });
  return out;
}

/// Fronts from the best to the worst, each in the order of `all`. Sorted first, so that a point can only be dominated
/// by those before it (efficient non-dominated sort, Zhang et al., 2015).
std::vector<std::vector<std::size_t>> fronts_of(const std::vector<Scores>& all) {
  std::vector<std::vector<std::size_t>> fronts;
  for (const std::size_t i : scored(all)) {
    const auto fits = [&](const std::vector<std::size_t>& front) {
      return std::none_of(front.rbegin(), front.rend(), [&](std::size_t j) { return dominates(all[j], all[i]); });
    };
    auto front = std::find_if(fronts.begin(), fronts.end(), fits);
    if (front == fronts.end()) front = fronts.emplace(fronts.end());
    front->push_back(i);
  }
  for (std::vector<std::size_t>& front : fronts) std::sort(front.begin(), front.end());
  return fronts;
}

/// Of each of a front: how near its neighbours are, as what they are apart, summed over objectives in shares of the
/// front's extent and negative; of the ends minus infinity.
std::vector<double> crowded(const std::vector<Scores>& all, const std::vector<std::size_t>& front) {
  std::vector<double> out(front.size(), 0);
  for (std::size_t objective = 0; objective < all[front.front()].size(); ++objective) {
    std::vector<double> values;
    values.reserve(front.size());
    for (const std::size_t i : front) values.push_back(all[i][objective]);
    const std::vector<std::size_t> order = order_of(values);
    const double extent = values[order.back()] - values[order.front()];
    out[order.front()] = out[order.back()] = -kInfinity;
    for (std::size_t i = 1; extent > 0 && i + 1 < order.size(); ++i) {
      out[order[i]] -= (values[order[i + 1]] - values[order[i - 1]]) / extent;
    }
  }
  return out;
}

/// By how much a has to shrink, as a factor, to be no worse than b.
double factor_over(const Scores& a, const Scores& b) {
  double out = 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] <= b[i]) continue;
    if (!(a[i] * b[i] > 0)) return kInfinity;
    // Both are negative where more is better: then the reached one is the smaller in size.
    out = std::max(out, b[i] > 0 ? a[i] / b[i] : b[i] / a[i]);
  }
  return out;
}

}  // namespace

Objective parse_objective(const std::string& text) {
  Objective out{text, text.starts_with('-')};
  if (out.maximize) out.figure.erase(0, 1);
  if (out.figure.empty()) throw Error(ExitCode::kUsage, "--optimize: " + in_quotes(text) + " names no figure");
  return out;
}

Scores scores_of(const Outcome& outcome, const std::vector<Objective>& objectives) {
  Scores out;
  if (outcome.failure != Failure::kNone) return out;
  for (const Objective& objective : objectives) {
    const auto it = outcome.figures.find(objective.figure);
    if (it == outcome.figures.end() || !std::isfinite(it->second.as_double())) return {};
    out.push_back(objective.maximize ? -it->second.as_double() : it->second.as_double());
  }
  return out;
}

bool dominates(const Scores& a, const Scores& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

std::vector<std::size_t> ranked(const std::vector<Scores>& all) {
  std::vector<std::size_t> out = scored(all);
  if (out.empty() || all[out.front()].size() == 1) return out;
  out.clear();
  for (const std::vector<std::size_t>& front : fronts_of(all)) {
    for (const std::size_t i : order_of(crowded(all, front))) out.push_back(front[i]);
  }
  return out;
}

std::vector<std::size_t> pareto_front(const std::vector<Scores>& all) {
  const std::vector<std::vector<std::size_t>> fronts = fronts_of(all);
  return fronts.empty() ? std::vector<std::size_t>() : fronts.front();
}

double shortfall(const std::vector<Scores>& found, const std::vector<Scores>& front) {
  double worst = 1;
  for (const Scores& wanted : front) {
    double nearest = kInfinity;
    for (const Scores& one : found) nearest = std::min(nearest, factor_over(one, wanted));
    worst = std::max(worst, nearest);
  }
  return worst - 1;
}

}  // namespace farfault::sweep
