/// What running a point means: its scenario loaded, simulated, and the figures that the sweep keeps.
#pragma once

#include <cstdint>
#include <functional>

#include "sim/config/catalogue.h"
#include "sim/config/run_spec.h"
#include "sim/core/statistics.h"
#include "sim/sweep/plan.h"
#include "traces/reader.h"

namespace farfault::sweep {

/// A point's scenario, checked. Throws InputError.
using LoadPoint = std::function<RunSpec(const Base& base, const Point& point)>;

/// The parts of an executor's work that tests may replace.
struct PointWork {
  /// The figures that the plan asks for. `trace` is what `point.trace` names, if it is open already, else null. Throws
  /// what simulate() and loading throw.
  std::function<Figures(const Plan& plan, const Point& point, const traces::Source* trace)> run;
  /// Bytes that a process that runs it will take, before anyone has seen one.
  std::function<std::uint64_t(const Plan& plan, const Point& point)> guess_memory;
  /// Whether a process may call run() for one point after another. If not, each point has a process of its own.
  bool is_repeatable = false;
};

/// Simulates. Borrows the catalogue, of which plug-ins may keep things in their process: with any, no process has more
/// than one point.
PointWork simulation_work(const LoadPoint& load, const Catalogue& catalogue);

/// A rough guess: 64 MiB for the process; 4 KiB, and 1 KiB for each device, for each 2 MiB of a generator's footprint;
/// for a trace, whose footprint nobody knows before it is read, as much as its file has; and the devices' allocators.
std::uint64_t guess_memory(const RunSpec& spec);

/// Those whose names a pattern matches (* and ?); all of them if there are no patterns.
Figures matching_figures(Figures figures, const std::vector<std::string>& patterns);

}  // namespace farfault::sweep
