#include "sim/cli/compare/child_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "sim/cli/interrupt.h"
#include "sim/cli/terminal.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

constexpr int kPollMilliseconds = 200;  // a signal between the look at the flag and poll() waits no longer

/// What a child says: a kind, the length of what follows, and that.
enum class Message : char { kProgress = 'P', kText = 'T', kFailure = 'F', kEnd = 'E' };
constexpr std::size_t kHeadSize = 1 + sizeof(std::uint64_t);

/// In the child: nothing but the pipe may be touched, and no error is anyone's to see but the parent's.
class Speaker {
 public:
  explicit Speaker(int fd) : fd_(fd) {}

  void say(Message message, std::string_view contents) const {
    const std::uint64_t size = contents.size();
    std::string out(1, static_cast<char>(message));
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += contents;
    for (std::string_view rest = out; !rest.empty();) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) ::_exit(1);  // the parent has left
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void say(const RunProgress& progress) const {
    const std::array<std::uint64_t, 3> numbers = {static_cast<std::uint64_t>(progress.phase), progress.accesses,
                                                  progress.total_accesses};
    say(Message::kProgress, {reinterpret_cast<const char*>(numbers.data()), sizeof numbers});
  }

 private:
  int fd_;
};

[[noreturn]] void work_in_child(const ChildJob& job, int fd, pid_t parent) {
  // The terminal sends Ctrl-C to children as well; what becomes of them is the parent's to decide. They have nothing
  // on disk, so they need not be asked.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const Speaker speaker(fd);
  try {
    const std::vector<std::string> texts = job.work([&speaker](const RunProgress& at) { speaker.say(at); });
    for (const std::string& text : texts) speaker.say(Message::kText, text);
  } catch (const std::bad_alloc&) {
    speaker.say(Message::kFailure, "out of memory");
  } catch (const std::exception& error) {
    speaker.say(Message::kFailure, error.what());
  }
  speaker.say(Message::kEnd, "");
  ::_exit(0);
}

/// The parent's end of a child; the child ends with it.
class Child {
 public:
  Child(std::size_t job, pid_t pid, int fd) : job_(job), pid_(pid), fd_(fd) {}
  ~Child() {
    ::close(fd_);
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::size_t job() const { return job_; }
  int fd() const { return fd_; }
  const RunProgress& progress() const { return progress_; }

  /// Reads what there is. True once there will be nothing more.
  bool read_some() {
    std::array<char, 65536> piece{};
    const ssize_t got = ::read(fd_, piece.data(), piece.size());
    if (got < 0) return errno != EINTR && errno != EAGAIN;
    incoming_.append(piece.data(), static_cast<std::size_t>(got));
    take_messages();
    return got == 0;
  }

  /// REQUIRES: read_some() was true.
  ChildResult take_result() {
    const int status = reap();
    if (!ended_) {
      const int killer = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      result_.texts.clear();
      result_.failure = "its process ended before its results: ";
      result_.failure += killer != 0 ? std::string("signal ") + ::strsignal(killer) : "no reason known";
      if (killer == SIGKILL) result_.failure += "; perhaps memory ran out, so try fewer at once with -j";
    } else if (!result_.failure.empty()) {
      result_.texts.clear();
    }
    return std::move(result_);
  }

 private:
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return status;
  }

  void take_messages() {
    std::size_t at = 0;
    while (incoming_.size() - at >= kHeadSize) {
      std::uint64_t size = 0;
      std::memcpy(&size, incoming_.data() + at + 1, sizeof size);
      if (incoming_.size() - at - kHeadSize < size) break;
      take(static_cast<Message>(incoming_[at]), std::string_view(incoming_).substr(at + kHeadSize, size));
      at += kHeadSize + size;
    }
    incoming_.erase(0, at);
  }

