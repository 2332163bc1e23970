#include "sim/sweep/slurm/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string_view>

#include "sim/core/error.h"
#include "sim/core/program_path.h"
#include "sim/core/text.h"
#include "sim/sweep/files.h"

namespace farfault::sweep::slurm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOutput = std::size_t{32} << 20U;
constexpr std::chrono::milliseconds kSlice{100};

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw RunError("cannot make a pipe: " + system_message(errno));
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// What the commands print must be what was asked for, whatever the user likes to see of them by default.
std::vector<char*> environment_for_commands() {
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("SQUEUE_") && !text.starts_with("SACCT_")) kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

/// A process that is ended and reaped if nobody waited for it. In a group of its own: Ctrl-C is for farfault.
class Child {
 public:
  Child(const std::string& program, std::vector<std::string> words, const Pipe& output, const Pipe& messages) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.write.number(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, messages.write.number(), STDERR_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error = ::posix_spawn(&pid_, program.c_str(), &actions, &attributes, arguments.data(),
                                    environment_for_commands().data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw RunError("cannot start " + printable(program, 400) + ": " + system_message(error));
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) static_cast<void>(end());
  }

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }
  int end() {
    ::kill(-pid_, SIGKILL);
    return wait();
  }

 private:
  pid_t pid_ = 0;
};

/// Appends what there is to read. False at the end.
bool drain(const FileDescriptor& file, std::string& text) {
  std::array<char, 1U << 16U> buffer{};
  const ssize_t n = ::read(file.number(), buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR;
  text.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0;
}

/// Reads both until both end. False if the limits ended it.
bool collect_output(const Pipe& output, const Pipe& messages, Clock::time_point until,
                    const std::function<void()>& idle, CommandResult& result) {
  std::array<pollfd, 2> sources = {pollfd{output.read.number(), POLLIN, 0}, pollfd{messages.read.number(), POLLIN, 0}};
  Clock::time_point next = Clock::now();
  while (sources[0].fd >= 0 || sources[1].fd >= 0) {
    const Clock::time_point now = Clock::now();
    if (now >= until || result.output.size() + result.messages.size() > kMostOutput) return false;
    if (now >= next) {
      if (idle) idle();
      next = now + kSlice;
    }
    if (::poll(sources.data(), sources.size(), static_cast<int>(kSlice.count())) <= 0) continue;
    if (sources[0].revents != 0 && !drain(output.read, result.output)) sources[0].fd = -1;
    if (sources[1].revents != 0 && !drain(messages.read, result.messages)) sources[1].fd = -1;
  }
  return true;
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& words, std::chrono::milliseconds limit,
                          const std::function<void()>& idle) {
  const std::optional<std::string> program = find_in_path(words.front());
  if (!program) {
    throw RunError("there is no " + words.front() +
                   " on this machine; run this where Slurm's commands are (a login node), or leave out --executor");
  }
  Pipe output = make_pipe();
  Pipe messages = make_pipe();
  Child child(*program, words, output, messages);
  // From now on these ends are the child's alone.
  output.write.reset(-1);
  messages.write.reset(-1);
  CommandResult result;
  result.late = !collect_output(output, messages, Clock::now() + limit, idle, result);
  const int status = result.late ? child.end() : child.wait();
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  return result;
}

}  // namespace farfault::sweep::slurm
