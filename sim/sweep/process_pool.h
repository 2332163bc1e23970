/// Jobs in processes forked from this one: a job that crashes, hangs or eats memory harms no other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/sweep/outcome.h"

namespace farfault::sweep {

/// In a child: tells the parent something on the way. Ends the process if the parent has left.
using Tell = std::function<void(std::string_view bytes)>;

struct Job {
  std::size_t id = 0;        ///< of the caller; unique among jobs that run
  double seconds = 0;        ///< of the clock on the wall, at most; 0: no limit
  std::uint64_t memory = 0;  ///< bytes that may be resident; 0: no limit
};

struct JobResult {
  Failure failure = Failure::kNone;  ///< kNone, kInput (InputError), kRun (other exceptions), kMemory, kTime, kCrash
  std::string reason;                ///< a sentence or the exception's text; empty if it did not fail
  std::string bytes;                 ///< what the job returned; empty if it failed
  std::string output;                ///< the last kKeptOutput bytes of stdout and stderr, where unattended
  double seconds = 0;                ///< from its start to its end
  std::uint64_t peak_memory = 0;     ///< bytes that were resident at most; begins at what its process had
};
inline constexpr std::size_t kKeptOutput = 4096;

struct PoolOptions {
  std::size_t most_at_once = 1;  ///< 0 is taken as 1
  /// Nobody watches: stdin is empty, the end of stdout and stderr is kept for results, and a crash dumps no core.
  bool unattended = false;
  /// A process whose job went well takes another until it has run for so long: for small jobs, most of the time goes
  /// into a process and the first touch of its memory. If several run at once, it has the next in hand before it ends.
  /// A job that fails in such a process, other than by its time, is run once more in one of its own, and that is its
  /// result; so it may tell things twice. 0: a process for each job.
  double process_seconds = 0;
};

/// All but `work` are called on the thread that called run().
struct PoolEvents {
  /// A job. Runs in a child, which knows what this process did when the child was forked (see renew()). What it returns
  /// goes to the parent; what it throws becomes the result's failure.
  std::function<std::string(std::size_t id, const Tell& tell)> work;
  /// Asked while a place is free, or a process can have one more in hand, and again after each end and each tick.
  /// Nothing: no job can start at present. When it gives nothing and nothing runs, run() returns.
  std::function<std::optional<Job>()> next;
  std::function<void(std::size_t id, JobResult result)> done;
  std::function<void(std::size_t id, std::string_view bytes)> told;  ///< may be empty
  /// After `done`, once places that had become free were filled: for what takes time. May be empty.
  std::function<void()> filled;
  /// About every 100 ms; may be empty. May call running() and abandon().
  std::function<void()> tick;
  const std::atomic<bool>* interrupted = nullptr;  ///< may be null
};

struct RunningJob {
  std::size_t id = 0;
  std::uint64_t memory = 0;  ///< bytes resident at the last tick
};

/// Children end with this process, however it ends, and none is left when run() returns or throws.
/// REQUIRES: this process has one thread when it runs, and its three standard streams are open.
class ProcessPool {
 public:
  ProcessPool(PoolOptions options, PoolEvents events);
  ~ProcessPool();
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  /// Runs jobs until there are none. Throws Interrupted once the flag is set, RunError if no process can be made, and
  /// what the events throw.
  void run();

  /// In the order in which they started.
  std::vector<RunningJob> running() const;
  /// Ends a job that runs; there will be no result of it.
  void abandon(std::size_t id);
  /// What `work` rests on has changed: jobs that `next` gives from now on start in processes that are forked from now
  /// on.
  void renew() { ++epoch_; }

 private:
  class Child;

  std::optional<Job> next();
  void fill();
  void take_from_slow();
  bool start(const Job& job);
  bool start_process(const Job& job);
  void wait_for_some();
  void look_at_all();
  void collect();
  void end_all();

  PoolOptions options_;
  PoolEvents events_;
  std::string mark_;                              ///< between what jobs of a process write
  std::vector<std::unique_ptr<Child>> children_;  ///< with a job each
  std::vector<std::unique_ptr<Child>> idle_;      ///< have ended one and may be given another; none outlives fill()
  std::deque<Job> again_;                         ///< to be run in processes of their own
  std::deque<Job> given_back_;                    ///< by processes that ended before they began them
  std::optional<Job> waiting_;                    ///< there was no process for it
  std::uint64_t epoch_ = 0;
  std::uint64_t out_of_memory_kills_ = 0;
  std::int64_t next_look_ = 0;
};

}  // namespace farfault::sweep
