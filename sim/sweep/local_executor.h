/// Points in processes of this machine, side by side; small ones one after another in the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "sim/sweep/executor.h"
#include "sim/sweep/point_work.h"

namespace farfault::sweep {

struct LocalOptions {
  std::size_t jobs = 1;             ///< points at a time; 0 is taken as 1
  std::uint64_t memory_budget = 0;  ///< bytes that all points together may take; 0: 80 % of what is available
  std::uint64_t point_memory = 0;   ///< bytes that a point may take; 0: the budget
  double point_seconds = 0;         ///< of the wall clock that a point may take; 0: no limit
  /// Traces that several points replay are decoded once, into memory that their processes share: so much of the budget
  /// at most. A trace that does not fit is read by each point for itself, as are all if this is 0.
  double shared_traces = 0.5;
  std::string version;  ///< of farfault, for outcomes
  /// What is worth knowing and no error; may be empty.
  std::function<void(const std::string& text)> say;
};

/// Points start in the order in which they are given; only those whose trace is being decoded are overtaken. One that
/// does not fit into the budget beside those that run waits, and so do those after it. If points take more than they
/// were thought to, the last that was started is ended and runs again later.
///
/// What a point's outcome says: an InputError is kInput, another exception kRun, std::bad_alloc and what is beyond
/// point_memory kMemory, what is beyond point_seconds kTime, a process that ended without results kCrash (kMemory if
/// the kernel ended it for want of memory). A failure that other points of the same process may have had a part in is
/// none before the point has failed in a process of its own.
///
/// REQUIRES, when it runs: this process has one thread.
class LocalExecutor final : public Executor {
 public:
  LocalExecutor(LocalOptions options, PointWork work);

  void run(const Plan& plan, std::span<const std::size_t> positions, const ExecutorEvents& events) override;

 private:
  LocalOptions options_;
  PointWork work_;
};

}  // namespace farfault::sweep
