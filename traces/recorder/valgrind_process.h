/// A program that runs under valgrind's lackey, and the pipe that valgrind's log comes through.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace farfault::traces {

/// How a process ended: one of the two.
struct ProcessEnd {
  std::optional<std::uint32_t> status;
  std::optional<std::uint32_t> signal;
};

/// The program has the standard streams, the folder, the environment and the process group of the caller. It sees one
/// more descriptor, the log's, with a high number. Not thread-safe.
class ValgrindProcess {
 public:
  /// Starts `command` under the valgrind at this path. The log's pipe holds 4 KiB, so that the program does not get far
  /// before its first maps are looked at. Throws RunError if no process can be started. REQUIRES: `command` is not
  /// empty.
  ValgrindProcess(const std::string& valgrind, const std::vector<std::string>& command, std::uint64_t stack_bytes);
  /// Ends the program if it has not ended, as end() does.
  ~ValgrindProcess();
  ValgrindProcess(const ValgrindProcess&) = delete;
  ValgrindProcess& operator=(const ValgrindProcess&) = delete;

  pid_t id() const { return id_; }
  /// The pipe takes up to 1 MiB from now on, if the system allows it.
  void enlarge_pipe();

  enum class Wait : std::uint8_t { kBytes, kTimeout, kEnd };
  /// Waits for the log, at most so long. kEnd: it has ended, for all who could write to it are gone, or because the
  /// program is gone and what it wrote is read: a process that it left behind may hold the pipe open.
  Wait wait_for_log(std::chrono::milliseconds timeout);
  /// Up to `size` bytes of the log; 0 at its end. Blocks if there are none yet.
  std::size_t read_log(char* to, std::size_t size);

  /// How the program ended; nothing if it has not.
  const std::optional<ProcessEnd>& ended();
  /// Ends it, if it has not ended: SIGTERM, and SIGKILL after two seconds. Only this process; what it started goes on.
  /// Throws away what is left of the log.
  void end();

 private:
  pid_t id_ = -1;
  int log_ = -1;
  bool log_ended_ = false;
  std::optional<ProcessEnd> end_;
};

/// "valgrind-3.19.0", as the valgrind at this path calls itself; empty if it does not.
std::string valgrind_version(const std::string& valgrind);

}  // namespace farfault::traces
