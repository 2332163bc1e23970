#include "sim/sweep/local_executor.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/sweep/memory_budget.h"
#include "sim/sweep/process_pool.h"
#include "traces/shared_trace.h"
#include "traces/source.h"

namespace farfault::sweep {
namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(200);

/// What a process costs, some 20 ms where virtual machines make page faults dear, is little beside this; and what a
/// process may gather that should not be there has no time to.
constexpr double kProcessSeconds = 2;

/// A trace that points replay, and how they get it.
struct TraceUse {
  enum class State : std::uint8_t {
    kFile,      ///< each reads the file
    kWanted,    ///< to be decoded
    kDecoding,  ///< by a job
    kShared,
  };
  State state = State::kFile;
  std::size_t id = 0;    ///< of the job that decodes it
  std::size_t uses = 0;  ///< points that have not ended
  std::unique_ptr<traces::SharedTrace> shared;
};

std::string local_host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

/// Points with the same one take about as much memory.
std::string workload_of(const Point& point) {
  std::string out = point.trace;
  for (const std::string& set : point.sets) {
    if (set.starts_with("workload")) out += '\n' + set;
  }
  return out;
}

std::uint64_t budget_of(const LocalOptions& options) {
  if (options.memory_budget != 0) return options.memory_budget;
  const std::uint64_t available = available_memory();
  return available == 0 ? std::numeric_limits<std::uint64_t>::max() : available / 5 * 4;
}

/// One run of the executor. Jobs of the pool have the positions of their points as ids, and beyond them those that
/// decode traces.
class LocalRun {
 public:
  LocalRun(const Plan& plan, std::span<const std::size_t> positions, const ExecutorEvents& events,
           const LocalOptions& options, const PointWork& work)
      : plan_(plan),
        waiting_(positions.begin(), positions.end()),
        events_(events),
        options_(options),
        work_(work),
        host_(local_host_name()),
        budget_bytes_(budget_of(options)),
        budget_(budget_bytes_),
        pool_({.most_at_once = options.jobs,
               .unattended = true,
               .process_seconds = work.is_repeatable ? kProcessSeconds : 0},
              pool_events()) {
    find_traces();
  }

  void run() {
    try {
      pool_.run();
    } catch (...) {
      deliver();  // what is done is done
      throw;
    }
    tell_progress();
  }

 private:
  PoolEvents pool_events();
  std::string work(std::size_t id);
  void find_traces();
  std::optional<Job> next();
  std::optional<Job> next_decoding(const std::string& path, TraceUse& use);
  std::uint64_t need_of(const Point& point);
  void ended(std::size_t id, JobResult result);
  void point_ended(const Point& point, JobResult result);
  void deliver();
  void decoding_ended(const std::string& path, TraceUse& use, const JobResult& result);
  void not_shared(const std::string& path, TraceUse& use, const std::string& why);
  void forget_use(const Point& point);
  void look();
  void give_back(std::size_t id);
  void tell_progress();
  std::uint64_t point_memory() const { return options_.point_memory != 0 ? options_.point_memory : budget_bytes_; }
  TraceUse* use_of(const Point& point) {
    const auto use = traces_.find(point.trace);
    return use == traces_.end() ? nullptr : &use->second;
  }

