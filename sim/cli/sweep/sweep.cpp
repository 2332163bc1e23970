#include <utility>

#include "sim/cli/file_name.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/sweep/dry_run.h"
#include "sim/cli/sweep/modes.h"
#include "sim/cli/terminal.h"
#include "sim/cli/version.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/slurm/slurm_executor.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

std::string shown_folder(const fs::path& folder) { return printable(folder.native(), 4096); }

std::string count_of(std::size_t count, const std::string& noun) {
  return format_count(count) + ' ' + noun + (count == 1 ? "" : "s");
}

/// What is not run, and why.
void tell_kept(const SweepWork& work, const fs::path& folder) {
  if (work.done + work.failed != 0) {
    info(count_of(work.done + work.failed, "point") + " of " + shown_folder(folder) + " are stored already");
  }
  if (work.stale != 0) {
    warn(count_of(work.stale, "stored point") + " are of another farfault (" + printable(work.stale_version) +
         ", and this is " + stored_version() + "); give --rerun-stale to run them again");
  }
  if (work.gone != 0) {
    warn(count_of(work.gone, "stored point") + " are no longer in the sweep; they stay in the store");
  }
}

/// Two would run the same points.
void refuse_if_on_cluster(const fs::path& folder) {
  const sweep::SlurmStatus slurm = sweep::slurm_status(fs::absolute(folder));
  if (!slurm.present || slurm.cancelled) return;
  throw InputError(
      Diagnostic{.file = shown_folder(folder),
                 .problem = "has jobs on a cluster",
                 .remedy = "collect or cancel them first: farfault sweep collect " + shown_folder(folder)});
}

}  // namespace

std::string stored_version() { return std::string(version_text()) + '+' + std::string(git_hash()); }

fs::path folder_of(const SweepOptions& options, const sweep::Plan& plan) {
  return options.output ? fs::path(*options.output) : fs::path("results") / file_name(plan.name);
}

sweep::Plan load_given_sweep(const SweepOptions& options, const Context& context) {
  const InterruptGuard guard{{}};
  Progress progress(context.common.verbosity, "checking points");
  sweep::PlanOptions plan;
  plan.interrupted = &InterruptGuard::flag();
  // On a cluster -j is of its tasks, and says nothing of this machine.
  if (options.executor == SweepExecutor::kLocal) {
    plan.threads = static_cast<unsigned>(std::min<std::uint64_t>(options.jobs.value_or(0), 1024));
  }
  plan.on_progress = [&progress](std::size_t done, std::size_t of) { progress.update(PointsProgress{done, 0, 0, of}); };
  return sweep::load_sweep(options.given, options.sets, context.paths, context.catalogue, plan);
}

SweepRun::SweepRun(const sweep::Plan& plan, analysis::SweepStore& store, const Context& context, std::string activity)
    : plan_(plan), collector_(plan, store), context_(context), activity_(std::move(activity)) {}

void SweepRun::run(sweep::Executor& executor, const SweepWork& work) {
  Progress progress(context_.common.verbosity, activity_);
  sweep::ExecutorEvents events;
  events.interrupted = &InterruptGuard::flag();
  events.done = [this](std::vector<sweep::Outcome> outcomes) { collector_.take(std::move(outcomes)); };
  events.progress = [&](const sweep::ExecutorProgress& at) {
    progress.update(PointsProgress{collector_.done(), collector_.failed(), at.running, work.positions.size()});
  };
  executor.run(plan_, work.positions, events);
}

void SweepRun::run_on_cluster(sweep::Executor& executor, const SweepWork& work, const fs::path& folder) {
  try {
    run(executor, work);
  } catch (const Interrupted&) {
    say("farfault: the jobs go on; farfault sweep collect " + shown_folder(folder) +
        " goes on with them, cancel ends them");
    throw;
  }
}

ExitCode tell_outcome(const SweepWork& work, const Collector& collector, const fs::path& folder,
                      const Context& context) {
  for (const std::string& pattern : collector.unmatched_figures()) {
    warn("no point has a figure named " + in_quotes(pattern));
  }
  const std::size_t failed = work.failed + collector.failed();
  for (const std::string& failure : collector.failures()) print_error(failure);
  if (collector.failed() > collector.failures().size()) {
    say("farfault: ... and " + format_count(collector.failed() - collector.failures().size()) + " more that failed");
  }
  if (context.common.verbosity != Verbosity::kQuiet) {
    std::string text = "sweep: " + count_of(work.done + collector.done(), "point") + " done";
    if (work.done != 0) text += " (" + format_count(work.done) + " of them before)";
    if (failed != 0) text += ", " + format_count(failed) + " failed";
    const std::size_t left = work.positions.size() - collector.done() - collector.failed();
    if (left != 0) {
      text += ", " + format_count(left) + " on the cluster (farfault sweep collect " + shown_folder(folder) + ")";
    }
    say(text + ": " + shown_folder(folder));
  }
  return failed == 0 ? ExitCode::kOk : ExitCode::kRunFailed;
}

ExitCode sweep_points(const SweepOptions& options, const Context& context) {
  const sweep::Plan plan = load_given_sweep(options, context);
  if (options.dry_run) {
    print(dry_run_text(plan, options.format, context.common.color, context.common.verbosity == Verbosity::kVerbose));
    return ExitCode::kOk;
  }
  SweepFolder folder = SweepFolder::begin(folder_of(options, plan), plan);
  const SweepWork work =
      work_of(plan, folder.store().keys(), stored_version(), {options.rerun_stale, !options.keep_failed});
  tell_kept(work, folder.path());
  const InterruptGuard guard{{}};
  SweepRun run(plan, folder.store(), context, "sweeping");
  const std::unique_ptr<sweep::Executor> executor = make_executor(options, context, folder.path());
  if (options.executor == SweepExecutor::kSlurm) {
    run.run_on_cluster(*executor, work, folder.path());
  } else {
    refuse_if_on_cluster(folder.path());
    run.run(*executor, work);
  }
  return tell_outcome(work, run.collector(), folder.path(), context);
}

ExitCode sweep(const std::string& verb, const SweepOptions& options, const Context& context) {
  if (verb == "status") return sweep_status(options, context);
  if (verb == "export") return sweep_export(options, context);
  if (verb == "collect") return sweep_collect(options, context);
  if (verb == "cancel") return sweep_cancel(options, context);
  if (verb == "work") return sweep_work(options, context);
  if (options.given.empty()) throw Error(ExitCode::kUsage, "no sweep given; see: farfault sweep --help");
  if (!options.optimize.empty() && options.detach) {
    throw Error(ExitCode::kUsage, "--detach: a search has to see what points found; leave it out");
  }
  return options.optimize.empty() ? sweep_points(options, context) : sweep_search(options, context);
}

}  // namespace farfault::cli
