/// Slurm's commands, run as programs: no shell, bounded time and output.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace farfault::sweep::slurm {

struct CommandResult {
  int status = -1;       ///< exit status; -1 if a signal ended it, the time limit's too
  bool late = false;     ///< it was ended for taking too long, or printing too much
  std::string output;    ///< of stdout
  std::string messages;  ///< of stderr

  bool succeeded() const { return status == 0; }
};

/// Runs `words[0]`, looked for in PATH, and waits for it; its input is empty. `idle` is called ten times a second and
/// may throw, which ends the program. Throws RunError if there is no such program or it cannot be started.
CommandResult run_command(const std::vector<std::string>& words, std::chrono::milliseconds limit,
                          const std::function<void()>& idle);

}  // namespace farfault::sweep::slurm
