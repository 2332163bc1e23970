/// One run() of a SlurmExecutor: submits, watches, collects, submits again.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sim/sweep/executor.h"
#include "sim/sweep/files.h"
#include "sim/sweep/slurm/cluster.h"
#include "sim/sweep/slurm/layout.h"
#include "sim/sweep/slurm/slurm_executor.h"
#include "sim/sweep/slurm/spool.h"
#include "sim/sweep/slurm/state.h"

namespace farfault::sweep::slurm {

/// Held by who collects; the others are told.
class FolderLock {
 public:
  /// Tries so often, for whoever just looks has it for a moment.
  explicit FolderLock(const Layout& layout, int tries = 1);
  /// False where somebody else has it. Where locks do not work, it is as if nobody had.
  bool held() const { return held_; }

 private:
  FileDescriptor file_;
  bool held_ = false;
};

class Collector {
 public:
  /// What is passed lives as long as the collector. Makes FOLDER/slurm.
  Collector(const SlurmOptions& options, const Plan& plan, std::span<const std::size_t> positions,
            const ExecutorEvents& events);
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  /// Points that go into one task.
  struct Chunk {
    std::vector<std::size_t> positions;
    std::uint64_t attempt = 0;
  };
  /// A task that ended without the outcomes of all its points.
  struct LostTask {
    ChunkId id;
    std::uint64_t job = 0;
    Task task;
    std::vector<std::size_t> missing;
  };
  using LostTasks = std::vector<LostTask>;

  // Before anything runs.
  void restore();
  void remember();
  void end_cancelled_jobs();
  void drop_unwanted_jobs();
  void submit_the_rest();

  // Again and again, or once.
  void look_once();
  void submit_what_is_due();
  void submit_in_order();
  bool look_for(Submission& submission);
  bool submit(Submission& submission);
  void ask();
  void hear(Submission& submission, const TaskAnswers& answers);
  void collect();
  void take(Outcome outcome);
  void sort_out_ended();
  LostTasks take_ended(bool& changed);
  void submit_again(const LostTasks& lost);
  void give_up(const LostTask& lost);
  std::string log_of(const LostTask& lost) const;

  std::vector<std::size_t> missing_of(const Task& task) const;
  std::size_t chunk_size(std::size_t points) const;
  void add_submissions(const std::vector<Chunk>& chunks);
  bool any_runs() const;
  void refuse_if_nothing_runs(const LostTasks& lost);
  std::vector<std::uint64_t> jobs() const;

  void answered() { last_answer_ = Clock::now(); }
  void check_patience() const;
  void check_cancelled();
  void idle();
  void wait();
  void finish();

  const SlurmOptions& options_;
  const Plan& plan_;
  const ExecutorEvents& events_;
  Layout layout_;
  FolderLock lock_;
  Cluster cluster_;
  SpoolReader spools_;
  State state_;
  std::map<std::string, std::size_t, std::less<>> wanted_;  ///< positions of points without an outcome, by key
  std::string plan_name_;
  std::size_t max_array_size_ = 0;
  std::size_t finished_ = 0;
  std::size_t collected_ = 0;  ///< of `finished_`, those that a task wrote
  std::size_t failures_ = 0;   ///< tasks that failed before the first outcome
  Clock::time_point last_answer_ = Clock::now();
  Clock::time_point last_progress_{};
};

}  // namespace farfault::sweep::slurm
