/// One run: builds the machine that a RunSpec describes, replays its workload, and collects the results.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/config/catalogue.h"
#include "sim/config/run_spec.h"
#include "sim/core/statistics.h"
#include "sim/replay/timeline/timeline.h"
#include "traces/reader.h"

namespace farfault {

/// Where a run is; reported about once a quantum, at most.
struct RunProgress {
  enum class Phase : std::uint8_t { kScan, kReplay };
  Phase phase = Phase::kReplay;
  std::uint64_t accesses = 0;        ///< so far in this phase
  std::uint64_t total_accesses = 0;  ///< 0 where it is not known
};

struct SimulationOptions {
  bool check = false;                              ///< assert the identities during the run, not only at its end
  const std::atomic<bool>* interrupted = nullptr;  ///< checked often; once true, simulate() throws Interrupted
  /// Borrowed, null for none: gets the run's series, checked against its figures.
  Timeline* timeline = nullptr;
  /// Others who watch; borrowed.
  std::vector<Observer*> observers;
  std::function<void(const RunProgress&)> on_progress;  ///< may be empty; called on the caller's thread
  /// The workload, where it is open already; borrowed, null: opened as the spec says. It must be what the spec names.
  const traces::Source* source = nullptr;
  /// Decode the workload on a thread of its own, ahead of the replay. Without it results are the same, and two threads
  /// do not share what one has to do: for many runs side by side, of workloads that take little to yield. It is then
  /// decoded on the small stacks of the engine's actors: not for files.
  bool decode_ahead = true;
};

struct RunResult {
  Statistics statistics;
  std::vector<std::string> policies;       ///< versions by slot: "placement migrate_on_fault/1", ...
  std::string workload;                    ///< the trace as the scenario names it, or the generator
  std::vector<std::string> trace_unknown;  ///< what the trace's format does not tell
  std::vector<std::string> notes;          ///< what a reader of the results should know
};

/// Runs the simulation on the calling thread (and decodes the trace on another, unless told otherwise). At most one at
/// a time in a process, and one at all where Engine::can_follow_another() is false. Throws InputError for what the spec
/// or the trace has wrong, RunError where an identity does not hold or the simulation cannot go on, Interrupted.
RunResult simulate(const RunSpec& spec, const Catalogue& catalogue, const SimulationOptions& options);

}  // namespace farfault
