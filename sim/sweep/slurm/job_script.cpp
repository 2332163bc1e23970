#include "sim/sweep/slurm/job_script.h"

#include "sim/sweep/files.h"
#include "sim/sweep/slurm/layout.h"

namespace farfault::sweep::slurm {
namespace {

void add_option(std::vector<std::string>& arguments, const char* name, const std::string& value) {
  if (!value.empty()) arguments.push_back(std::string(name) + '=' + value);
}

/// "0,3-5,9", as --array has it. Tasks are in the order of their indices.
std::string array_text(const std::vector<Task>& tasks, std::size_t most_at_once) {
  std::string text;
  for (std::size_t first = 0, next = 0; first < tasks.size(); first = next) {
    next = first + 1;
    while (next < tasks.size() && tasks[next].index == tasks[next - 1].index + 1) ++next;
    if (!text.empty()) text += ',';
    text += std::to_string(tasks[first].index);
    if (next - first > 1) text += '-' + std::to_string(tasks[next - 1].index);
  }
  return most_at_once == 0 ? text : text + '%' + std::to_string(most_at_once);
}

}  // namespace

std::string quoted_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + '\'';
}

std::string job_script(const SlurmOptions& options) {
  const Layout layout(options.folder);
  std::string text = "#!/bin/bash\n# A task of a sweep: $1 is the submission, SLURM_ARRAY_TASK_ID the chunk in it.\n";
  text +=
      "exec >>" + quoted_word(layout.logs().native()) + "/\"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID.log\" 2>&1\n";
  // Without -u: what module systems define does not hold under it.
  text += "set -eo pipefail\n";
  for (const std::string& line : options.setup) text += line + '\n';
  text += "set -euo pipefail\n";
  if (!options.configs.empty()) text += "export FARFAULT_CONFIGS=" + quoted_word(options.configs.native()) + '\n';
  text += "exec";
  for (const std::string& word : options.worker) text += ' ' + quoted_word(word);
  text += " -j " + std::to_string(options.cpus);
  for (const std::string& word : options.worker_arguments) text += ' ' + quoted_word(word);
  text += ' ' + quoted_word(layout.chunks().native()) + "/\"$1-$SLURM_ARRAY_TASK_ID.json\"\n";
  return text;
}

std::vector<std::string> sbatch_arguments(const SlurmOptions& options, const State& state,
                                          const Submission& submission) {
  const Layout layout(options.folder);
  std::vector<std::string> arguments = options.extra;
  add_option(arguments, "--partition", options.partition);
  add_option(arguments, "--account", options.account);
  add_option(arguments, "--qos", options.qos);
  add_option(arguments, "--time", options.time);
  add_option(arguments, "--mem", options.memory);
  arguments.push_back("--cpus-per-task=" + std::to_string(options.cpus));
  arguments.emplace_back("--nodes=1");
  arguments.emplace_back("--ntasks=1");
  // What a lost node leaves is submitted again by the collector, which knows which points are missing.
  arguments.emplace_back("--no-requeue");
  arguments.push_back("--job-name=" + state.job_name(submission));
  arguments.push_back("--array=" + array_text(submission.tasks, options.most_tasks));
  // The script writes its log itself: in the path of an output, % and \ mean something to Slurm.
  arguments.emplace_back("--output=/dev/null");
  arguments.emplace_back("--error=/dev/null");
  arguments.push_back(layout.script().native());
  arguments.push_back(std::to_string(submission.number));
  return arguments;
}

}  // namespace farfault::sweep::slurm
