/// Points as tasks of a cluster that Slurm runs. What is on its way is in FOLDER/slurm, so a collector that was killed
/// or interrupted is followed by another one: run() on the same folder goes on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sim/sweep/executor.h"

namespace farfault::sweep {

struct SlurmOptions {
  std::filesystem::path folder;  ///< of the sweep; absolute, there, and on a file system that all nodes share
  /// What runs a chunk on a node, before "-j CPUS", `worker_arguments` and the chunk's file: {"/path/farfault",
  /// "sweep", "work"}. The first word is absolute.
  std::vector<std::string> worker;
  std::vector<std::string> worker_arguments;  ///< limits of a point, plug-ins
  std::filesystem::path configs;              ///< FARFAULT_CONFIGS of the tasks; empty: as it is where they run
  std::vector<std::string> setup;             ///< lines of bash before the worker: "module load gcc"

  std::size_t chunk = 0;       ///< points a task; 0: chosen
  std::size_t cpus = 1;        ///< of a task, which runs as many points at a time
  std::size_t most_tasks = 0;  ///< of an array at a time; 0: as many as the cluster lets
  std::string partition;       ///< these five as sbatch has them; empty: the cluster's default
  std::string account;
  std::string qos;
  std::string time;
  std::string memory;
  std::vector<std::string> extra;  ///< arguments of sbatch, passed on as they are

  std::size_t retries = 3;                          ///< how often a point that got lost is submitted again
  std::chrono::milliseconds poll{5'000};            ///< between two looks at the queue and at the spools
  std::chrono::milliseconds settle{30'000};         ///< how long outcomes may take to be seen after their task ended
  std::chrono::milliseconds patience{1'800'000};    ///< how long Slurm may be away
  std::chrono::milliseconds command_limit{60'000};  ///< for one of Slurm's commands
  /// run() submits, takes what is there, and returns with the rest on its way.
  bool detach = false;
  std::string version;  ///< of the outcomes that are taken; empty: any
};

class SlurmExecutor final : public Executor {
 public:
  explicit SlurmExecutor(SlurmOptions options) : options_(std::move(options)) {}

  /// As Executor says, with these in addition. One at a time in a folder. Points that the folder's jobs have already
  /// are waited for, not submitted again; jobs whose points nobody wants any more are ended. A task that ends without
  /// the outcomes of its points, for whatever reason, has them submitted again, in smaller chunks, at last one by one;
  /// after `retries` times they are outcomes with Failure::kLost. Of points with equal keys, one runs.
  ///
  /// On Interrupted the jobs go on; another run() collects them. Throws RunError where Slurm is not there, refuses, or
  /// is away for too long, where no task gets as far as running a point, where slurm_cancel() was called meanwhile, and
  /// for files in the folder that are not as they should be.
  void run(const Plan& plan, std::span<const std::size_t> positions, const ExecutorEvents& events) override;

 private:
  SlurmOptions options_;
};

/// What a sweep has on the cluster.
struct SlurmStatus {
  bool present = false;     ///< false: the folder has nothing on a cluster
  bool collecting = false;  ///< somebody collects right now
  bool cancelled = false;   ///< slurm_cancel() was called, and nobody went on since
  std::vector<std::uint64_t> jobs;
  /// Tasks by state, as Slurm names it, and why ("PENDING (Priority)"); sorted.
  std::vector<std::pair<std::string, std::size_t>> tasks;
  std::size_t points = 0;   ///< wanted when the collector last started; the sum of the next four
  std::size_t done = 0;     ///< with an outcome, collected or not
  std::size_t running = 0;  ///< of tasks that run: at work or next
  std::size_t waiting = 0;  ///< of tasks that wait, or ended and will be submitted again
  std::size_t lost = 0;     ///< given up
  std::string problem;      ///< what Slurm said, if it did not answer; then running points count as waiting
};

/// Changes nothing. Throws RunError as run() does, but for a cluster that does not answer.
SlurmStatus slurm_status(const std::filesystem::path& folder);

/// Ends all jobs of the sweep, and tells a collector that is at work. Outcomes that are there stay; the next run()
/// submits what is missing. Returns how many jobs there were; throws RunError if Slurm does not end them.
std::size_t slurm_cancel(const std::filesystem::path& folder);

}  // namespace farfault::sweep
