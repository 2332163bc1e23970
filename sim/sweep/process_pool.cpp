#include "sim/sweep/process_pool.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
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
#include <random>
#include <span>
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

/// Memory that jobs have freed and their process keeps for the next.
constexpr std::uint64_t kKeptMemory = std::uint64_t{64} << 20U;

/// A process whose last job took less is given the next before it has ended the one that it has: so it need not wait
/// for its parent, which may be at something else. If its job takes longer than this after all, others can have the
/// next.
constexpr double kShortSeconds = 0.1;

/// What a process is given to do, other than its first job.
struct Command {
  std::uint64_t id;
  std::uint64_t memory;
};

/// The last that is said of a job.
struct End {
  double seconds;
  std::uint64_t peak_memory;
  std::uint64_t goes_on;  ///< whether the process takes another
};

/// What a child says: a kind, the length of what follows, and that.
enum class Message : char { kTold = 'T', kResult = 'R', kFailure = 'F', kEnd = 'E' };
constexpr std::size_t kHeadSize = 1 + sizeof(std::uint64_t);
constexpr auto kLastFailure = static_cast<std::uint8_t>(Failure::kLost);

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Two ends, of the parent and of a child. Neither outlives an exec; the parent's does not block.
class Ends {
 public:
  Ends() = default;
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  /// From the child to the parent.
  bool open_pipe() { return ::pipe2(ends_.data(), O_CLOEXEC) == 0 && parent_does_not_block(); }
  /// Both ways.
  bool open_socket() {
    return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()) == 0 && parent_does_not_block();
  }
  int childs() const { return ends_[1]; }
  int take_parents() { return std::exchange(ends_[0], -1); }

 private:
  bool parent_does_not_block() { return ::fcntl(ends_[0], F_SETFL, O_NONBLOCK) == 0; }

  std::array<int, 2> ends_ = {-1, -1};
};

