/// Ctrl-C and SIGTERM.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace farfault::cli {

/// While it lives, SIGINT and SIGTERM do what it says; a signal that was ignored before stays ignored. One at a time.
class InterruptGuard {
 public:
  /// What the first signal does: it sets flag(), so that what runs can end by itself, and the second one ends the
  /// process; or it ends the process itself, with exit code 130, whatever that waits for.
  enum class OnSignal : std::uint8_t { kSetFlag, kExit };

  /// `partial` is what a signal removes that ends the process: a file, or a folder if it is empty; may be an empty
  /// path.
  explicit InterruptGuard(const std::filesystem::path& partial, OnSignal what = OnSignal::kSetFlag);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static const std::atomic<bool>& flag();
};

}  // namespace farfault::cli
