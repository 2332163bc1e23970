/// Who runs points: processes of this machine, or tasks of a cluster.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "sim/sweep/outcome.h"
#include "sim/sweep/plan.h"

namespace farfault::sweep {

/// How far an executor is, for who watches; numbers of points.
struct ExecutorProgress {
  std::size_t running = 0;
  std::size_t finished = 0;  ///< of this run(), failed ones too
};

/// What an executor tells. Called on the caller's thread, in any order of points.
struct ExecutorEvents {
  /// Once for each point; those that ended meanwhile together. When it returns, the outcomes are stored for good, and
  /// may be forgotten.
  std::function<void(std::vector<Outcome> outcomes)> done;
  /// Now and then, at least once a second; may be empty.
  std::function<void(const ExecutorProgress& progress)> progress;
  /// Checked often; once true, run() ends what it can end at once and throws Interrupted. May be null.
  const std::atomic<bool>* interrupted = nullptr;
};

class Executor {
 public:
  virtual ~Executor() = default;

  /// Runs the points at these positions of the plan, each exactly once, the first first. A point that fails is an
  /// outcome like any other. Throws Interrupted, RunError where no point can run at all (no processes, no cluster).
  virtual void run(const Plan& plan, std::span<const std::size_t> positions, const ExecutorEvents& events) = 0;
};

}  // namespace farfault::sweep