/// In the child: all of it, or the end of the process.
void send_all(int fd, std::span<iovec> rest) {
  while (!rest.empty()) {
    const ssize_t written = ::writev(fd, rest.data(), static_cast<int>(rest.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(1);  // the parent has left
    auto left = static_cast<std::size_t>(written);
    while (!rest.empty() && left >= rest.front().iov_len) {
      left -= rest.front().iov_len;
      rest = rest.subspan(1);
    }
    if (rest.empty()) return;
    rest.front().iov_base = static_cast<char*>(rest.front().iov_base) + left;
    rest.front().iov_len -= left;
  }
}

/// In the child: nothing but the socket may be touched, and no error is anyone's to see but the parent's.
class Speaker {
 public:
  explicit Speaker(int fd) : fd_(fd) {}

  struct Part {
    Message message;
    std::string_view contents;
  };

  /// At once, so that the parent is woken once.
  void say(std::span<const Part> parts) const {
    std::array<std::array<char, kHeadSize>, kMostParts> heads{};
    std::array<iovec, 2 * kMostParts> pieces{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::uint64_t size = parts[i].contents.size();
      heads[i][0] = static_cast<char>(parts[i].message);
      std::memcpy(heads[i].data() + 1, &size, sizeof size);
      pieces[count++] = {heads[i].data(), kHeadSize};
      pieces[count++] = {const_cast<char*>(parts[i].contents.data()), size};  // NOLINT: it is not written to
    }
    send_all(fd_, {pieces.data(), count});
  }
  void say(Message message, std::string_view contents) const {
    const Part part{message, contents};
    say({&part, 1});
  }

  void say_failure(Failure failure, std::string_view reason) const {
    std::array<char, 512> text{};  // memory may have run out
    text[0] = static_cast<char>(failure);
    if (reason.size() >= text.size()) return say(Message::kFailure, std::string(1, text[0]).append(reason));
    std::copy(reason.begin(), reason.end(), text.begin() + 1);
    say(Message::kFailure, {text.data(), reason.size() + 1});
  }

 private:
  static constexpr std::size_t kMostParts = 2;

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

/// In the child: jobs, one after the other.
class Worker {
 public:
  /// `mark` stands after what a job writes to `output`, if it is not empty.
  Worker(const PoolOptions& options, const PoolEvents& events, const std::string& mark, int socket, int output)
      : options_(options),
        events_(events),
        mark_(mark),
        socket_(socket),
        output_(output),
        speaker_(socket),
        start_(Clock::now()) {}

  [[noreturn]] void run(const Job& first, pid_t parent) {
    // The terminal sends Ctrl-C to children as well; what becomes of them is the parent's to decide. They have nothing
    // on disk, so they need not be asked.
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGTERM, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    if (options_.unattended) leave_alone(output_);
    if (options_.process_seconds > 0) keep_freed_memory();
    Command command{first.id, first.memory};
    for (;;) {
      const Clock::time_point start = Clock::now();
      if (command.memory != 0) limit_memory(command.memory);
      const std::optional<std::string> result = work(command.id);
      const bool goes_on = result && options_.process_seconds > 0 && seconds_since(start_) < options_.process_seconds;
      if (options_.unattended) flush_streams();
      if (!mark_.empty()) mark_output();
      const End end{seconds_since(start), peak_memory(), goes_on ? 1U : 0U};
      if (goes_on) give_much_back();
      const std::array<Speaker::Part, 2> last = {
          {{Message::kResult, result ? std::string_view(*result) : std::string_view()},
           {Message::kEnd, {reinterpret_cast<const char*>(&end), sizeof end}}}};
      speaker_.say(std::span(last).subspan(result ? 0 : 1));
      if (!goes_on || !read(command)) ::_exit(0);
      reset_peak_memory();
    }
  }

 private:
  /// Nothing if it failed, which it has said then.
  std::optional<std::string> work(std::size_t id) const {
    const Tell tell = [this](std::string_view bytes) { speaker_.say(Message::kTold, bytes); };
    try {
      return events_.work(id, tell);
    } catch (const std::bad_alloc&) {
      speaker_.say_failure(Failure::kMemory, "out of memory");
    } catch (const InputError& error) {
      speaker_.say_failure(Failure::kInput, error.what());
    } catch (const std::exception& error) {
      speaker_.say_failure(Failure::kRun, error.what());
    } catch (...) {
      speaker_.say_failure(Failure::kRun, "an exception of no known type");
    }
    return std::nullopt;
  }

  /// False if the parent has left.
  bool read(Command& command) const {
    std::array<char, sizeof(Command)> bytes{};
    for (std::size_t got = 0; got < bytes.size();) {
      const ssize_t n = ::read(socket_, bytes.data() + got, bytes.size() - got);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      got += static_cast<std::size_t>(n);
    }
    std::memcpy(&command, bytes.data(), sizeof command);
    return true;
  }

  /// For the next job, which takes about as much: touching a page for the first time is dear.
  static void keep_freed_memory() {
    ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that there may be
    ::mallopt(M_TOP_PAD, 1 << 20);
  }

  /// What jobs have freed, if the heap has grown by much: all of it, wherever it lies.
  void give_much_back() const {
    if (heap_end() - heap_at_start_ > kKeptMemory) ::malloc_trim(0);
  }

  static std::uintptr_t heap_end() { return reinterpret_cast<std::uintptr_t>(::sbrk(0)); }

  void mark_output() const {
    std::string mark = mark_;
    iovec piece{mark.data(), mark.size()};
    send_all(output_, {&piece, 1});
  }

  static std::uint64_t peak_memory() {
    rusage usage{};
    return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 : 0;
  }

  /// To what is resident now. Where the kernel cannot, the most of all jobs so far counts.
  static void reset_peak_memory() {
    const int file = ::open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    static_cast<void>(!::write(file, "5", 1));
    ::close(file);
  }

  const PoolOptions& options_;
  const PoolEvents& events_;
  const std::string& mark_;
  int socket_;
  int output_;
  Speaker speaker_;
  Clock::time_point start_;
  std::uintptr_t heap_at_start_ = heap_end();
};

/// What jobs of a process write, of each the end. A mark ends what is of one.
class Outputs {
 public:
  explicit Outputs(const std::string& mark) : mark_(mark) {}

  void append(std::string_view bytes) {
    // A part of the mark may be there already.
    std::size_t from = text_.size() - std::min(text_.size(), mark_.size());
    text_ += bytes;
    for (std::size_t at = 0; !mark_.empty() && (at = text_.find(mark_, from)) != std::string::npos; from = 0) {
      whole_.push_back(end_of(std::string_view(text_).substr(0, at)));
      text_.erase(0, at + mark_.size());
    }
    if (text_.size() > 4 * kKeptOutput) text_ = end_of(text_);
  }

  /// There is one that is ended by a mark.
  bool has_whole() const { return !whole_.empty(); }
  /// Of the first job of which this was not called.
  std::string take() {
    if (whole_.empty()) return end_of(std::exchange(text_, {}));
    std::string first = std::move(whole_.front());
    whole_.pop_front();
    return first;
  }

 private:
  static std::string end_of(std::string_view text) {
    return std::string(text.substr(text.size() - std::min(text.size(), kKeptOutput)));
  }

  const std::string& mark_;  ///< empty: there is one job
  std::deque<std::string> whole_;
  std::string text_;
};

/// Nothing that a job writes: known to nobody.
std::string make_mark() {
  std::random_device random;
  std::string out = "\n";
  for (int i = 0; i < 4; ++i) out += std::to_string(random()) + '.';
  return out + '\n';
}

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

/// The parent's end of a process, which ends with it, and of the job that the process has.
class ProcessPool::Child {
 public:
  using Told = std::function<void(std::size_t id, std::string_view bytes)>;

  Child(const Job& job, std::uint64_t epoch, const std::string& mark, pid_t pid, int socket, int output)
      : job_(job), epoch_(epoch), pid_(pid), socket_(socket), output_(output), start_(Clock::now()), outputs_(mark) {}
  ~Child() {
    kill();
    reap();
    ::close(socket_);
    close_output();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  const Job& job() const { return job_; }
  std::uint64_t epoch() const { return epoch_; }
  bool has_run_others() const { return has_run_others_; }
  std::uint64_t memory() const { return memory_; }
  int socket() const { return socket_; }
  int output() const { return output_; }
  /// It has said its last of the job, or is to be stopped.
  bool over() const { return over_; }
  /// It can be given another job.
  bool goes_on() const { return goes_on_; }

  /// A job after this one. REQUIRES: !next(). False if the process has ended.
  bool give(const Job& job) {
    const Command command{job.id, job.memory};
    if (::send(socket_, &command, sizeof command, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof command)) return false;
    next_ = job;
    return true;
  }
  const std::optional<Job>& next() const { return next_; }
  /// It will have no result here. The process, which may begin it, ends with the job that it has.
  std::optional<Job> take_next_back() {
    is_last_ = is_last_ || next_.has_value();
    return std::exchange(next_, std::nullopt);
  }
  /// REQUIRES: over(), and the result was taken. False if there is no next one, or the process does not go on.
  bool begin_next(const Told& told) {
    if (!goes_on_ || !next_) return false;
    job_ = *std::exchange(next_, std::nullopt);
    start_ = Clock::now();
    has_run_others_ = true;
    ended_ = over_ = goes_on_ = false;
    memory_ = 0;
    result_ = {};
    take_messages(told);
    return true;
  }
  /// Whether it should have its next job before it has ended this one.
  bool is_quick() const { return has_run_others_ && !is_last_ && last_seconds_ < kShortSeconds && !is_slow(); }
  bool is_slow() const { return elapsed() > kShortSeconds; }

  void kill() const {
    if (!reaped_) ::kill(pid_, SIGKILL);
  }

  /// Reads what there is of messages.
  void read_results(const Told& told) {
    std::array<char, kPieceBytes> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): pages that would be touched
    for (int i = 0; i < kPiecesAtOnce; ++i) {
      const ssize_t got = ::read(socket_, piece.data(), piece.size());
      if (got <= 0) {
        if (got == 0 || (errno != EINTR && errno != EAGAIN)) closed_ = true;
        break;
      }
      make_room();
      incoming_.append(piece.data(), static_cast<std::size_t>(got));
      if (got < static_cast<ssize_t>(piece.size())) break;
    }
    take_messages(told);
  }

  /// False if there was nothing.
  bool read_output() {
    std::array<char, kPieceBytes> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): as above
    const ssize_t got = ::read(output_, piece.data(), piece.size());
    if (got > 0) {
      outputs_.append({piece.data(), static_cast<std::size_t>(got)});
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      close_output();
    }
    return got > 0;
  }

  double seconds_left() const {
    return job_.seconds == 0 ? std::numeric_limits<double>::infinity() : job_.seconds - elapsed();
  }

  void check_time() {
    if (over_ || seconds_left() > 0) return;
    stop(Failure::kTime, "it took longer than its limit of " + seconds_text(job_.seconds));
  }

  void look() {
    if (over_) return;
    if (const std::uint64_t now = resident_memory(pid_); now != 0) memory_ = now;
    if (job_.memory != 0 && memory_ > job_.memory) {
      stop(Failure::kMemory, "it took " + format_short(Bytes(memory_)) + " of memory, beyond its limit of " +
                                 format_short(Bytes(job_.memory)));
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
    if (!goes_on_) {
      kill();
      reap();
    }
    // What an ended job wrote is in the pipe by now, if not here. Of another, as much as a pipe holds.
    for (int i = 0; i < 16 && output_ >= 0 && !(ended_ && outputs_.has_whole()) && read_output(); ++i) {
    }
    result_.output = outputs_.take();
    if (!ended_) {
      result_.seconds = elapsed();
      result_.peak_memory = peak_memory_;
    }
    if (!ended_ && result_.failure == Failure::kNone) explain_end(out_of_memory);
    if (result_.failure != Failure::kNone) result_.bytes.clear();
    last_seconds_ = result_.seconds;
    return std::move(result_);
  }

 private:
  double elapsed() const { return seconds_since(start_); }

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

  /// Those of the job, to its end.
  void take_messages(const Told& told) {
    std::size_t at = 0;
    while (!over_ && incoming_.size() - at >= kHeadSize) {
      std::uint64_t size = 0;
      std::memcpy(&size, incoming_.data() + at + 1, sizeof size);
      if (size > kMostBytes) return stop(Failure::kCrash, "its process sent what is no result");
      if (incoming_.size() - at - kHeadSize < size) break;
      take(static_cast<Message>(incoming_[at]), std::string_view(incoming_).substr(at + kHeadSize, size), told);
      at += kHeadSize + size;
    }
    incoming_.erase(0, at);
    if (closed_) over_ = true;
  }

  void take(Message message, std::string_view contents, const Told& told) {
    switch (message) {
      case Message::kTold:
        if (told) told(job_.id, contents);
        return;
      case Message::kResult:
        result_.bytes = contents;
        return;
      case Message::kFailure:
        if (contents.empty() || static_cast<std::uint8_t>(contents.front()) > kLastFailure) break;
        result_.failure = static_cast<Failure>(contents.front());
        result_.reason = contents.size() < 2 ? "failed" : std::string(contents.substr(1));
        return;
      case Message::kEnd: {
        End end{};
        if (contents.size() != sizeof end) break;
        std::memcpy(&end, contents.data(), sizeof end);
        result_.seconds = end.seconds;
        result_.peak_memory = end.peak_memory;
        goes_on_ = end.goes_on != 0 && result_.failure == Failure::kNone && !is_last_;
        ended_ = true;
        over_ = true;
        return;
      }
    }
    stop(Failure::kCrash, "its process sent what is no result");
  }

  Job job_;
  std::uint64_t epoch_;
  pid_t pid_;
  int socket_;
  int output_;  ///< -1: none, or closed
  Clock::time_point start_;
  std::optional<Job> next_;
  bool has_run_others_ = false;
  double last_seconds_ = 0;  ///< that the last job took
  bool is_last_ = false;     ///< the process is to end with its job
  bool goes_on_ = false;
  bool closed_ = false;  ///< nothing comes any more
  bool reaped_ = false;
  bool gone_ = false;
  bool ended_ = false;
  bool over_ = false;
  int status_ = 0;
  std::uint64_t memory_ = 0;
  std::uint64_t peak_memory_ = 0;
  std::string incoming_;
  Outputs outputs_;
  JobResult result_;
};

ProcessPool::ProcessPool(PoolOptions options, PoolEvents events) : options_(options), events_(std::move(events)) {
  options_.most_at_once = std::max<std::size_t>(1, options_.most_at_once);
  if (options_.unattended && options_.process_seconds > 0) mark_ = make_mark();
}

ProcessPool::~ProcessPool() { end_all(); }

void ProcessPool::end_all() {
  for (const auto& child : children_) child->kill();  // all at once, then wait for each
  children_.clear();
  idle_.clear();
}

void ProcessPool::run() {
  out_of_memory_kills_ = out_of_memory_kills();
  next_look_ = milliseconds_now() + kLookMilliseconds;
  try {
    for (;;) {
      if (events_.interrupted != nullptr && events_.interrupted->load(std::memory_order_relaxed)) throw Interrupted();
      fill();
      if (events_.filled) events_.filled();
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
  for (const auto& child : children_) out.push_back({child->job().id, child->memory()});
  return out;
}

void ProcessPool::abandon(std::size_t id) {
  for (const auto& child : children_) {
    if (!child->next() || (child->job().id != id && child->next()->id != id)) continue;
    given_back_.push_back(*child->take_next_back());
  }
  const auto is_it = [id](const Job& job) { return job.id == id; };
  std::erase_if(children_, [&](const auto& child) { return is_it(child->job()); });
  std::erase_if(again_, is_it);
  std::erase_if(given_back_, is_it);
}

/// The next job for any process.
std::optional<Job> ProcessPool::next() {
  if (given_back_.empty()) return events_.next();
  const Job job = given_back_.front();
  given_back_.pop_front();
  return job;
}

void ProcessPool::fill() {
  while (children_.size() < options_.most_at_once) {
    if (!again_.empty()) {
      if (!start_process(again_.front())) break;
      again_.pop_front();
      continue;
    }
    if (!waiting_) waiting_ = next();
    if (!waiting_) take_from_slow();
    if (!waiting_ || !start(*waiting_)) break;
    waiting_.reset();
  }
  idle_.clear();  // there is no more for them to do, and their memory may be what the next job waits for
  // With one at a time, it and this process take turns, and one processor.
  if (options_.most_at_once == 1 || children_.size() < options_.most_at_once) return;
  for (const auto& child : children_) {
    if (child->over() || child->next() || !child->is_quick() || child->epoch() != epoch_) continue;
    if (!waiting_) waiting_ = next();
    if (!waiting_) return;
    if (child->give(*waiting_)) waiting_.reset();
  }
}

/// A place is free, and there is a job in line behind one that takes long.
void ProcessPool::take_from_slow() {
  for (const auto& child : children_) {
    if (!child->next() || !child->is_slow()) continue;
    waiting_ = child->take_next_back();
    return;
  }
}

bool ProcessPool::start(const Job& job) {
  while (!idle_.empty()) {
    std::unique_ptr<Child> child = std::move(idle_.back());
    idle_.pop_back();
    if (child->epoch() != epoch_ || !child->give(job) || !child->begin_next(events_.told)) continue;
    children_.push_back(std::move(child));
    return true;
  }
  return start_process(job);
}

/// False if there can be no more processes for now.
bool ProcessPool::start_process(const Job& job) {
  Ends socket;
  Ends output;
  pid_t pid = -1;
  if (socket.open_socket() && (!options_.unattended || output.open_pipe())) {
    if (options_.unattended) flush_streams();  // or the child writes what is buffered once more
    const pid_t parent = ::getpid();
    pid = ::fork();
    if (pid == 0) Worker(options_, events_, mark_, socket.childs(), output.childs()).run(job, parent);
  }
  if (pid > 0) {
    children_.push_back(std::make_unique<Child>(job, epoch_, mark_, pid, socket.take_parents(), output.take_parents()));
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
    waits.push_back({child->socket(), POLLIN, 0});
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
  const auto out_of_memory = [this] {
    const std::uint64_t before = std::exchange(out_of_memory_kills_, out_of_memory_kills());
    return out_of_memory_kills_ != before;
  };
  std::vector<std::pair<std::size_t, JobResult>> results;
  for (auto& child : children_) {
    while (child != nullptr && child->over()) {
      const Job job = child->job();
      JobResult result = child->take_result(out_of_memory);
      if (result.failure == Failure::kNone || result.failure == Failure::kTime || !child->has_run_others()) {
        results.emplace_back(job.id, std::move(result));
      } else {
        again_.push_back(job);  // others before it may have had a part in it
      }
      if (child->begin_next(events_.told)) continue;
      if (const std::optional<Job> next = child->take_next_back()) given_back_.push_back(*next);
      if (child->goes_on()) idle_.push_back(std::move(child));
      child.reset();
    }
  }
  std::erase(children_, nullptr);
  for (auto& [id, result] : results) events_.done(id, std::move(result));
}

}  // namespace farfault::sweep
