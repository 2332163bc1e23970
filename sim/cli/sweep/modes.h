/// What `farfault sweep` can do.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sim/cli/commands.h"
#include "sim/cli/sweep/collector.h"
#include "sim/cli/sweep/folder.h"
#include "sim/cli/sweep/options.h"
#include "sim/sweep/executor.h"

namespace farfault::cli {

/// SWEEP: all points that are not stored yet.
ExitCode sweep_points(const SweepOptions& options, const Context& context);
/// The same with --optimize.
ExitCode sweep_search(const SweepOptions& options, const Context& context);
ExitCode sweep_status(const SweepOptions& options, const Context& context);
ExitCode sweep_export(const SweepOptions& options, const Context& context);
ExitCode sweep_collect(const SweepOptions& options, const Context& context);
ExitCode sweep_cancel(const SweepOptions& options, const Context& context);
ExitCode sweep_work(const SweepOptions& options, const Context& context);

/// The plan that the command line names, all points checked.
sweep::Plan load_given_sweep(const SweepOptions& options, const Context& context);
/// -o, or results/NAME.
std::filesystem::path folder_of(const SweepOptions& options, const sweep::Plan& plan);
/// "0.1.0+9f68c8f": results of two farfaults may differ.
std::string stored_version();

/// As --executor says.
std::unique_ptr<sweep::Executor> make_executor(const SweepOptions& options, const Context& context,
                                               const std::filesystem::path& folder);

/// Runs points and stores what comes of them. REQUIRES: an InterruptGuard is alive.
class SweepRun {
 public:
  SweepRun(const sweep::Plan& plan, analysis::SweepStore& store, const Context& context, std::string activity);

  /// Those of `work`, with progress. `already` are shown as done. Throws what the executor throws.
  void run(sweep::Executor& executor, const SweepWork& work);
  /// The same, and says what becomes of the jobs when it is interrupted.
  void run_on_cluster(sweep::Executor& executor, const SweepWork& work, const std::filesystem::path& folder);
  const Collector& collector() const { return collector_; }

 private:
  const sweep::Plan& plan_;
  Collector collector_;
  const Context& context_;
  std::string activity_;
};

/// Says on stderr what became of the points, and what to do about it. 1 if any failed.
ExitCode tell_outcome(const SweepWork& work, const Collector& collector, const std::filesystem::path& folder,
                      const Context& context);

}  // namespace farfault::cli
