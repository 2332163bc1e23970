#include "sim/sweep/process_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <new>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::sweep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kLookMilliseconds = 100;
/// More of one message is no result but damaged memory.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;
/// What a simulation reserves and hardly touches: tables over the address space, stacks, arenas of the allocator.
constexpr std::uint64_t kReserved = std::uint64_t{2} << 30U;

/// Read at a time. A few pages: of what a process touches after a fork, each is copied.
constexpr std::size_t kPieceBytes = std::size_t{16} << 10U;
constexpr int kPiecesAtOnce = 8;  ///< of one child, before the others have their turn

/// What a child says: a kind, the length of what follows, and that.
enum class Message : char { kTold = 'T', kResult = 'R', kFailure = 'F', kEnd = 'E' };
constexpr std::size_t kHeadSize = 1 + sizeof(std::uint64_t);
constexpr auto kLastFailure = static_cast<std::uint8_t>(Failure::kLost);

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

/// A pipe's two ends. Neither outlives an exec; the end to read from does not block.
struct Pipe {
  std::array<int, 2> ends = {-1, -1};

  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  bool open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0 && ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0; }
  int take_reader() { return std::exchange(ends[0], -1); }
};

/// In the child: nothing but the pipe may be touched, and no error is anyone's to see but the parent's.
class Speaker {
 public:
  explicit Speaker(int fd) : fd_(fd) {}

  void say(Message message, std::string_view contents) const {
    std::array<char, kHeadSize> head{};
    const std::uint64_t size = contents.size();
    head[0] = static_cast<char>(message);
    std::memcpy(head.data() + 1, &size, sizeof size);
    write({head.data(), head.size()});
    write(contents);
  }

  void say_failure(Failure failure, std::string_view reason) const {
    std::array<char, 512> text{};  // memory may have run out
    text[0] = static_cast<char>(failure);
    if (reason.size() >= text.size()) return say(Message::kFailure, std::string(1, text[0]).append(reason));
    std::copy(reason.begin(), reason.end(), text.begin() + 1);
    say(Message::kFailure, {text.data(), reason.size() + 1});
  }

 private:
  void write(std::string_view rest) const {
    while (!rest.empty()) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) ::_exit(1);  // the parent has left
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  int fd_;
};

