#include "sim/sweep/slurm/slurm_executor.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "sim/core/error.h"
#include "sim/sweep/files.h"
#include "sim/sweep/slurm/cluster.h"
#include "sim/sweep/slurm/collector.h"
#include "sim/sweep/slurm/layout.h"
#include "sim/sweep/slurm/spool.h"
#include "sim/sweep/slurm/state.h"

namespace farfault::sweep {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kStatusLimit{30'000};
constexpr std::chrono::milliseconds kCancelLimit{60'000};

/// Ids of the jobs that are known, and of those whose id nobody wrote down.
std::vector<std::uint64_t> job_ids(const slurm::State& state, slurm::Cluster& cluster) {
  std::vector<std::uint64_t> ids;
  for (const slurm::Submission& submission : state.submissions) {
    std::uint64_t job = submission.job;
    if (job == 0) job = cluster.find(state.job_name(submission)).value_or(0);
    if (job != 0) ids.push_back(job);
  }
  return ids;
}

std::set<std::string> keys_in_spools(const slurm::Layout& layout) {
  std::set<std::string> keys;
  slurm::SpoolReader(layout.spool()).read("", [&keys](const Outcome& outcome) { keys.insert(outcome.key); });
  return keys;
}

std::string state_text(const slurm::TaskAnswer& answer) {
  const bool says_why = answer.state == "PENDING" && !answer.reason.empty() && answer.reason != "None";
  return says_why ? answer.state + " (" + answer.reason + ')' : answer.state;
}

void count_tasks(const slurm::State& state, const slurm::TaskAnswers& answers, const std::set<std::string>& have,
                 SlurmStatus& status) {
  std::map<std::string, std::size_t> tasks;
  for (const slurm::Submission& submission : state.submissions) {
    for (const slurm::Task& task : submission.tasks) {
      const auto answer = answers.find({submission.job, task.index});
      if (answer != answers.end()) ++tasks[state_text(answer->second)];
      const auto open = static_cast<std::size_t>(std::count_if(
          task.keys.begin(), task.keys.end(), [&have](const std::string& key) { return !have.contains(key); }));
      const bool runs = answer != answers.end() && answer->second.state == "RUNNING";
      (runs ? status.running : status.waiting) += open;
    }
  }
  status.tasks.assign(tasks.begin(), tasks.end());
}

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

}  // namespace

void SlurmExecutor::run(const Plan& plan, std::span<const std::size_t> positions, const ExecutorEvents& events) {
  if (positions.empty() && !is_there(slurm::Layout(options_.folder).state())) return;
  slurm::Collector(options_, plan, positions, events).run();
}

SlurmStatus slurm_status(const fs::path& folder) {
  const slurm::Layout layout(folder);
  SlurmStatus status;
  const std::optional<slurm::State> state = slurm::load_state(layout);
  if (!state) return status;
  status.present = true;
  status.cancelled = is_there(layout.cancelled());
  status.collecting = !slurm::FolderLock(layout).held();
  slurm::Cluster cluster({}, kStatusLimit);
  status.jobs = job_ids(*state, cluster);
  const std::optional<slurm::TaskAnswers> answers = cluster.tasks(status.jobs);
  if (!answers) status.problem = cluster.problem();
  count_tasks(*state, answers.value_or(slurm::TaskAnswers{}), keys_in_spools(layout), status);
  status.points = state->points;
  status.lost = state->lost;
  status.done = state->points - std::min(state->points, status.running + status.waiting + status.lost);
  return status;
}

std::size_t slurm_cancel(const fs::path& folder) {
  const slurm::Layout layout(folder);
  if (!slurm::load_state(layout)) return 0;
  // First, so that a collector does not submit again what ends now.
  replace_file(layout.cancelled(), "");
  const std::optional<slurm::State> state = slurm::load_state(layout);
  if (!state) return 0;
  slurm::Cluster cluster({}, kCancelLimit);
  const std::vector<std::uint64_t> ids = job_ids(*state, cluster);
  if (!cluster.cancel(ids)) {
    throw RunError("not all jobs of the sweep could be ended (" + cluster.problem() + "); try it again");
  }
  return ids.size();
}

}  // namespace farfault::sweep
