/// Ctrl-C and SIGTERM: the first asks the run to end, the second ends the process at once.
#pragma once

#include <atomic>
#include <filesystem>

namespace farfault::cli {

/// While it lives, SIGINT and SIGTERM set flag(); a signal that was ignored before stays ignored. One at a time.
class InterruptGuard {
 public:
  /// `empty_folder` is removed, if it is empty, by a second signal; may be an empty path.
  explicit InterruptGuard(const std::filesystem::path& empty_folder);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static const std::atomic<bool>& flag();
};

}  // namespace farfault::cli