#ifndef FARFAULT_SANITIZED
/// Bytes of private memory that this process may write to: the kernel's measure for RLIMIT_DATA.
std::uint64_t data_size() {
  std::ifstream file("/proc/self/statm");
  std::array<std::uint64_t, 6> pages{};  // size, resident, shared, text, library, data
  for (std::uint64_t& number : pages) file >> number;
  return file ? pages[5] * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

/// So that an allocation that is far too large fails at once, and one that runs away does between two looks.
void limit_memory(std::uint64_t bytes) {
  const std::uint64_t now = data_size();
  rlimit limit{};
  if (now == 0 || bytes > RLIM_INFINITY - now - kReserved || ::getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, now + bytes + kReserved);
  ::setrlimit(RLIMIT_DATA, &limit);
}
#else
/// Sanitizers reserve terabytes: the parent's looks have to do.
void limit_memory(std::uint64_t /*bytes*/) {}
#endif

void leave_alone(int output) {
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

void flush_streams() {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
}

[[noreturn]] void work_in_child(const Job& job, int results, int output, pid_t parent) {
  // The terminal sends Ctrl-C to children as well; what becomes of them is the parent's to decide. They have nothing
  // on disk, so they need not be asked.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const Speaker speaker(results);
  if (job.unattended) leave_alone(output);
  if (job.memory != 0) limit_memory(job.memory);
  try {
    speaker.say(Message::kResult, job.work([&speaker](std::string_view bytes) { speaker.say(Message::kTold, bytes); }));
  } catch (const std::bad_alloc&) {
    speaker.say_failure(Failure::kMemory, "out of memory");
  } catch (const InputError& error) {
    speaker.say_failure(Failure::kInput, error.what());
  } catch (const std::exception& error) {
    speaker.say_failure(Failure::kRun, error.what());
  } catch (...) {
    speaker.say_failure(Failure::kRun, "an exception of no known type");
  }
  if (job.unattended) flush_streams();
  speaker.say(Message::kEnd, "");
  ::_exit(0);
}

/// Keeps the end of what is appended.
class Tail {
 public:
  void append(std::string_view bytes) {
    if (bytes.size() > kKeptOutput) bytes.remove_prefix(bytes.size() - kKeptOutput);
    text_ += bytes;
    if (text_.size() > 4 * kKeptOutput) cut();
  }
  std::string take() {
    cut();
    return std::move(text_);
  }

 private:
  void cut() {
    if (text_.size() > kKeptOutput) text_.erase(0, text_.size() - kKeptOutput);
  }

  std::string text_;
};

/// How often the kernel ended a process for want of memory since it was started; 0 where it does not tell.
std::uint64_t out_of_memory_kills() {
  std::ifstream file("/proc/vmstat");
  std::string name;
  std::uint64_t value = 0;
  while (file >> name >> value) {
    if (name == "oom_kill") return value;
  }
  return 0;
}

std::uint64_t resident_memory(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  return file >> size >> resident ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::string seconds_text(double seconds) { return format_short(SimTime::from_seconds(seconds)); }

}  // namespace

/// The parent's end of a child; the child ends with it.
class ProcessPool::Child {
 public:
  Child(const Job& job, pid_t pid, int results, int output)
      : id_(job.id),
        seconds_(job.seconds),
        memory_limit_(job.memory),
        pid_(pid),
        results_(results),
        output_(output),
        start_(Clock::now()) {}
  ~Child() {
    kill();
    reap();
    ::close(results_);
    close_output();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::size_t id() const { return id_; }
  std::uint64_t memory() const { return memory_; }
  int results() const { return results_; }
  int output() const { return output_; }
  /// It has said its last, or is to be stopped.
  bool over() const { return over_; }

  void kill() const {
    if (!reaped_) ::kill(pid_, SIGKILL);
  }

  /// Reads what there is of messages.
  void read_results(const std::function<void(std::size_t, std::string_view)>& told) {
    std::array<char, kPieceBytes> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): pages that would be touched
    for (int i = 0; i < kPiecesAtOnce; ++i) {
      const ssize_t got = ::read(results_, piece.data(), piece.size());
      if (got <= 0) {
        if (got == 0 || (errno != EINTR && errno != EAGAIN)) over_ = true;
        break;
      }
      make_room();
      incoming_.append(piece.data(), static_cast<std::size_t>(got));
      if (got < static_cast<ssize_t>(piece.size())) break;
    }
    take_messages(told);
  }

  void read_output() {
    std::array<char, kPieceBytes> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): as above
    const ssize_t got = ::read(output_, piece.data(), piece.size());
    if (got > 0) {
      tail_.append({piece.data(), static_cast<std::size_t>(got)});
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      close_output();
    }
  }

  double seconds_left() const { return seconds_ == 0 ? std::numeric_limits<double>::infinity() : seconds_ - elapsed(); }

  void check_time() {
    if (over_ || seconds_left() > 0) return;
    stop(Failure::kTime, "it took longer than its limit of " + seconds_text(seconds_));
  }

  void look() {
    if (over_) return;
    if (const std::uint64_t now = resident_memory(pid_); now != 0) memory_ = now;
    if (memory_limit_ != 0 && memory_ > memory_limit_) {
      stop(Failure::kMemory, "it took " + format_short(Bytes(memory_)) + " of memory, beyond its limit of " +
                                 format_short(Bytes(memory_limit_)));
    }
    // A process that it left behind may hold its end of the pipe.
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_) {
      gone_ = true;
    }
  }
  /// It has ended and what it left in the pipe was read.
  void finish_if_gone() {
    if (gone_) over_ = true;
  }

  /// REQUIRES: over(). `out_of_memory`: whether the kernel ended processes for want of memory.
  JobResult take_result(const std::function<bool()>& out_of_memory) {
    kill();  // it has nothing more to do
    reap();
    for (int i = 0; i < 16 && output_ >= 0; ++i) read_output();
    result_.output = tail_.take();
    result_.seconds = elapsed();
    result_.peak_memory = peak_memory_;
    if (!ended_ && result_.failure == Failure::kNone) explain_end(out_of_memory);
    if (result_.failure != Failure::kNone) result_.bytes.clear();
    return std::move(result_);
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  void stop(Failure failure, std::string reason) {
    result_.failure = failure;
    result_.reason = std::move(reason);
    over_ = true;
  }

  void explain_end(const std::function<bool()>& out_of_memory) {
    result_.failure = Failure::kCrash;
    result_.reason = "its process ended before its results: ";
    if (!WIFSIGNALED(status_)) {
      result_.reason += "exit status " + std::to_string(WEXITSTATUS(status_));
      return;
    }
    const int signal = WTERMSIG(status_);
    result_.reason += std::string("signal ") + ::strsignal(signal);
    if (signal != SIGKILL) return;
    if (out_of_memory()) {
      result_.failure = Failure::kMemory;
      result_.reason += "; the system ran out of memory, so run fewer at once";
    } else {
      result_.reason += "; perhaps memory ran out, so try fewer at once";
    }
  }

  void reap() {
    if (reaped_) return;
    rusage usage{};
    while (::wait4(pid_, &status_, 0, &usage) < 0 && errno == EINTR) {
    }
    peak_memory_ = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    reaped_ = true;
  }

  void close_output() {
    if (output_ >= 0) ::close(std::exchange(output_, -1));
  }

  /// For the rest of the message that has begun, at once: a string that grows is copied, to pages that are new.
  void make_room() {
    constexpr std::uint64_t kMostAtOnce = std::uint64_t{1} << 20U;  // what it says may be wrong
    if (incoming_.size() < kHeadSize) return;
    std::uint64_t size = 0;
    std::memcpy(&size, incoming_.data() + 1, sizeof size);
    incoming_.reserve(std::min(size, kMostAtOnce) + kHeadSize);
  }

  void take_messages(const std::function<void(std::size_t, std::string_view)>& told) {
    std::size_t at = 0;
    while (incoming_.size() - at >= kHeadSize) {
      std::uint64_t size = 0;
      std::memcpy(&size, incoming_.data() + at + 1, sizeof size);
      if (size > kMostBytes) return stop(Failure::kCrash, "its process sent what is no result");
      if (incoming_.size() - at - kHeadSize < size) break;
      take(static_cast<Message>(incoming_[at]), std::string_view(incoming_).substr(at + kHeadSize, size), told);
      at += kHeadSize + size;
    }
    incoming_.erase(0, at);
  }

  void take(Message message, std::string_view contents,
            const std::function<void(std::size_t, std::string_view)>& told) {
    switch (message) {
      case Message::kTold:
        if (told) told(id_, contents);
        return;
      case Message::kResult:
        result_.bytes = contents;
        return;
      case Message::kFailure:
        if (contents.empty() || static_cast<std::uint8_t>(contents.front()) > kLastFailure) break;
        result_.failure = static_cast<Failure>(contents.front());
        result_.reason = contents.size() < 2 ? "failed" : std::string(contents.substr(1));
        return;
      case Message::kEnd:
        ended_ = true;
        over_ = true;
        return;
    }
    stop(Failure::kCrash, "its process sent what is no result");
  }

  std::size_t id_;
  double seconds_;
  std::uint64_t memory_limit_;
  pid_t pid_;
  int results_;
  int output_;  ///< -1: none, or closed
  Clock::time_point start_;
  bool reaped_ = false;
  bool gone_ = false;
  bool ended_ = false;
  bool over_ = false;
  int status_ = 0;
  std::uint64_t memory_ = 0;
  std::uint64_t peak_memory_ = 0;
  std::string incoming_;
  Tail tail_;
  JobResult result_;
};

ProcessPool::ProcessPool(std::size_t most_at_once, PoolEvents events)
    : most_at_once_(std::max<std::size_t>(1, most_at_once)), events_(std::move(events)) {}

ProcessPool::~ProcessPool() { end_all(); }

void ProcessPool::end_all() {
  for (const auto& child : children_) child->kill();  // all at once, then wait for each
  children_.clear();
}

void ProcessPool::run() {
  out_of_memory_kills_ = out_of_memory_kills();
  next_look_ = milliseconds_now() + kLookMilliseconds;
  try {
    for (;;) {
      if (events_.interrupted != nullptr && events_.interrupted->load(std::memory_order_relaxed)) throw Interrupted();
      fill();
      if (children_.empty()) return;
      wait_for_some();
      look_at_all();
      collect();
    }
  } catch (...) {
    end_all();
    throw;
  }
}

std::vector<RunningJob> ProcessPool::running() const {
  std::vector<RunningJob> out;
  out.reserve(children_.size());
  for (const auto& child : children_) out.push_back({child->id(), child->memory()});
  return out;
}

void ProcessPool::abandon(std::size_t id) {
  std::erase_if(children_, [id](const auto& child) { return child->id() == id; });
}

void ProcessPool::fill() {
  while (children_.size() < most_at_once_) {
    if (!waiting_) waiting_ = events_.next();
    if (!waiting_ || !start(*waiting_)) return;
    waiting_.reset();
  }
}

/// False if there can be no more processes for now.
bool ProcessPool::start(const Job& job) {
  Pipe results;
  Pipe output;
  pid_t pid = -1;
  if (results.open() && (!job.unattended || output.open())) {
    if (job.unattended) flush_streams();  // or the child writes what is buffered once more
    const pid_t parent = ::getpid();
    pid = ::fork();
    if (pid == 0) work_in_child(job, results.ends[1], output.ends[1], parent);
  }
  if (pid > 0) {
    children_.push_back(std::make_unique<Child>(job, pid, results.take_reader(), output.take_reader()));
    return true;
  }
  const int error = errno;
  if (!children_.empty()) return false;
  throw RunError("cannot start a process: " + system_message(error));
}

void ProcessPool::wait_for_some() {
  std::vector<pollfd> waits;
  waits.reserve(2 * children_.size());
  double seconds = static_cast<double>(std::max<std::int64_t>(0, next_look_ - milliseconds_now())) / 1000;
  for (const auto& child : children_) {
    waits.push_back({child->results(), POLLIN, 0});
    waits.push_back({child->output(), POLLIN, 0});
    seconds = std::min(seconds, std::max(0.0, child->seconds_left()));
  }
  // A signal between the look at the flag and poll() waits no longer than this.
  if (::poll(waits.data(), waits.size(), static_cast<int>(std::ceil(seconds * 1000))) <= 0) return;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (waits[2 * i].revents != 0) children_[i]->read_results(events_.told);
    if (waits[2 * i + 1].revents != 0) children_[i]->read_output();
  }
}

void ProcessPool::look_at_all() {
  for (const auto& child : children_) child->check_time();
  const std::int64_t now = milliseconds_now();
  if (now < next_look_) return;
  next_look_ = now + kLookMilliseconds;
  for (const auto& child : children_) {
    child->finish_if_gone();
    child->look();
  }
  if (events_.tick) events_.tick();
}

/// Results go out one by one, when the places of those that ended are free.
void ProcessPool::collect() {
  std::vector<std::unique_ptr<Child>> over;
  for (auto& child : children_) {
    if (child->over()) over.push_back(std::move(child));
  }
  std::erase(children_, nullptr);
  const auto out_of_memory = [this] {
    const std::uint64_t before = std::exchange(out_of_memory_kills_, out_of_memory_kills());
    return out_of_memory_kills_ != before;
  };
  for (const auto& child : over) events_.done(child->id(), child->take_result(out_of_memory));
}

}  // namespace farfault::sweep
