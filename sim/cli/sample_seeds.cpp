#include "sim/cli/sample_seeds.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "analysis/calibration/student.h"
#include "sim/cli/compare/child_pool.h"
#include "sim/config/sampling.h"
#include "sim/core/error.h"
#include "sim/replay/sample_figures.h"
#include "sim/replay/simulation.h"

namespace farfault::cli {
namespace {

constexpr std::uint64_t kMostSeeds = 1000;

Estimates estimates_in(const Statistics& statistics) {
  Estimates out;
  const Figures& figures = statistics.figures();
  for (auto it = figures.lower_bound(kEstimatePrefix); it != figures.end(); ++it) {
    if (!it->first.starts_with(kEstimatePrefix)) break;
    out[it->first.substr(kEstimatePrefix.size())] = it->second.as_double();
  }
  return out;
}

/// Name and value of each estimate in turn, as a child can say them without loss.
std::vector<std::string> as_texts(const Estimates& estimates) {
  std::vector<std::string> out;
  for (const auto& [name, value] : estimates) {
    std::array<char, 32> text{};
    out.push_back(name);
    out.emplace_back(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
  }
  return out;
}

Estimates from_texts(const std::vector<std::string>& texts) {
  Estimates out;
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    double value = 0;
    std::from_chars(texts[i + 1].data(), texts[i + 1].data() + texts[i + 1].size(), value);
    out[texts[i]] = value;
  }
  return out;
}

ChildJob job_of_seed(const RunSpec& spec, std::uint64_t seed, const Context& context) {
  return {[spec, seed, &context](const ProgressSink& progress) {
    RunSpec other = spec;
    other.replay.sample_seed = seed;
    SimulationOptions options;
    options.on_progress = progress;
    return as_texts(estimates_in(simulate(other, context.catalogue, options).statistics));
  }};
}

/// What some values of one thing say of it.
struct Spread {
  double mean = 0;
  double standard_error = 0;
  double margin = 0;  ///< half of the 95 % interval
};

/// REQUIRES: at least two.
Spread spread_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  Spread out;
  for (const double value : values) out.mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  out.standard_error = std::sqrt(squares / (n - 1) / n);
  out.margin = analysis::calibration::student_quantile(0.95, values.size() - 1) * out.standard_error;
  return out;
}

void add_spread(const std::string& name, Unit unit, const Spread& spread, Statistics& out) {
  const auto add = [&](const char* end, double value, const std::string& what) {
    const std::string full = "sample.seeds." + name + end;
    if (unit == Unit::kCount) {
      out.count(full, static_cast<std::uint64_t>(std::llround(std::max(value, 0.0))), what);
    } else {
      out.ratio(full, std::max(value, 0.0), what);
    }
  };
  const std::string of = " of sample.estimate." + name + " over the seeds of the sample";
  add(".mean", spread.mean, "mean" + of);
  add(".standard_error", spread.standard_error, "standard error of the mean" + of);
  add(".low", spread.mean - spread.margin, "lower end of the 95 % interval (Student's t) of the mean" + of);
  add(".high", spread.mean + spread.margin, "upper end of the 95 % interval (Student's t) of the mean" + of);
}

}  // namespace

std::vector<Estimates> estimates_of_other_seeds(const RunSpec& spec, std::uint64_t seeds, const Context& context) {
  if (!spec.replay.is_sampled()) {
    throw Error(ExitCode::kUsage, "--sample-seeds: the scenario replays everything; add --set replay.sample=0.01");
  }
  if (seeds < 2 || seeds > kMostSeeds) {
    throw Error(ExitCode::kUsage, "--sample-seeds: give 2 to " + std::to_string(kMostSeeds) + " seeds");
  }
  std::vector<ChildJob> jobs;
  for (std::uint64_t i = 1; i < seeds; ++i) jobs.push_back(job_of_seed(spec, sample_seed(spec) + i, context));
  std::vector<Estimates> out(jobs.size());
  const auto take = [&](std::size_t job, const ChildResult& result) {
    if (!result.failure.empty()) throw RunError("--sample-seeds: " + result.failure);
    out[job] = from_texts(result.texts);
  };
  run_in_children(jobs, 2, context.common.verbosity, take, "replaying other samples");
  return out;
}

void add_seeds(const std::vector<Estimates>& others, Statistics& statistics) {
  statistics.count("sample.seeds", others.size() + 1, "samples of other memory that sample.seeds.* are of");
  for (const auto& [name, own] : estimates_in(statistics)) {
    std::vector<double> values = {own};
    for (const Estimates& other : others) values.push_back(other.at(name));
    const Unit unit = statistics.at(std::string(kEstimatePrefix) + name).unit;
    add_spread(name, unit, spread_of(values), statistics);
  }
}

}  // namespace farfault::cli
