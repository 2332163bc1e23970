// Device memory, and kernels that do little else than use it.

#include <algorithm>
#include <cmath>
#include <string>

#include "analysis/calibration/parts.h"

namespace farfault::analysis::calibration {
namespace {

constexpr double kPlateau = 0.1;
constexpr double kSizesApart = 2;

std::string device_path(const Task& task, const std::string& name) {
  return "devices." + task.base.device + '.' + name;
}

/// The last neighbours by footprint whose latencies are within a tenth of each other: beyond all caches.
Measurements plateau_of(const Measurements& measured) {
  Measurements sorted = measured;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->size < b->size; });
  Measurements out;
  double low = 0;
  double high = 0;
  for (auto at = sorted.rbegin(); at != sorted.rend(); ++at) {
    const double value = (*at)->value;
    low = out.empty() ? value : std::min(low, value);
    high = out.empty() ? value : std::max(high, value);
    if (high > low * (1 + kPlateau)) break;
    out.push_back(*at);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

void add_constant(Part& part, const Measurements& measured, const Parameter& parameter) {
  part.parameters.push_back(parameter);
  for (const Measurement* m : measured) part.points.push_back({m, parameter.value});
}

}  // namespace

Part fit_memory_bandwidth(const Measurements& measured, const Task& task) {
  Part part;
  part.name = "bandwidth of device memory";
  part.model = "memory.bandwidth";
  add_constant(part, measured, fit_constant(measured, device_path(task, "memory.bandwidth"), Unit::kRate));
  return part;
}

Part fit_memory_latency(const Measurements& measured, const Task& task) {
  Part part;
  part.name = "latency of device memory";
  part.model = "memory.latency";
  const Measurements used = plateau_of(measured);
  if (used.size() < measured.size()) {
    part.notes.push_back(std::to_string(used.size()) + " of " + std::to_string(measured.size()) +
                         " footprints are used: the largest, as far down as latencies differ by a tenth or less");
  }
  if (used.size() == 1 && measured.size() > 1) {
    task.warnings.emplace_back(
        "latency of device memory: it still grows at the largest footprint, which alone is used");
  }
  add_constant(part, used, fit_constant(used, device_path(task, "memory.latency"), Unit::kSeconds));
  return part;
}

Part fit_kernels(const Measurements& launches, const Measurements& kernels, std::optional<double> bandwidth,
                 const Task& task) {
  Part part;
  part.name = "kernels in device memory";
  part.model = "launch_latency + size / memory.bandwidth";
  const std::string launch_path = device_path(task, "launch_latency");
  const std::string rate_path = device_path(task, "memory.bandwidth");
  double smallest = 0;
  double largest = 0;
  LinearProblem problem;
  for (const Measurement* m : launches) problem.add({1, 0}, m->value, weight_of(*m));
  for (const Measurement* m : kernels) {
    const auto size = static_cast<double>(m->size);
    problem.add({1, size}, m->value, weight_of(*m));
    smallest = smallest == 0 ? size : std::min(smallest, size);
    largest = std::max(largest, size);
  }
  const bool apart = !launches.empty() || largest >= kSizesApart * smallest;
  const double base_rate = task.base.value(rate_path);
  const double known = bandwidth ? *bandwidth : base_rate;
  problem.lower = {task.at_least(launch_path), 0};
  // The launch is told by empty kernels or by kernels of several sizes; the rate by kernels, unless it is known better.
  const bool tells_rate = !bandwidth && !kernels.empty() && apart && problem.rows() >= 3;
  const bool tells_launch = !launches.empty() || (apart && problem.rows() >= 2);
  if (!tells_launch && !tells_rate) {
    too_few(kernels, "resident kernels of one size cannot tell launch_latency from memory.bandwidth",
            "give launch_latency, or kernels of sizes twice as large and more, 3 or more");
  }
  const double fixed_rate = known > 0 && std::isfinite(known) ? 1 / known : 0;
  const Fit fit = solve(problem.reduced({true, tells_rate}, {0, fixed_rate}));
  const Parameter launch = parameter_of(fit, 0, launch_path, Unit::kSeconds, problem.rows());
  part.parameters.push_back(launch);
  double per_byte = fixed_rate;
  if (tells_rate && fit.value[1] > 0) {
    Parameter rate = parameter_of(fit, 1, rate_path, Unit::kRate, kernels.size());
    rate.value = rounded(1 / fit.value[1]);
    rate.interval.reset();
    if (const std::optional<double> half = fit.half_width[1]; half && *half < fit.value[1]) {
      rate.interval = {1 / (fit.value[1] + *half), 1 / (fit.value[1] - *half)};
    }
    per_byte = 1 / rate.value;
    part.parameters.push_back(rate);
  } else if (!kernels.empty() && !bandwidth) {
    part.parameters.push_back(kept(task.base, rate_path, Unit::kRate));
    part.notes.push_back(rate_path + " is kept: it takes 3 kernels, some twice as large as others");
  }
  for (const Measurements& some : {launches, kernels}) {
    for (const Measurement* m : some) {
      const double size = m->kind == Kind::kResidentKernel ? static_cast<double>(m->size) : 0;
      part.points.push_back({m, launch.value + size * per_byte});
    }
  }
  return part;
}

}  // namespace farfault::analysis::calibration
