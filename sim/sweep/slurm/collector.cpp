#include "sim/sweep/slurm/collector.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/sweep/slurm/chunk.h"
#include "sim/sweep/slurm/job_script.h"

namespace farfault::sweep::slurm {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kNap{50};
constexpr std::chrono::milliseconds kProgressInterval{500};
/// Chunks that a sweep is cut into: enough for the nodes of most clusters, few enough for Slurm.
constexpr std::size_t kChunks = 256;
/// Points a processor of a task, at least: a task's start costs about as much as some small points.
constexpr std::size_t kFewestPerCpu = 4;
/// Answers without a task before it is taken as gone: one may come from a controller that has just started.
constexpr std::size_t kUnheard = 2;
/// Looks for a job that may have been submitted: the command may still have been on its way at the first.
constexpr std::size_t kLooks = 2;
/// Tasks that fail before the first outcome: then it is none of them that is at fault.
constexpr std::size_t kFailuresForAll = 8;
constexpr std::size_t kLogBytes = 4096;
constexpr int kLockTries = 20;
constexpr std::string_view kGone = "unknown to Slurm";

const char* times_text(std::uint64_t times) { return times == 1 ? " time" : " times"; }

template <typename Number>
Number half_up(Number number) {
  return (number + 1) / 2;
}

}  // namespace