  void take(Message message, std::string_view contents) {
    switch (message) {
      case Message::kProgress: {
        std::array<std::uint64_t, 3> numbers{};
        std::memcpy(numbers.data(), contents.data(), std::min(contents.size(), sizeof numbers));
        progress_ = {static_cast<RunProgress::Phase>(numbers[0]), numbers[1], numbers[2]};
        return;
      }
      case Message::kText:
        result_.texts.emplace_back(contents);
        return;
      case Message::kFailure:
        result_.failure = contents.empty() ? "failed" : std::string(contents);
        return;
      case Message::kEnd:
        ended_ = true;
    }
  }

  std::size_t job_;
  pid_t pid_;
  int fd_;
  bool reaped_ = false;
  bool ended_ = false;
  std::string incoming_;
  RunProgress progress_;
  ChildResult result_;
};

class Pool {
 public:
  Pool(const std::vector<ChildJob>& jobs, std::size_t most_at_once, Verbosity verbosity, const std::string& activity)
      : jobs_(jobs), most_at_once_(std::max<std::size_t>(1, most_at_once)), progress_(verbosity, activity) {}

  void run(const std::function<void(std::size_t, ChildResult)>& done) {
    while (next_ < jobs_.size() || !children_.empty()) {
      if (InterruptGuard::flag()) throw Interrupted();
      while (next_ < jobs_.size() && children_.size() < most_at_once_ && start()) {
      }
      wait_for_some(done);
      show_progress();
    }
  }

 private:
  /// False if there can be no more processes for now.
  bool start() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(errno);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(ends[0]);
      work_in_child(jobs_[next_], ends[1], parent);
    }
    const int error = errno;
    ::close(ends[1]);
    if (pid < 0) {
      ::close(ends[0]);
      return cannot_start(error);
    }
    children_.push_back(std::make_unique<Child>(next_++, pid, ends[0]));
    return true;
  }

  bool cannot_start(int error) const {
    if (!children_.empty()) return false;
    throw RunError("cannot start a process: " + system_message(error));
  }

  void wait_for_some(const std::function<void(std::size_t, ChildResult)>& done) {
    std::vector<pollfd> waits;
    waits.reserve(children_.size());
    for (const auto& child : children_) waits.push_back({child->fd(), POLLIN, 0});
    if (::poll(waits.data(), waits.size(), kPollMilliseconds) <= 0) return;
    std::vector<std::unique_ptr<Child>> left;
    std::vector<std::unique_ptr<Child>> ended;
    for (std::size_t i = 0; i < waits.size(); ++i) {
      const bool end = waits[i].revents != 0 && children_[i]->read_some();
      (end ? ended : left).push_back(std::move(children_[i]));
    }
    children_ = std::move(left);
    for (const auto& child : ended) {
      accesses_done_ += child->progress().accesses;
      done(child->job(), child->take_result());
    }
  }

  /// Of all that run or have run; how many that will be nobody knows before the last begins.
  void show_progress() {
    RunProgress sum;
    sum.accesses = accesses_done_;
    sum.total_accesses = next_ == jobs_.size() ? accesses_done_ : 0;
    for (const auto& child : children_) {
      sum.accesses += child->progress().accesses;
      if (child->progress().total_accesses == 0) sum.total_accesses = 0;
      if (sum.total_accesses != 0) sum.total_accesses += child->progress().total_accesses;
    }
    progress_.update(sum);
  }

  const std::vector<ChildJob>& jobs_;
  std::size_t most_at_once_;
  Progress progress_;
  std::size_t next_ = 0;
  std::uint64_t accesses_done_ = 0;
  std::vector<std::unique_ptr<Child>> children_;
};

}  // namespace

void run_in_children(const std::vector<ChildJob>& jobs, std::size_t most_at_once, Verbosity verbosity,
                     const std::function<void(std::size_t, ChildResult)>& done, const std::string& activity) {
  Pool(jobs, most_at_once, verbosity, activity).run(done);
}

}  // namespace farfault::cli
