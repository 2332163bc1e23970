/// Which jobs may run side by side without taking more memory than there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace farfault::sweep {

/// Memory that the system could give to new processes without swapping, in bytes; 0 where it does not tell.
std::uint64_t available_memory();

/// Bookkeeping alone: who runs, what each was thought to need, what each takes.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : bytes_(bytes) {}

  /// What a job of this workload will need: the most that one of it was seen to take, and a quarter; `guess` before
  /// one was seen.
  std::uint64_t need(const std::string& workload, std::uint64_t guess) const;
  bool knows(const std::string& workload) const { return peaks_.contains(workload); }
  void saw(const std::string& workload, std::uint64_t bytes);

  /// Whether a job may start: there is room, or nothing runs, for then no wait would make more.
  bool fits(std::uint64_t need) const;
  /// REQUIRES: no job of this id runs.
  void start(std::size_t id, std::uint64_t need) { running_.push_back({id, need, 0}); }
  void end(std::size_t id);
  /// Memory of no single job.
  void hold(std::uint64_t bytes) { held_ += bytes; }
  void release(std::uint64_t bytes) { held_ -= bytes; }

  /// What a running job takes now; it is thought to need no less from then on.
  void takes(std::size_t id, std::uint64_t bytes);
  /// The last that was started, if all together take more than there is; never the only one.
  std::optional<std::size_t> one_too_many() const;

 private:
  struct Running {
    std::size_t id;
    std::uint64_t need;
    std::uint64_t takes;
  };

  std::uint64_t bytes_;
  std::uint64_t held_ = 0;
  std::vector<Running> running_;  ///< in the order of their start
  std::map<std::string, std::uint64_t> peaks_;
};

}  // namespace farfault::sweep