FolderLock::FolderLock(const Layout& layout, int tries)
    : file_(::open(layout.lock().c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) {
  if (!file_.is_open()) {
    throw file_error(layout.lock(), "cannot be opened: " + system_message(errno), "check that you may write there");
  }
  for (int i = 0; i < tries && !held_; ++i) {
    if (i > 0) std::this_thread::sleep_for(kNap);
    held_ = ::flock(file_.number(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  }
}

namespace {

Layout made_layout(const fs::path& folder) {
  Layout layout(folder);
  for (const fs::path& path : {layout.root, layout.chunks(), layout.spool(), layout.logs()}) make_folder(path);
  return layout;
}

}  // namespace

Collector::Collector(const SlurmOptions& options, const Plan& plan, std::span<const std::size_t> positions,
                     const ExecutorEvents& events)
    : options_(options),
      plan_(plan),
      events_(events),
      layout_(made_layout(options.folder)),
      lock_(layout_, kLockTries),
      cluster_([this] { idle(); }, options.command_limit),
      spools_(layout_.spool()) {
  if (!lock_.held()) {
    throw file_error(layout_.root, "another farfault collects this sweep",
                     "wait for it, or end it; its jobs go on meanwhile");
  }
  for (const std::size_t position : positions) wanted_.emplace(plan.points.at(position).key, position);
}

void Collector::run() {
  restore();
  collect();
  drop_unwanted_jobs();
  submit_the_rest();
  if (options_.detach) {
    look_once();
    if (!wanted_.empty()) return;
  }
  while (!wanted_.empty()) {
    submit_what_is_due();
    wait();
    check_cancelled();
    // First the queue, then the spools: what ended by the answer has left its outcomes.
    ask();
    collect();
    sort_out_ended();
  }
  finish();
}

void Collector::look_once() {
  submit_what_is_due();
  ask();
  collect();
  sort_out_ended();
  submit_what_is_due();
}

void Collector::restore() {
  const std::optional<std::size_t> size = cluster_.max_array_size();
  if (!size) throw RunError("Slurm does not answer (" + cluster_.problem() + "); run this again when it does");
  max_array_size_ = *size;
  state_ = load_state(layout_).value_or(new_state());
  state_.points = wanted_.size();
  state_.lost = 0;
  std::error_code failed;
  if (fs::exists(layout_.cancelled(), failed)) end_cancelled_jobs();
}

void Collector::remember() { save_state(layout_, state_); }

void Collector::end_cancelled_jobs() {
  if (!cluster_.cancel(jobs())) {
    throw RunError("the jobs of the sweep were cancelled, but not all of them ended (" + cluster_.problem() +
                   "); run this again when Slurm answers");
  }
  state_.submissions.clear();
  remember();
  std::error_code ignored;
  fs::remove(layout_.cancelled(), ignored);
}

void Collector::drop_unwanted_jobs() {
  std::vector<std::uint64_t> unwanted;
  std::erase_if(state_.submissions, [&](const Submission& submission) {
    const bool wanted = std::any_of(submission.tasks.begin(), submission.tasks.end(),
                                    [this](const Task& task) { return !missing_of(task).empty(); });
    if (!wanted && submission.job != 0) unwanted.push_back(submission.job);
    return !wanted;
  });
  // It costs the cluster's time alone if this does not work.
  if (!unwanted.empty()) cluster_.cancel(unwanted);
}

void Collector::submit_the_rest() {
  std::set<std::string, std::less<>> on_their_way;
  for (const Submission& submission : state_.submissions) {
    for (const Task& task : submission.tasks) on_their_way.insert(task.keys.begin(), task.keys.end());
  }
  std::vector<std::size_t> positions;
  for (const auto& [key, position] : wanted_) {
    if (!on_their_way.contains(key)) positions.push_back(position);
  }
  std::sort(positions.begin(), positions.end());
  std::vector<Chunk> chunks;
  const std::size_t size = chunk_size(positions.size());
  for (std::size_t at = 0; at < positions.size(); at += size) {
    const auto first = positions.begin() + static_cast<std::ptrdiff_t>(at);
    chunks.push_back({{first, first + static_cast<std::ptrdiff_t>(std::min(size, positions.size() - at))}, 0});
  }
  add_submissions(chunks);
  remember();
}

std::size_t Collector::chunk_size(std::size_t points) const {
  if (options_.chunk != 0) return options_.chunk;
  const std::size_t chunks = std::min(kChunks, max_array_size_);
  return std::max(kFewestPerCpu * options_.cpus, (points + chunks - 1) / chunks);
}

void Collector::add_submissions(const std::vector<Chunk>& chunks) {
  if (chunks.empty()) return;
  if (plan_name_.empty()) plan_name_ = write_plan(layout_, plan_);
  for (std::size_t at = 0; at < chunks.size(); at += max_array_size_) {
    Submission submission;
    submission.number = state_.next++;
    submission.looks = kLooks;
    for (std::size_t i = at; i < std::min(at + max_array_size_, chunks.size()); ++i) {
      Task task;
      task.index = i - at;
      task.attempt = chunks[i].attempt;
      for (const std::size_t position : chunks[i].positions) task.keys.push_back(plan_.points[position].key);
      write_chunk(layout_, submission.chunk(task), plan_name_, plan_, chunks[i].positions);
      submission.tasks.push_back(std::move(task));
    }
    state_.submissions.push_back(std::move(submission));
  }
}

void Collector::submit_what_is_due() {
  check_cancelled();
  try {
    submit_in_order();
  } catch (const RunError&) {
    // Of what is not submitted for certain, another run makes arrays of its own.
    std::erase_if(state_.submissions,
                  [](const Submission& submission) { return submission.job == 0 && submission.looks >= kLooks; });
    remember();
    throw;
  }
}

void Collector::submit_in_order() {
  for (Submission& submission : state_.submissions) {
    if (submission.job != 0) continue;
    const bool known = submission.looks >= kLooks ? submit(submission) : look_for(submission);
    if (!known) {
      check_patience();
      return;
    }
  }
}

/// Who collected before may have submitted it without getting to write that down, and so may a command that failed.
bool Collector::look_for(Submission& submission) {
  const std::optional<std::uint64_t> job = cluster_.find(state_.job_name(submission));
  if (!job) return false;
  if (*job == 0) {
    ++submission.looks;
    return false;
  }
  submission.job = *job;
  remember();
  return true;
}

bool Collector::submit(Submission& submission) {
  // Anew each time: what was wrong with it may have been put right.
  write_file(layout_.script(), job_script(options_));
  const std::optional<std::uint64_t> job = cluster_.submit(sbatch_arguments(options_, state_, submission));
  submission.looks = 0;
  if (!job) return false;
  submission.job = *job;
  remember();
  answered();
  return true;
}

std::vector<std::uint64_t> Collector::jobs() const {
  std::vector<std::uint64_t> ids;
  for (const Submission& submission : state_.submissions) {
    if (submission.job != 0) ids.push_back(submission.job);
  }
  return ids;
}

void Collector::ask() {
  const std::vector<std::uint64_t> ids = jobs();
  if (ids.empty()) return;
  const std::optional<TaskAnswers> answers = cluster_.tasks(ids);
  if (!answers) {
    check_patience();
    return;
  }
  answered();
  for (Submission& submission : state_.submissions) {
    if (submission.job != 0) hear(submission, *answers);
  }
}

void Collector::hear(Submission& submission, const TaskAnswers& answers) {
  for (Task& task : submission.tasks) {
    const auto answer = answers.find({submission.job, task.index});
    if (answer != answers.end()) {
      task.state = answer->second.state;
      task.reason = answer->second.reason;
      task.unheard = 0;
      if (!has_ended(task.state)) task.ended.reset();
    } else if (++task.unheard >= kUnheard && !task.ended) {
      task.state = kGone;
    }
    if (!task.ended && (has_ended(task.state) || task.state == kGone)) task.ended = Clock::now();
  }
}

void Collector::collect() {
  spools_.read("", [this](Outcome outcome) { take(std::move(outcome)); });
}

void Collector::take(Outcome outcome) {
  if (!options_.version.empty() && outcome.version != options_.version) return;
  const auto point = wanted_.find(outcome.key);
  if (point == wanted_.end()) return;
  std::vector<Outcome> one;
  one.push_back(std::move(outcome));  // braces would copy it
  events_.done(std::move(one));
  wanted_.erase(point);
  ++finished_;
  ++collected_;
  idle();
}

std::vector<std::size_t> Collector::missing_of(const Task& task) const {
  std::vector<std::size_t> positions;
  for (const std::string& key : task.keys) {
    const auto point = wanted_.find(key);
    if (point != wanted_.end()) positions.push_back(point->second);
  }
  return positions;
}

void Collector::sort_out_ended() {
  bool changed = false;
  const LostTasks lost = take_ended(changed);
  if (!lost.empty()) {
    refuse_if_nothing_runs(lost);
    submit_again(lost);
  }
  if (changed) remember();
}

/// Takes out of the books what needs no more watching: tasks that did all, and those that did not.
Collector::LostTasks Collector::take_ended(bool& changed) {
  LostTasks lost;
  const Clock::time_point now = Clock::now();
  for (Submission& submission : state_.submissions) {
    std::erase_if(submission.tasks, [&](Task& task) {
      if (!task.ended) return false;
      std::vector<std::size_t> missing = missing_of(task);
      if (!missing.empty() && now - *task.ended < options_.settle) return false;
      changed = true;
      // Its outcomes are stored.
      if (missing.empty()) spools_.remove(submission.chunk(task).text() + '.');
      if (!missing.empty()) lost.push_back({submission.chunk(task), submission.job, task, std::move(missing)});
      return true;
    });
  }
  std::erase_if(state_.submissions, [](const Submission& submission) { return submission.tasks.empty(); });
  return lost;
}

void Collector::submit_again(const LostTasks& lost) {
  std::vector<Chunk> chunks;
  for (const LostTask& task : lost) {
    const std::uint64_t attempt = task.task.attempt + 1;
    if (attempt > options_.retries) {
      give_up(task);
      continue;
    }
    // Smaller each time, at last one by one: a point that takes its task down does not take its neighbours for ever.
    const std::size_t size = attempt == options_.retries ? 1 : half_up(task.missing.size());
    for (std::size_t at = 0; at < task.missing.size(); at += size) {
      const auto first = task.missing.begin() + static_cast<std::ptrdiff_t>(at);
      chunks.push_back(
          {{first, first + static_cast<std::ptrdiff_t>(std::min(size, task.missing.size() - at))}, attempt});
    }
  }
  add_submissions(chunks);
}

std::string Collector::log_of(const LostTask& lost) const {
  const std::string name = std::to_string(lost.job) + '_' + std::to_string(lost.id.task) + ".log";
  return tail_of(layout_.logs() / name, kLogBytes);
}

void Collector::give_up(const LostTask& lost) {
  std::string state = lost.task.state;
  if (state == kGone) {
    const std::string ended = cluster_.ended_state(lost.job, lost.id.task);
    if (!ended.empty()) state = ended;
  }
  const std::uint64_t times = lost.task.attempt + 1;
  Outcome outcome;
  outcome.failure = Failure::kLost;
  outcome.reason = "its task ended as " + state + " without its results, the last of " + std::to_string(times) +
                   times_text(times) + " that it was submitted (job " + std::to_string(lost.job) + '_' +
                   std::to_string(lost.id.task) + ')';
  outcome.output = log_of(lost);
  for (const std::size_t position : lost.missing) {
    outcome.key = plan_.points[position].key;
    events_.done({outcome});
    wanted_.erase(outcome.key);
    ++finished_;
    ++state_.lost;
  }
}

bool Collector::any_runs() const {
  for (const Submission& submission : state_.submissions) {
    const auto runs = [](const Task& task) { return task.state == "RUNNING"; };
    if (std::any_of(submission.tasks.begin(), submission.tasks.end(), runs)) return true;
  }
  return false;
}

/// A program that is not there, or a module that does not load, is told once and not of every point.
void Collector::refuse_if_nothing_runs(const LostTasks& lost) {
  const bool all_failed = std::all_of(lost.begin(), lost.end(), [](const LostTask& task) {
    return task.task.state == "FAILED" || task.task.state == "COMPLETED";
  });
  if (collected_ != 0 || !all_failed) return;
  failures_ += lost.size();
  const bool any_alive = !state_.submissions.empty();
  if (any_alive && (any_runs() || failures_ < kFailuresForAll)) return;
  cluster_.cancel(jobs());
  state_.submissions.clear();
  remember();
  const std::string log = log_of(lost.back());
  throw RunError("no task on the cluster got as far as running a point; " +
                 (log.empty()
                      ? shown(layout_.logs()) +
                            " has no output of them either: is the output folder on a file system that all "
                            "nodes share?"
                      : "the last words of one (in " + shown(layout_.logs()) + "): " + printable(log, kLogBytes)));
}

void Collector::check_patience() const {
  if (Clock::now() - last_answer_ < options_.patience) return;
  throw RunError("Slurm has not answered for too long (" + cluster_.problem() +
                 "); the jobs go on, run this again to collect them");
}

void Collector::check_cancelled() {
  std::error_code failed;
  if (!fs::exists(layout_.cancelled(), failed)) return;
  // Those that whoever cancelled did not know of yet.
  cluster_.cancel(jobs());
  throw RunError("the jobs of the sweep were cancelled meanwhile; run it again to go on");
}

void Collector::idle() {
  if (events_.interrupted != nullptr && *events_.interrupted) throw Interrupted();
  const Clock::time_point now = Clock::now();
  if (!events_.progress || now - last_progress_ < kProgressInterval) return;
  last_progress_ = now;
  ExecutorProgress progress;
  progress.finished = finished_;
  for (const Submission& submission : state_.submissions) {
    for (const Task& task : submission.tasks) {
      if (task.state == "RUNNING") progress.running += std::min(options_.cpus, missing_of(task).size());
    }
  }
  events_.progress(progress);
}

void Collector::wait() {
  const Clock::time_point until = Clock::now() + options_.poll;
  while (Clock::now() < until) {
    idle();
    std::this_thread::sleep_for(std::min<Clock::duration>(kNap, until - Clock::now()));
  }
}

void Collector::finish() {
  idle();
  std::error_code ignored;
  // The books first: without them the rest is waste.
  fs::remove(layout_.state(), ignored);
  fs::remove(layout_.script(), ignored);
  fs::remove(layout_.cancelled(), ignored);
  fs::remove_all(layout_.chunks(), ignored);
  fs::remove_all(layout_.spool(), ignored);
  // What the tasks of lost points had to say stays.
  if (state_.lost == 0) fs::remove_all(layout_.logs(), ignored);
  fs::remove(layout_.lock(), ignored);
  fs::remove(layout_.root, ignored);
}

}  // namespace farfault::sweep::slurm