  const Plan& plan_;
  std::deque<std::size_t> waiting_;
  const ExecutorEvents& events_;
  const LocalOptions& options_;
  const PointWork& work_;
  std::string host_;
  std::uint64_t budget_bytes_;
  MemoryBudget budget_;
  std::uint64_t shared_bytes_ = 0;  ///< of decoded traces
  std::map<std::string, TraceUse> traces_;
  std::map<std::string, std::uint64_t> guesses_;  ///< by workload
  std::vector<Outcome> ended_;                    ///< not told yet
  ExecutorProgress progress_;
  std::chrono::steady_clock::time_point next_progress_;
  ProcessPool pool_;  // last: its children may use all the rest
};

PoolEvents LocalRun::pool_events() {
  PoolEvents events;
  events.work = [this](std::size_t id, const Tell&) { return work(id); };
  events.next = [this] { return next(); };
  events.done = [this](std::size_t id, JobResult result) { ended(id, std::move(result)); };
  events.filled = [this] { deliver(); };
  events.tick = [this] { look(); };
  events.interrupted = events_.interrupted;
  return events;
}

/// In a child.
std::string LocalRun::work(std::size_t id) {
  if (id < plan_.points.size()) {
    const Point& point = plan_.points[id];
    const TraceUse* const use = use_of(point);
    Outcome outcome;
    outcome.figures = work_.run(plan_, point, use != nullptr ? use->shared.get() : nullptr);
    return encode(outcome);
  }
  for (auto& [path, use] : traces_) {
    if (use.id != id) continue;
    const auto open = [&path] { return traces::open_file(path)->open(); };
    return use.shared->fill(open) ? "" : "it does not fit";
  }
  throw std::logic_error("a job that nobody gave");
}

void LocalRun::find_traces() {
  for (const std::size_t position : waiting_) {
    const std::string& path = plan_.points.at(position).trace;
    if (!path.empty()) ++traces_[path].uses;
  }
  std::size_t id = plan_.points.size();
  for (auto& [path, use] : traces_) {
    use.id = id++;
    if (use.uses > 1 && options_.shared_traces > 0) use.state = TraceUse::State::kWanted;
  }
}

std::optional<Job> LocalRun::next() {
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
    const Point& point = plan_.points[*at];
    TraceUse* const use = use_of(point);
    if (use != nullptr && use->state == TraceUse::State::kDecoding) continue;
    if (use != nullptr && use->state == TraceUse::State::kWanted) {
      std::optional<Job> decoding = next_decoding(point.trace, *use);
      if (decoding || use->state == TraceUse::State::kWanted) return decoding;
    }
    const std::uint64_t need = need_of(point);
    if (!budget_.fits(need)) return std::nullopt;
    budget_.start(point.position, need);
    ++progress_.running;
    waiting_.erase(at);
    return Job{.id = point.position, .seconds = options_.point_seconds, .memory = point_memory()};
  }
  return std::nullopt;
}

/// Nothing if it has to wait for room, or cannot be shared at all: then its state says so.
std::optional<Job> LocalRun::next_decoding(const std::string& path, TraceUse& use) {
  const auto most =
      static_cast<std::uint64_t>(static_cast<double>(budget_bytes_) * std::min(options_.shared_traces, 1.0));
  const std::uint64_t room = most - std::min(most, shared_bytes_);
  if (!budget_.fits(room)) return std::nullopt;
  try {
    use.shared = std::make_unique<traces::SharedTrace>(path, room);
  } catch (const RunError& error) {
    not_shared(path, use, error.what());
    return std::nullopt;
  }
  use.state = TraceUse::State::kDecoding;
  // All of it, from the beginning: shared memory is not the decoder's own, and nobody sees how much there is of it.
  budget_.start(use.id, room);
  budget_.takes(use.id, room);
  pool_.renew();
  return Job{.id = use.id, .memory = point_memory()};
}

std::uint64_t LocalRun::need_of(const Point& point) {
  const std::string workload = workload_of(point);
  if (budget_.knows(workload)) return std::min(budget_.need(workload, 0), point_memory());
  // Guessed once a workload: it takes loading the scenario.
  const auto [guess, is_new] = guesses_.try_emplace(workload, 0);
  if (is_new) guess->second = work_.guess_memory(plan_, point);
  return std::min(guess->second, point_memory());
}

void LocalRun::ended(std::size_t id, JobResult result) {
  budget_.end(id);
  if (id < plan_.points.size()) return point_ended(plan_.points[id], std::move(result));
  for (auto& [path, use] : traces_) {
    if (use.id == id) return decoding_ended(path, use, result);
  }
}

