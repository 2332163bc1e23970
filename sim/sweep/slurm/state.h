/// What a sweep has on a cluster, in FOLDER/slurm/state.json: who collects next goes on from there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/files.h"
#include "sim/sweep/slurm/chunk.h"
#include "sim/sweep/slurm/layout.h"

namespace farfault::sweep::slurm {

/// A task of an array that has something to do.
struct Task {
  std::uint64_t index = 0;        ///< in its array
  std::uint64_t attempt = 0;      ///< how often its points were lost before
  std::vector<std::string> keys;  ///< of its points

  // What follows is known of this run alone.
  std::string state;  ///< as Slurm last named it; empty: not heard of yet
  std::string reason;
  std::size_t unheard = 0;                                          ///< answers in a row without it
  std::optional<std::chrono::steady_clock::time_point> ended = {};  ///< when that was seen
};

/// An array job.
struct Submission {
  std::uint64_t number = 0;
  std::uint64_t job = 0;    ///< 0: nobody knows whether it was submitted; its name tells
  std::vector<Task> tasks;  ///< by index; those that ended are gone
  std::size_t looks = 0;    ///< of this run: how often a job of its name was looked for in vain

  ChunkId chunk(const Task& task) const { return {number, task.index}; }
};

struct State {
  std::string run;         ///< a random word: two sweeps' jobs have different names
  std::uint64_t next = 0;  ///< number of the next submission
  std::size_t points = 0;  ///< that were wanted when the collector last started
  std::size_t lost = 0;    ///< of them, given up
  std::vector<Submission> submissions;

  /// Its job's name, by which it is found whose id nobody wrote down.
  std::string job_name(const Submission& submission) const;
};

/// With a name of its own.
State new_state();
/// Nothing if there is none. Throws RunError for a file that is not farfault's.
std::optional<State> load_state(const Layout& layout);
/// Durable when it returns.
void save_state(const Layout& layout, const State& state);

}  // namespace farfault::sweep::slurm
