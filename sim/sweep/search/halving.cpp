#include "sim/sweep/search/halving.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/mix.h"
#include "sim/core/text.h"

namespace farfault::sweep {
namespace {

constexpr const char* kAccesses = "accesses.total";

double power(unsigned base, std::size_t exponent) { return std::pow(static_cast<double>(base), exponent); }

/// Points that go on from a rung of so many.
std::size_t survivors(std::size_t points, unsigned reduction) {
  return std::max<std::size_t>(1, (points + reduction - 1) / reduction);
}

/// Of all rungs: each costs about the same, a third of the points at three times the length.
double cost_of(std::size_t points, std::size_t rungs, unsigned reduction) {
  double out = 0;
  for (std::size_t rung = 0; rung <= rungs; ++rung) {
    out += static_cast<double>(points) / power(reduction, rungs - rung);
    points = survivors(points, reduction);
  }
  return out;
}

class Halving {
 public:
  Halving(const std::vector<std::size_t>& workloads, const HalvingOptions& options, const RunTrials& run)
      : workloads_(workloads), options_(options), run_(run) {}

  HalvingResult search() {
    measure_lengths();
    std::uint64_t shortest = lengths_.begin()->second;
    for (const auto& [workload, length] : lengths_) shortest = std::min(shortest, length);
    HalvingOptions left = options_;
    left.budget = std::max(1.0, options_.budget - result_.cost);
    const HalvingPlan plan = plan_halving(workloads_.size(), shortest, left);
    std::vector<std::size_t> points = chosen(plan.points);
    result_.considered = points.size();
    for (std::size_t rung = 0; rung < plan.rungs; ++rung) {
      const double share = 1 / power(options_.reduction, plan.rungs - rung);
      // Of the last of them all that the budget still allows run whole, and not only a third.
      const bool is_last = rung + 1 == plan.rungs;
      const std::size_t left_over = is_last ? points.size() : survivors(points.size(), options_.reduction);
      points = best_of(points, run_rung(points, share), left_over);
    }
    run_whole(points);
    name_best();
    return std::move(result_);
  }

 private:
  /// One point of each workload, whole.
  void measure_lengths() {
    std::vector<std::size_t> firsts;
    for (std::size_t i = 0; i < workloads_.size(); ++i) {
      if (lengths_.emplace(workloads_[i], 0).second) firsts.push_back(i);
    }
    run_rung(firsts, 1);
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      const auto found = accesses_.find(firsts[i]);
      if (found == accesses_.end()) {
        throw RunError(
            "the search cannot begin: the first point of a workload failed, and its length is not known; "
            "change the order of an axis, or run the sweep without --optimize");
      }
      lengths_[workloads_[firsts[i]]] = found->second;
    }
  }

  /// All, or as many as fit by the seed, in the order of the plan.
  std::vector<std::size_t> chosen(std::size_t count) const {
    std::vector<std::size_t> out(workloads_.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    if (count >= out.size()) return out;
    const auto rank = [this](std::size_t i) { return mix64(mix64(options_.seed) + i); };
    std::sort(out.begin(), out.end(),
              [&](std::size_t a, std::size_t b) { return std::pair(rank(a), a) < std::pair(rank(b), b); });
    out.resize(count);
    std::sort(out.begin(), out.end());
    return out;
  }

  std::vector<Scores> run_rung(const std::vector<std::size_t>& points, double share) {
    std::vector<Trial> trials;
    for (const std::size_t point : points) {
      Trial trial{point, std::nullopt};
      if (share < 1) {
        const auto length = static_cast<double>(lengths_.at(workloads_[point]));
        trial.prefix = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(length * share));
      }
      trials.push_back(trial);
    }
    const std::vector<Outcome> outcomes = run_(trials);
    Rung rung{share, points.size(), 0, static_cast<double>(points.size()) * share};
    std::vector<Scores> out;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      out.push_back(scores_of(outcomes[i], options_.objectives));
      if (out.back().empty()) ++rung.failed;
      if (share < 1) continue;
      result_.whole.push_back(points[i]);
      scores_[points[i]] = out.back();
      note_length(points[i], outcomes[i]);
    }
    result_.cost += rung.cost;
    result_.rungs.push_back(rung);
    return out;
  }

  void note_length(std::size_t point, const Outcome& outcome) {
    const auto it = outcome.figures.find(kAccesses);
    if (it != outcome.figures.end() && it->second.as_double() >= 1) {
      accesses_[point] = static_cast<std::uint64_t>(it->second.as_double());
    }
  }

  static std::vector<std::size_t> best_of(const std::vector<std::size_t>& points, const std::vector<Scores>& scores,
                                          std::size_t count) {
    std::vector<std::size_t> out;
    for (const std::size_t i : ranked(scores)) {
      if (out.size() == count) break;
      out.push_back(points[i]);
    }
    return out;
  }

  /// What is left runs whole, as far as the budget goes; those that did before need not again.
  void run_whole(std::vector<std::size_t> points) {
    std::erase_if(points, [this](std::size_t point) { return scores_.contains(point); });
    const double left = std::max(1.0, std::floor(options_.budget - result_.cost + 1e-9));
    if (static_cast<double>(points.size()) > left) points.resize(static_cast<std::size_t>(left));
    if (!points.empty()) run_rung(points, 1);
  }

  void name_best() {
    std::vector<std::size_t> points;
    std::vector<Scores> scores;
    for (const auto& [point, score] : scores_) {
      points.push_back(point);
      scores.push_back(score);
    }
    const std::vector<std::size_t> order = ranked(scores);
    if (order.empty()) {
      throw RunError(
          "the search found nothing: no point that ran whole has all the figures; see farfault sweep status");
    }
    const std::size_t count = options_.objectives.size() == 1 ? 1 : pareto_front(scores).size();
    for (std::size_t i = 0; i < count; ++i) result_.best.push_back(points[order[i]]);
  }

  const std::vector<std::size_t>& workloads_;
  const HalvingOptions& options_;
  const RunTrials& run_;
  HalvingResult result_;
  std::map<std::size_t, std::uint64_t> lengths_;   // by workload
  std::map<std::size_t, std::uint64_t> accesses_;  // by point that ran whole
  std::map<std::size_t, Scores> scores_;           // the same
};

}  // namespace

HalvingPlan plan_halving(std::size_t points, std::uint64_t accesses, const HalvingOptions& options) {
  HalvingPlan out{0, points};
  while (cost_of(points, out.rungs, options.reduction) > options.budget) {
    const double shorter = static_cast<double>(accesses) / power(options.reduction, out.rungs + 1);
    if (shorter < static_cast<double>(options.least_prefix)) break;
    ++out.rungs;
  }
  while (out.points > 1 && cost_of(out.points, out.rungs, options.reduction) > options.budget) --out.points;
  return out;
}

HalvingResult halve(const std::vector<std::size_t>& workloads, const HalvingOptions& options, const RunTrials& run) {
  if (workloads.empty()) throw RunError("the sweep has no points to search");
  return Halving(workloads, options, run).search();
}

}  // namespace farfault::sweep
