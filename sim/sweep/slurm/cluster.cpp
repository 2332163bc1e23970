#include "sim/sweep/slurm/cluster.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/core/error.h"
#include "sim/core/program_path.h"
#include "sim/core/text.h"

namespace farfault::sweep::slurm {
namespace {

/// Ids on one command line.
constexpr std::size_t kMostIds = 500;

constexpr std::array<std::string_view, 9> kEnded = {"BOOT_FAIL", "CANCELLED", "COMPLETED",     "DEADLINE", "FAILED",
                                                    "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY", "TIMEOUT"};

/// Refusals that pass: the controller is away or busy, or a limit on jobs is reached that ours count for.
constexpr std::array<std::string_view, 12> kPassing = {
    "Unable to contact",  "timed out",        "Connection refused", "temporarily",
    "try again",          "Try again",        "standby mode",       "Zero Bytes",
    "Transport endpoint", "job submit limit", "Too many",           "Job violates accounting/QOS policy"};

constexpr std::string_view kUnknownJob = "Invalid job id";

bool mentions(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Cuts off and returns what is before the separator, or all.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// The last line that is not empty: sites put greetings before it.
std::string_view last_line(std::string_view text) {
  std::string_view last;
  while (!text.empty()) {
    const std::string_view line = trimmed(take_until(text, '\n'));
    if (!line.empty()) last = line;
  }
  return last;
}

/// A state is in capitals; "CANCELLED by 1000" is one as well.
bool is_state(std::string_view word) {
  return !word.empty() && word.size() < 40 &&
         std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

/// "12|3|RUNNING|None".
bool read_task(std::string_view line, TaskAnswers& answers) {
  const std::optional<std::uint64_t> job = whole_number(trimmed(take_until(line, '|')));
  const std::optional<std::uint64_t> task = whole_number(trimmed(take_until(line, '|')));
  const std::string_view state = trimmed(take_until(line, '|'));
  if (!job || !task || !is_state(state)) return false;
  answers[{*job, *task}] = {std::string(state), printable(trimmed(line), 200)};
  return true;
}

std::string joined_ids(std::span<const std::uint64_t> ids) {
  std::string text;
  for (const std::uint64_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

std::string words_of(const CommandResult& result) {
  if (result.late) return "it took too long";
  const std::string_view said = last_line(result.messages);
  if (!said.empty()) return printable(said, 400);
  return result.succeeded() ? "it said " + in_quotes(last_line(result.output))
                            : "exit status " + std::to_string(result.status);
}

}  // namespace

bool has_ended(std::string_view state) { return std::find(kEnded.begin(), kEnded.end(), state) != kEnded.end(); }

CommandResult Cluster::run(const std::vector<std::string>& words) { return run_command(words, limit_, idle_); }

std::nullopt_t Cluster::no_answer(const std::string& command, const CommandResult& result) {
  problem_ = command + ": " + words_of(result);
  return std::nullopt;
}

std::optional<std::size_t> Cluster::max_array_size() {
  const CommandResult result = run({"scontrol", "show", "config"});
  std::string_view rest = result.output;
  while (result.succeeded() && !rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    if (trimmed(take_until(line, '=')) != "MaxArraySize") continue;
    const std::optional<std::uint64_t> size = whole_number(trimmed(line));
    if (size && *size > 0) return size;
    throw RunError("this Slurm takes no job arrays (MaxArraySize in `scontrol show config`)");
  }
  return no_answer("scontrol show config", result);
}

std::optional<TaskAnswers> Cluster::tasks(std::span<const std::uint64_t> jobs) {
  TaskAnswers answers;
  for (std::size_t at = 0; at < jobs.size(); at += kMostIds) {
    const auto some = jobs.subspan(at, std::min(kMostIds, jobs.size() - at));
    // An array's tasks one by one; ended ones as long as Slurm remembers them.
    const CommandResult result =
        run({"squeue", "--noheader", "--array", "--states=all", "--jobs=" + joined_ids(some), "--format=%F|%K|%T|%r"});
    // That is what it says when it knows none of them.
    if (!result.succeeded() && mentions(result.messages, kUnknownJob)) continue;
    if (!result.succeeded()) return no_answer("squeue", result);
    std::string_view rest = result.output;
    while (!rest.empty()) {
      const std::string_view line = trimmed(take_until(rest, '\n'));
      if (!line.empty() && !read_task(line, answers)) {
        problem_ = "squeue: it said " + in_quotes(line);
        return std::nullopt;
      }
    }
  }
  return answers;
}

std::string Cluster::ended_state(std::uint64_t job, std::uint64_t task) {
  if (!find_in_path("sacct")) return "";
  const CommandResult result = run({"sacct", "--noheader", "--allocations", "--parsable2", "--format=State",
                                    "--jobs=" + std::to_string(job) + '_' + std::to_string(task)});
  if (!result.succeeded()) return "";
  std::string_view said = last_line(result.output);
  const std::string_view state = take_until(said, ' ');
  return is_state(state) ? std::string(state) : "";
}

std::optional<std::uint64_t> Cluster::find(const std::string& name) {
  const CommandResult result = run({"squeue", "--noheader", "--states=all", "--name=" + name, "--format=%F"});
  if (!result.succeeded()) return no_answer("squeue", result);
  const std::string_view line = last_line(result.output);
  if (line.empty()) return 0;
  const std::optional<std::uint64_t> job = whole_number(line);
  return job ? job : no_answer("squeue", result);
}

std::optional<std::uint64_t> Cluster::submit(const std::vector<std::string>& sbatch_arguments) {
  std::vector<std::string> words = {"sbatch", "--parsable"};
  words.insert(words.end(), sbatch_arguments.begin(), sbatch_arguments.end());
  const CommandResult result = run(words);
  if (result.succeeded()) {
    // "12", or "12;cluster".
    std::string_view line = last_line(result.output);
    const std::optional<std::uint64_t> job = whole_number(take_until(line, ';'));
    return job && *job > 0 ? job : no_answer("sbatch", result);
  }
  const bool passes = result.late || std::any_of(kPassing.begin(), kPassing.end(), [&result](std::string_view problem) {
                        return mentions(result.messages, problem);
                      });
  if (passes) return no_answer("sbatch", result);
  throw RunError("sbatch refuses: " + words_of(result) +
                 "; check the partition, the account, the time and what else is passed on to it");
}

bool Cluster::cancel(std::span<const std::uint64_t> jobs) {
  for (std::size_t at = 0; at < jobs.size(); at += kMostIds) {
    std::vector<std::string> words = {"scancel"};
    for (const std::uint64_t job : jobs.subspan(at, std::min(kMostIds, jobs.size() - at))) {
      words.push_back(std::to_string(job));
    }
    const CommandResult result = run(words);
    if (!result.succeeded() && !mentions(result.messages, kUnknownJob) &&
        !mentions(result.messages, "already complet")) {
      no_answer("scancel", result);
      return false;
    }
  }
  return true;
}

}  // namespace farfault::sweep::slurm
