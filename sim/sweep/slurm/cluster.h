/// Slurm, by its commands. What it does not answer now, it may answer later.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/sweep/slurm/command.h"

namespace farfault::sweep::slurm {

struct TaskAnswer {
  std::string state;   ///< "RUNNING"
  std::string reason;  ///< why it waits, or why it ended: "Priority"
};
/// By array job and task.
using TaskAnswers = std::map<std::pair<std::uint64_t, std::uint64_t>, TaskAnswer>;

/// Whether a task in this state will do nothing more. A state that nobody heard of is none of those.
bool has_ended(std::string_view state);

class Cluster {
 public:
  /// `idle` is called while a command runs, and may throw. `limit` is the time a command may take.
  Cluster(std::function<void()> idle, std::chrono::milliseconds limit) : idle_(std::move(idle)), limit_(limit) {}

  // All but ended_state() throw RunError where there is no such command on this machine. Nothing, or false: no answer
  // that can be used; problem() says why.

  /// Tasks an array may have: their indices are below this.
  std::optional<std::size_t> max_array_size();
  /// Every task of these jobs that Slurm still knows, ended or not.
  std::optional<TaskAnswers> tasks(std::span<const std::uint64_t> jobs);
  /// How a task ended that squeue does not know any more; empty where there is no accounting.
  std::string ended_state(std::uint64_t job, std::uint64_t task);
  /// The jobs of this name that are known; 0 is none.
  std::optional<std::uint64_t> find(const std::string& name);
  /// Submits; the job's id. Throws RunError if Slurm refuses for good.
  std::optional<std::uint64_t> submit(const std::vector<std::string>& sbatch_arguments);
  /// Ends these jobs. Those that ended already are no problem.
  bool cancel(std::span<const std::uint64_t> jobs);

  const std::string& problem() const { return problem_; }

 private:
  CommandResult run(const std::vector<std::string>& words);
  /// Remembers what is wrong.
  std::nullopt_t no_answer(const std::string& command, const CommandResult& result);

  std::function<void()> idle_;
  std::chrono::milliseconds limit_;
  std::string problem_;
};

}  // namespace farfault::sweep::slurm
