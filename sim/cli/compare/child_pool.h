/// Work in processes of its own: a simulation that crashes harms no other.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sim/cli/options.h"
#include "sim/replay/simulation.h"

namespace farfault::cli {

using ProgressSink = std::function<void(const RunProgress&)>;

/// Runs in a child process, and returns texts to the parent. What it throws becomes the result's failure.
struct ChildJob {
  std::function<std::vector<std::string>(const ProgressSink& progress)> work;
};

/// What became of a job: its texts, or why there are none.
struct ChildResult {
  std::vector<std::string> texts;
  std::string failure;
};

/// Runs the jobs, at most so many at a time, and calls `done` as each ends, in any order. Children end with this
/// process, and none is left when it returns or throws. `activity` is what progress says. Throws Interrupted once
/// InterruptGuard::flag() is set, and RunError if no process can be made. REQUIRES: a single thread; an InterruptGuard
/// is alive.
void run_in_children(const std::vector<ChildJob>& jobs, std::size_t most_at_once, Verbosity verbosity,
                     const std::function<void(std::size_t job, ChildResult result)>& done,
                     const std::string& activity = "comparing");

}  // namespace farfault::cli
