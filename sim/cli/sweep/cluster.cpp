#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "sim/cli/file_name.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/sweep/modes.h"
#include "sim/cli/terminal.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/local_executor.h"
#include "sim/sweep/slurm/chunk.h"
#include "sim/sweep/slurm/slurm_executor.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

/// Limits of a point, and what it may be made of, for the workers of a cluster.
std::vector<std::string> worker_arguments(const SweepOptions& options, const Context& context) {
  std::vector<std::string> out;
  if (options.point_memory != Bytes()) out.insert(out.end(), {"--point-memory", format_exact(options.point_memory)});
  if (options.memory != Bytes()) out.insert(out.end(), {"--memory", format_exact(options.memory)});
  if (options.point_time != SimTime()) out.insert(out.end(), {"--point-time", format_exact(options.point_time)});
  for (const std::string& plugin : context.common.plugins) {
    out.insert(out.end(), {"--plugin", fs::absolute(plugin).string()});
  }
  return out;
}

std::unique_ptr<sweep::Executor> make_slurm(const SweepOptions& options, const Context& context,
                                            const fs::path& folder) {
  sweep::SlurmOptions slurm;
  slurm.folder = fs::absolute(folder);
  slurm.worker = {own_path().string(), "sweep", "work"};
  slurm.worker_arguments = worker_arguments(options, context);
  slurm.configs = fs::absolute(context.paths.configs);
  slurm.setup = options.setup;
  slurm.chunk = options.chunk;
  slurm.cpus = options.jobs.value_or(1);
  slurm.most_tasks = options.tasks_at_once;
  slurm.partition = options.partition;
  slurm.account = options.account;
  slurm.qos = options.qos;
  slurm.time = options.time;
  slurm.memory = options.task_memory;
  slurm.extra = options.sbatch;
  slurm.retries = options.retries;
  slurm.detach = options.detach;
  if (options.poll != SimTime()) slurm.poll = std::chrono::milliseconds(options.poll.picoseconds() / 1'000'000'000);
  // What another farfault found is as good as what the store has of it.
  if (options.rerun_stale) slurm.version = stored_version();
  return std::make_unique<sweep::SlurmExecutor>(std::move(slurm));
}

std::unique_ptr<sweep::Executor> make_local(const SweepOptions& options, const Context& context) {
  sweep::LocalOptions local;
  local.jobs = options.jobs.value_or(std::max(1U, std::thread::hardware_concurrency()));
  local.memory_budget = options.memory.count();
  local.point_memory = options.point_memory.count();
  local.point_seconds = static_cast<double>(options.point_time.picoseconds()) * 1e-12;
  local.version = stored_version();
  local.say = [](const std::string& text) { info(text); };
  return std::make_unique<sweep::LocalExecutor>(
      std::move(local),
      sweep::simulation_work(sweep::point_loader(context.paths, context.catalogue), context.catalogue));
}

}  // namespace

std::unique_ptr<sweep::Executor> make_executor(const SweepOptions& options, const Context& context,
                                               const fs::path& folder) {
  if (options.executor == SweepExecutor::kSlurm) return make_slurm(options, context, folder);
  return make_local(options, context);
}

ExitCode sweep_collect(const SweepOptions& options, const Context& context) {
  if (!sweep::slurm_status(fs::absolute(options.folder)).present) {
    throw InputError(Diagnostic{.file = printable(options.folder, 4096),
                                .problem = "has nothing on a cluster",
                                .remedy = "run the sweep again, with --executor slurm for a cluster"});
  }
  SweepFolder folder = SweepFolder::resume(options.folder);
  const SweepWork work = work_of(folder.plan(), folder.store().keys(), stored_version(), {false, false});
  const InterruptGuard guard{{}};
  SweepRun run(folder.plan(), folder.store(), context, "collecting");
  SweepOptions cluster = options;
  cluster.executor = SweepExecutor::kSlurm;
  run.run_on_cluster(*make_executor(cluster, context, folder.path()), work, folder.path());
  return tell_outcome(work, run.collector(), folder.path(), context);
}

ExitCode sweep_cancel(const SweepOptions& options, const Context& context) {
  const fs::path folder = fs::absolute(options.folder);
  read_plan(folder);
  if (!sweep::slurm_status(folder).present) {
    const int holder = who_holds(folder);
    throw InputError(Diagnostic{
        .file = printable(options.folder, 4096),
        .problem = "has nothing on a cluster",
        .remedy = holder == 0 ? "nothing runs" : "end process " + std::to_string(holder) + " of this machine"});
  }
  const std::size_t jobs = sweep::slurm_cancel(folder);
  if (context.common.verbosity != Verbosity::kQuiet)
    say("cancelled " + format_count(jobs) + (jobs == 1 ? " job" : " jobs"));
  return ExitCode::kOk;
}

ExitCode sweep_work(const SweepOptions& options, const Context& context) {
  const InterruptGuard guard{{}};
  SweepOptions local = options;
  local.jobs = options.jobs.value_or(1);
  const std::unique_ptr<sweep::Executor> runner = make_local(local, context);
  sweep::slurm::run_chunk(options.folder, *runner, sweep::slurm::task_name(), &InterruptGuard::flag());
  return ExitCode::kOk;
}

}  // namespace farfault::cli
