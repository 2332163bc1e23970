#include "traces/recorder/valgrind_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): not every system's headers have it

namespace farfault::traces {
namespace {

using namespace std::chrono_literals;

constexpr int kFirstPipeBytes = 4096;
constexpr std::array kPipeBytes = {1 << 20, 1 << 16};
constexpr auto kGrace = 2s;
/// Programs expect the low numbers to be free.
constexpr int kLogDescriptor = 200;

[[noreturn]] void fail_with(const std::string& what, int error) { throw RunError(what + ": " + system_message(error)); }

/// What a process is started with, freed in the end.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    // farfault ignores SIGPIPE, which the program would inherit.
    sigset_t to_default;
    ::sigemptyset(&to_default);
    ::sigaddset(&to_default, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &to_default);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  /// The process has what is `from` here as `to`.
  void duplicate(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  pid_t spawn(const std::string& path, const std::vector<std::string>& arguments) const {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    pid_t id = -1;
    const int error = ::posix_spawn(&id, path.c_str(), &actions_, &attributes_, pointers.data(), environ);
    if (error != 0) fail_with(path + ": cannot be started", error);
    return id;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Closed in the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  void close() {
    if (number_ >= 0) ::close(release());
  }

 private:
  int number_;
};

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_with("no pipe for valgrind's log", errno);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The same file under a number that is free, here and so in a process that is started, and not a low one if possible.
Descriptor duplicate_high(const Descriptor& descriptor) {
  int number = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, kLogDescriptor);
  if (number < 0) number = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 3);
  if (number < 0) fail_with("no descriptor for valgrind's log", errno);
  return Descriptor(number);
}

/// Of read(), again after signals.
ssize_t read_some(int descriptor, char* to, std::size_t size) {
  for (;;) {
    const ssize_t n = ::read(descriptor, to, size);
    if (n >= 0 || errno != EINTR) return n;
  }
}

ProcessEnd exit_of(int status) {
  ProcessEnd out;
  if (WIFSIGNALED(status)) {
    out.signal = static_cast<std::uint32_t>(WTERMSIG(status));
  } else {
    out.status = static_cast<std::uint32_t>(WEXITSTATUS(status));
  }
  return out;
}

}  // namespace

ValgrindProcess::ValgrindProcess(const std::string& valgrind, const std::vector<std::string>& command,
                                 std::uint64_t stack_bytes) {
  Pipe pipe = make_pipe();
  // Not a must: with a larger pipe the first maps are looked at a little later.
  static_cast<void>(::fcntl(pipe.writing.get(), F_SETPIPE_SZ, kFirstPipeBytes));
  const Descriptor log = duplicate_high(pipe.writing);
  std::vector<std::string> arguments = {
      "valgrind",
      "-q",                       // The words at the beginning repeat all arguments, in a line of any length.
      "--command-line-only=yes",  // not $VALGRIND_OPTS nor .valgrindrc
      "--tool=lackey",
      "--basic-counts=no",
      "--trace-mem=yes",
      "--trace-syscalls=yes",
      "--trace-sched=yes",
      "--trace-children=no",
      "--child-silent-after-fork=yes",
      "--fair-sched=try",  // threads take turns
      "--vgdb=no",
      "--main-stacksize=" + std::to_string(stack_bytes),
      "--log-fd=" + std::to_string(log.get()),
      "--",
  };
  arguments.insert(arguments.end(), command.begin(), command.end());
  SpawnSettings settings;
  settings.duplicate(log.get(), log.get());  // as itself: it stays open
  id_ = settings.spawn(valgrind, arguments);
  log_ = pipe.reading.release();
}

ValgrindProcess::~ValgrindProcess() {
  end();
  ::close(log_);
}

void ValgrindProcess::enlarge_pipe() {
  for (const int bytes : kPipeBytes) {
    if (::fcntl(log_, F_SETPIPE_SZ, bytes) >= 0) return;
  }
}

ValgrindProcess::Wait ValgrindProcess::wait_for_log(std::chrono::milliseconds timeout) {
  if (log_ended_) return Wait::kEnd;
  // Asked before the pipe is: what a program that is gone has written is in the pipe.
  const bool gone = ended().has_value();
  pollfd log{log_, POLLIN, 0};
  const int ready = ::poll(&log, 1, gone ? 0 : static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) fail_with("valgrind's log", errno);
  if (ready > 0) return Wait::kBytes;
  log_ended_ = gone && ready == 0;
  return log_ended_ ? Wait::kEnd : Wait::kTimeout;
}

std::size_t ValgrindProcess::read_log(char* to, std::size_t size) {
  if (log_ended_) return 0;
  const ssize_t n = read_some(log_, to, size);
  if (n < 0) fail_with("valgrind's log", errno);
  log_ended_ = n == 0;
  return static_cast<std::size_t>(n);
}

const std::optional<ProcessEnd>& ValgrindProcess::ended() {
  int status = 0;
  if (!end_ && ::waitpid(id_, &status, WNOHANG) == id_) end_ = exit_of(status);
  return end_;
}

void ValgrindProcess::end() {
  using Clock = std::chrono::steady_clock;
  if (ended()) return;
  ::kill(id_, SIGTERM);
  std::array<char, 4096> unused{};
  for (const auto deadline = Clock::now() + kGrace; !ended() && Clock::now() < deadline;) {
    // While its log is full, a program cannot react.
    pollfd log{log_, POLLIN, 0};
    if (::poll(&log, log_ended_ ? 0 : 1, 10) > 0) log_ended_ = read_some(log_, unused.data(), unused.size()) <= 0;
  }
  if (end_) return;
  ::kill(id_, SIGKILL);
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  end_ = exit_of(status);
}

std::string valgrind_version(const std::string& valgrind) {
  Pipe pipe = make_pipe();
  SpawnSettings settings;
  settings.duplicate(pipe.writing.get(), STDOUT_FILENO);
  const pid_t id = settings.spawn(valgrind, {"valgrind", "--version"});
  pipe.writing.close();
  std::array<char, 64> text{};
  std::size_t filled = 0;
  ssize_t n = 0;
  while (filled < text.size() && (n = read_some(pipe.reading.get(), text.data() + filled, text.size() - filled)) > 0) {
    filled += static_cast<std::size_t>(n);
  }
  pipe.reading.close();
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string_view line(text.data(), filled);
  return std::string(line.starts_with("valgrind-") ? line.substr(0, line.find('\n')) : "");
}

}  // namespace farfault::traces
