/// Jobs in processes of their own, forked from this one: the engine can be started once a process, and a job that
/// crashes, hangs or eats memory harms no other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
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
  std::size_t id = 0;  ///< of the caller; unique among jobs that run
  /// Runs in the child; what it returns goes to the parent. What it throws becomes the result's failure.
  std::function<std::string(const Tell& tell)> work;
  double seconds = 0;        ///< of the clock on the wall, at most; 0: no limit
  std::uint64_t memory = 0;  ///< bytes that may be resident; 0: no limit
  /// Nobody watches: stdin is empty, the end of stdout and stderr is kept for the result, and a crash dumps no core.
  bool unattended = false;
};

struct JobResult {
  Failure failure = Failure::kNone;  ///< kNone, kInput (InputError), kRun (other exceptions), kMemory, kTime, kCrash
  std::string reason;                ///< a sentence or the exception's text; empty if it did not fail
  std::string bytes;                 ///< what the job returned; empty if it failed
  std::string output;                ///< the last kKeptOutput bytes of stdout and stderr, where unattended
  double seconds = 0;                ///< from its fork to its end
  std::uint64_t peak_memory = 0;     ///< bytes that were resident at most; begins at what the parent had
};
inline constexpr std::size_t kKeptOutput = 4096;

/// All are called on the thread that called run().
struct PoolEvents {
  /// Asked while a place is free, and again after each end and each tick. Nothing: no job can start at present. When it
  /// gives nothing and nothing runs, run() returns.
  std::function<std::optional<Job>()> next;
  std::function<void(std::size_t id, JobResult result)> done;
  std::function<void(std::size_t id, std::string_view bytes)> told;  ///< may be empty
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
  ProcessPool(std::size_t most_at_once, PoolEvents events);
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

 private:
  class Child;

  void fill();
  bool start(const Job& job);
  void wait_for_some();
  void look_at_all();
  void collect();
  void end_all();

  std::size_t most_at_once_;
  PoolEvents events_;
  std::vector<std::unique_ptr<Child>> children_;
  std::optional<Job> waiting_;  ///< there was no process for it
  std::uint64_t out_of_memory_kills_ = 0;
  std::int64_t next_look_ = 0;
};

}  // namespace farfault::sweep