void LocalRun::point_ended(const Point& point, JobResult result) {
  budget_.saw(workload_of(point), result.peak_memory);
  Outcome outcome;
  outcome.failure = result.failure;
  outcome.reason = std::move(result.reason);
  if (result.failure == Failure::kNone) {
    try {
      outcome = decode(result.bytes);
    } catch (const RunError& error) {
      outcome.failure = Failure::kCrash;
      outcome.reason = error.what();
    }
  }
  outcome.key = point.key;
  outcome.output = std::move(result.output);
  outcome.version = options_.version;
  outcome.host = host_;
  outcome.seconds = result.seconds;
  outcome.peak_memory = result.peak_memory;
  forget_use(point);
  --progress_.running;
  ended_.push_back(std::move(outcome));
  if (options_.jobs <= 1) deliver();
}

/// With several jobs, once their processes have others to do: storing an outcome takes a third as long as a small point
/// does. With one, this process and that take turns, so that they take one processor.
void LocalRun::deliver() {
  if (!ended_.empty()) {
    progress_.finished += ended_.size();
    events_.done(std::exchange(ended_, {}));
  }
  if (std::chrono::steady_clock::now() >= next_progress_) tell_progress();
}

void LocalRun::decoding_ended(const std::string& path, TraceUse& use, const JobResult& result) {
  if (result.failure != Failure::kNone) return not_shared(path, use, result.reason);
  if (!result.bytes.empty()) return not_shared(path, use, result.bytes);
  use.state = TraceUse::State::kShared;
  shared_bytes_ += use.shared->bytes();
  budget_.hold(use.shared->bytes());
  pool_.renew();
}

void LocalRun::not_shared(const std::string& path, TraceUse& use, const std::string& why) {
  use.state = TraceUse::State::kFile;
  use.shared.reset();
  pool_.renew();
  if (options_.say)
    options_.say("each point reads " + printable(path, 400) + " for itself: decoded once for all, " + why);
}

void LocalRun::forget_use(const Point& point) {
  TraceUse* const use = use_of(point);
  if (use == nullptr || --use->uses > 0 || !use->shared) return;
  shared_bytes_ -= use->shared->bytes();
  budget_.release(use->shared->bytes());
  use->shared.reset();
  use->state = TraceUse::State::kFile;
  pool_.renew();  // a process that has it keeps its memory
}

void LocalRun::look() {
  for (const RunningJob& job : pool_.running()) {
    if (job.id < plan_.points.size()) budget_.takes(job.id, job.memory);
  }
  if (const std::optional<std::size_t> last = budget_.one_too_many()) give_back(*last);
  if (std::chrono::steady_clock::now() >= next_progress_) tell_progress();
}

/// Ends a job so that those before it have room. A point will run again; a trace will not be shared.
void LocalRun::give_back(std::size_t id) {
  std::uint64_t takes = 0;
  for (const RunningJob& job : pool_.running()) {
    if (job.id == id) takes = job.memory;
  }
  pool_.abandon(id);
  budget_.end(id);
  if (id < plan_.points.size()) {
    budget_.saw(workload_of(plan_.points[id]), takes);
    waiting_.push_front(id);
    --progress_.running;
    return;
  }
  for (auto& [path, use] : traces_) {
    if (use.id == id) not_shared(path, use, "memory ran out");
  }
}

void LocalRun::tell_progress() {
  next_progress_ = std::chrono::steady_clock::now() + kProgressInterval;
  ExecutorProgress progress = progress_;
  progress.running = std::min(progress.running, std::max<std::size_t>(options_.jobs, 1));  // one more may be in hand
  if (events_.progress) events_.progress(progress);
}

}  // namespace

LocalExecutor::LocalExecutor(LocalOptions options, PointWork work)
    : options_(std::move(options)), work_(std::move(work)) {}

void LocalExecutor::run(const Plan& plan, std::span<const std::size_t> positions, const ExecutorEvents& events) {
  LocalRun(plan, positions, events, options_, work_).run();
}

}  // namespace farfault::sweep
