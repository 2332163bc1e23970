#include "sim/cli/sweep/sweep_grammar.h"

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "sim/cli/grammar.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

CLI::Validator number_from_one() {
  return {[](std::string& value) -> std::string {
            double number = 0;
            const char* const end = value.data() + value.size();
            const auto [stop, error] = std::from_chars(value.data(), end, number);
            if (error == std::errc() && stop == end && std::isfinite(number) && number >= 1) return {};
            return in_quotes(value) + " is no number from 1";
          },
          ""};
}

CLI::Option* many(CLI::App* command, const std::string& name, std::vector<std::string>& values,
                  const std::string& placeholder, const std::string& about) {
  return command->add_option(name, values, about)
      ->option_text(placeholder)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

CLI::Option* number(CLI::App* command, const std::string& name, std::uint64_t& value, const std::string& about) {
  return command->add_option(name, value, about)->check(whole_number())->option_text("N");
}

void add_what_runs(CLI::App* command, SweepOptions& o) {
  command->add_option("SWEEP", o.given, "a file, a name of `farfault list sweeps`, or - for stdin")->option_text(" ");
  sets(command, o.sets, "PATH=VALUE", "a value over the file's, in every point; may be given again");
  command
      ->add_option("-o,--output", o.output,
                   "folder of the sweep (default: results/NAME); what is there already is not run again")
      ->option_text("DIR");
  command->add_flag("--dry-run", o.dry_run, "checks and prints the points, and runs none; with -v all of them");
  command->add_flag("--rerun-stale", o.rerun_stale, "also runs points again that another farfault ran");
  command->add_flag("--keep-failed", o.keep_failed, "does not run points again that failed");
}

void add_local(CLI::App* command, SweepOptions& o) {
  command
      ->add_option("-j,--jobs", o.jobs,
                   "points at once, and processors that check them before; with Slurm, points at once of a task "
                   "(default: the processors; of a task, 1)")
      ->check(whole_number())
      ->option_text("N");
  parsed(command, "--memory", "SIZE", o.memory, parse_bytes, "of all points at once (default: 80 % of what is free)");
  parsed(command, "--point-memory", "SIZE", o.point_memory, parse_bytes,
         "of one point; beyond it, the point has failed");
  parsed(command, "--point-time", "TIME", o.point_time, parse_time, "of one point, on the clock: 10min");
}

void add_search(CLI::App* command, SweepOptions& o) {
  list(command, "--optimize", o.optimize, "FIGURE,...",
       "looks for the points where it is least, or with '-FIGURE' most, and does not run all; several: the Pareto "
       "front");
  command->add_option("--budget", o.budget, "of --optimize: runs of whole traces that it may take")
      ->check(number_from_one())
      ->option_text("N");
  command->add_flag("--exhaustive", o.exhaustive, "after --optimize: runs all points, and says how far off it was");
}

void add_cluster(CLI::App* command, SweepOptions& o) {
  choice(
      command, "--executor", {"local", "slurm"},
      [&o](const std::string& text) { o.executor = text == "slurm" ? SweepExecutor::kSlurm : SweepExecutor::kLocal; },
      "who runs the points (default: local)");
  command->add_option("--partition", o.partition, "of Slurm")->option_text("NAME");
  command->add_option("--account", o.account, "of Slurm")->option_text("NAME");
  command->add_option("--qos", o.qos, "of Slurm")->option_text("NAME");
  command->add_option("--time", o.time, "of a Slurm task, as sbatch takes it: 2:00:00")->option_text("TIME");
  command->add_option("--mem", o.task_memory, "of a Slurm task, as sbatch takes it: 8G")->option_text("SIZE");
  many(command, "--sbatch", o.sbatch, "ARG", "one more argument of sbatch: --sbatch=--constraint=avx2");
  many(command, "--setup", o.setup, "LINE", "of the script of a Slurm task, before farfault: 'module load gcc'");
  number(command, "--chunk", o.chunk, "points a Slurm task (default: as many as make sense)");
  number(command, "--tasks-at-once", o.tasks_at_once, "Slurm tasks that run at once, at most");
  number(command, "--retries", o.retries, "how often a point is submitted again that a node lost (default: 3)");
  parsed(command, "--poll", "TIME", o.poll, parse_time, "between two looks at Slurm's queue (default: 5s)");
  command->add_flag("--detach", o.detach, "submits to Slurm and ends; `farfault sweep collect DIR` goes on");
}

CLI::App* add_verb(CLI::App& parent, const std::string& name, const std::string& about, const std::string& examples,
                   const std::string& positional, const std::string& what, SweepOptions& o, CommonOptions& common) {
  CLI::App* const command = add_command(parent, name, about, examples);
  command->add_option(positional, o.folder, what)->required()->option_text(" ");
  add_common_options(command, common);
  return command;
}

void add_verbs(CLI::App& parent, SweepOptions& o, CommonOptions& common) {
  const std::string folder = "the folder of a sweep";
  CLI::App* const status = add_verb(parent, "status", "says how far a sweep is",
                                    "  farfault sweep status results/pcie             done, failed and missing points\n"
                                    "  farfault sweep status results/pcie --format json\n",
                                    "DIR", folder, o, common);
  format(status, [&o](Format f) { o.format = f; }, "how it is printed");
  CLI::App* const exported =
      add_verb(parent, "export", "prints the points of a sweep with their figures",
               "  farfault sweep export results/pcie --format csv > pcie.csv      all figures of all points\n"
               "  farfault sweep export results/pcie --figures 'time.total,faults.*' --format md\n",
               "DIR", folder + ", or a store", o, common);
  list(exported, "--figures", o.figures, "PATTERN,...", "only these: 'time.*'");
  exported->add_flag("--provenance", o.provenance, "also hashes, version, host, duration and memory of each point");
  format(exported, [&o](Format f) { o.format = f; }, "how it is printed");
  CLI::App* const collect =
      add_verb(parent, "collect", "waits for a sweep on Slurm and stores what its tasks found",
               "  farfault sweep collect results/pcie                after --detach, or after Ctrl-C\n"
               "  farfault sweep collect results/pcie --detach       what there is by now\n",
               "DIR", folder, o, common);
  parsed(collect, "--poll", "TIME", o.poll, parse_time, "between two looks at Slurm's queue (default: 5s)");
  collect->add_flag("--detach", o.detach, "takes what there is, submits what was lost, and ends");
  add_plugins(collect, common);
  add_verb(parent, "cancel", "ends the Slurm jobs of a sweep",
           "  farfault sweep cancel results/pcie        what is stored stays\n"
           "  farfault sweep status results/pcie\n",
           "DIR", folder, o, common);
  // What a task of the cluster calls.
  CLI::App* const work = add_verb(parent, "work", "runs a chunk of points, as a task of a cluster",
                                  "  farfault sweep work results/pcie/slurm/chunks/1.json\n", "CHUNK",
                                  "a file that `farfault sweep --executor slurm` wrote", o, common);
  add_local(work, o);
  add_plugins(work, common);
  work->group("");
}

}  // namespace

void add_sweep(CLI::App& app, SweepOptions& options, CommonOptions& common) {
  CLI::App* const command =
      add_command(app, "sweep", "runs many points: here or on a cluster, each once",
                  "  farfault sweep pcie-generations -o out            all points, as many at once as there are "
                  "processors\n"
                  "  farfault sweep my-sweep.json --dry-run            what would run\n");
  add_what_runs(command, options);
  add_local(command, options);
  add_search(command, options);
  add_cluster(command, options);
  format(command, [&options](Format f) { options.format = f; }, "how --dry-run and --optimize print");
  add_plugins(command, common);
  add_common_options(command, common);
  command->require_subcommand(0, 1);
  add_verbs(*command, options, common);
}

}  // namespace farfault::cli
