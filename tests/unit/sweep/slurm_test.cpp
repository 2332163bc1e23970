#include "sim/sweep/slurm/slurm_executor.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "sim/sweep/slurm/chunk.h"
#include "sim/sweep/slurm/cluster.h"
#include "sim/sweep/slurm/job_script.h"
#include "sim/sweep/slurm/spool.h"
#include "sim/sweep/slurm/state.h"

namespace farfault::sweep {
namespace slurm_test {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
}

std::vector<std::string> lines(const fs::path& path) {
  std::vector<std::string> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "farfault-slurm.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Plan make_plan(std::size_t points) {
  Plan plan;
  plan.name = "fake";
  plan.base = {"{}", "base.json", "/nowhere"};
  for (std::size_t i = 0; i < points; ++i) {
    Point point;
    point.position = i;
    point.key = "k" + std::to_string(i);
    point.sets = {"seed=" + std::to_string(i)};
    plan.points.push_back(std::move(point));
  }
  return plan;
}

Outcome outcome_of(const std::string& key, const std::string& version = "") {
  Outcome outcome;
  outcome.key = key;
  outcome.version = version;
  return outcome;
}

/// What a command says once it is called for the n-th time.
struct Answer {
  std::string output;
  std::string messages = {};
  int status = 0;
  /// Outcomes that tasks leave before: the points' keys, by the spool's name.
  std::map<std::string, std::vector<std::string>> spools = {};
};

/// Slurm's commands on PATH. They write down how they are called, and say what the test has laid ready: the n-th call
/// of a command gets its n-th answer, further ones the last. A job that is looked for by its name is a command of its
/// own, "find".
class FakeSlurm {
 public:
  FakeSlurm() {
    for (const char* name : {"sweep", "bin"}) fs::create_directory(folder_.path() / name);
    for (const char* name : {"sbatch", "squeue", "scancel", "scontrol"}) add_command(name);
    answer("scontrol", {{"MaxArraySize            = 1001\n"}});
    answer("find", {{""}});
    answer("scancel", {{""}});
    answer("sbatch", {{"101\n"}, {"102\n"}, {"103\n"}, {"104\n"}, {"105\n"}});
    const char* const path = std::getenv("PATH");
    old_path_ = path == nullptr ? "" : path;
    set_path(folder_.path() / "bin");
  }
  FakeSlurm(const FakeSlurm&) = delete;
  FakeSlurm& operator=(const FakeSlurm&) = delete;
  ~FakeSlurm() { set_path(old_path_); }

  void answer(const std::string& command, const std::vector<Answer>& answers) const {
    fs::remove_all(folder_.path() / command);
    std::size_t n = 0;
    for (const Answer& next : answers) {
      const fs::path place = folder_.path() / command / std::to_string(++n);
      fs::create_directories(place / "spool");
      write(place / "out", next.output);
      write(place / "err", next.messages);
      write(place / "status", std::to_string(next.status));
      for (const auto& [name, keys] : next.spools) {
        slurm::SpoolWriter writer(place / "spool", name);
        for (const std::string& key : keys) writer.append(outcome_of(key));
      }
    }
  }
  void add_command(const std::string& name) const {
    const fs::path script = folder_.path() / "bin" / name;
    write(script, "#!/bin/bash\nPATH=/usr/bin:/bin\ncd " + slurm::quoted_word(folder_.path()) + "\nname=" + name +
                      "\n[[ \"$*\" != *--name=* ]] || name=find\n"
                      "echo \"$*\" >>$name.calls\n"
                      "n=$(wc -l <$name.calls)\n"
                      "while [[ ! -d $name/$n ]]; do n=$((n - 1)); done\n"
                      "cp $name/$n/spool/* sweep/slurm/spool 2>/dev/null\n"
                      "cat $name/$n/err >&2\ncat $name/$n/out\nexit $(<$name/$n/status)\n");
    ::chmod(script.c_str(), 0755);
  }
  void remove_command(const std::string& name) const { fs::remove(folder_.path() / "bin" / name); }

  /// Command lines so far.
  std::vector<std::string> calls(const std::string& command) const {
    return lines(folder_.path() / (command + ".calls"));
  }
  /// What stands after --array= in the command lines of sbatch.
  std::vector<std::string> arrays() const {
    std::vector<std::string> out;
    for (const std::string& call : calls("sbatch")) {
      const std::size_t at = call.find("--array=") + 8;
      out.push_back(call.substr(at, call.find(' ', at) - at));
    }
    return out;
  }
  /// The next run counts calls from 1 again.
  void forget_calls() const {
    for (const char* name : {"sbatch", "squeue", "scancel", "scontrol", "find"}) {
      fs::remove(folder_.path() / (std::string(name) + ".calls"));
    }
  }

  fs::path folder() const { return folder_.path() / "sweep"; }
  slurm::Layout layout() const { return slurm::Layout(folder()); }

 private:
  static void set_path(const std::string& path) { ::setenv("PATH", path.c_str(), 1); }

  Folder folder_;
  std::string old_path_;
};

SlurmOptions options_for(const FakeSlurm& cluster) {
  SlurmOptions options;
  options.folder = cluster.folder();
  options.worker = {"/bin/worker", "sweep", "work"};
  options.chunk = 2;
  options.poll = milliseconds(1);
  options.settle = milliseconds(0);
  options.patience = milliseconds(20'000);
  return options;
}

struct Run {
  std::map<std::string, Outcome> outcomes;
  std::size_t doubled = 0;
  std::string error;

  std::vector<std::string> lost() const {
    std::vector<std::string> keys;
    for (const auto& [key, outcome] : outcomes) {
      if (outcome.failure == Failure::kLost) keys.push_back(key);
    }
    return keys;
  }
};

/// Runs a sweep of so many points, but for half a minute.
Run run_sweep(const SlurmOptions& options, std::size_t points) {
  const Plan plan = make_plan(points);
  std::vector<std::size_t> positions;
  positions.reserve(plan.points.size());
  for (const Point& point : plan.points) positions.push_back(point.position);
  Run run;
  std::atomic<bool> interrupted = false;
  std::size_t half_seconds = 0;
  ExecutorEvents events;
  events.done = [&run](const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) {
      if (!run.outcomes.emplace(outcome.key, outcome).second) ++run.doubled;
    }
  };
  events.progress = [&](const ExecutorProgress&) { interrupted = ++half_seconds > 60; };
  events.interrupted = &interrupted;
  try {
    SlurmExecutor(options).run(plan, positions, events);
  } catch (const Error& error) {
    run.error = error.what();
  }
  return run;
}

using Names = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("slurm: tasks are submitted once and what they leave is collected") {
  const FakeSlurm cluster;
  cluster.answer("squeue", {{"101|0|RUNNING|None\n101|1|PENDING|Priority\n"},
                            {"101|0|COMPLETED|None\n101|1|RUNNING|None\n", "", 0, {{"0-0.101_0", {"k0", "k1"}}}},
                            {"101|1|COMPLETED|None\n", "", 0, {{"0-1.101_1", {"k2"}}}}});
  SlurmOptions options = options_for(cluster);
  options.partition = "fast";
  options.most_tasks = 7;
  options.cpus = 3;
  options.extra = {"--array=9", "--constraint=a b"};
  const Run run = run_sweep(options, 3);
  CHECK(run.error.empty());
  CHECK(run.outcomes.size() == 3);
  CHECK(run.doubled == 0);
  REQUIRE(cluster.calls("sbatch").size() == 1);
  const std::string call = cluster.calls("sbatch")[0];
  CHECK(call.starts_with("--parsable --array=9 --constraint=a b --partition=fast --cpus-per-task=3 "));
  CHECK(has(call, " --no-requeue --job-name=farfault-"));
  CHECK(has(call, " --array=0-1%7 "));
  CHECK(has(cluster.calls("squeue")[0], "--jobs=101 "));
  // Nothing is left.
  CHECK_FALSE(fs::exists(cluster.layout().root));
}

TEST_CASE("slurm: points of a lost task are submitted again in smaller chunks and at last one by one") {
  const FakeSlurm cluster;
  // 8 points in one chunk; k5 takes its task down whenever it comes to it.
  cluster.answer("squeue",
                 {{"101|0|NODE_FAIL|None\n", "", 0, {{"0-0.101_0", {"k0", "k1"}}}},
                  {"102|0|COMPLETED|None\n102|1|OUT_OF_MEMORY|None\n", "", 0, {{"1-0.102_0", {"k2", "k3", "k4"}}}},
                  {"103|0|FAILED|NonZeroExitCode\n103|1|COMPLETED|None\n103|2|COMPLETED|None\n",
                   "",
                   0,
                   {{"2-1.103_1", {"k6"}}, {"2-2.103_2", {"k7"}}}}});
  SlurmOptions options = options_for(cluster);
  options.chunk = 8;
  options.retries = 2;
  const Run run = run_sweep(options, 8);
  CHECK(run.error.empty());
  CHECK(cluster.arrays() == Names{"0", "0-1", "0-2"});
  CHECK(run.outcomes.size() == 8);
  CHECK(run.doubled == 0);
  REQUIRE(run.lost() == Names{"k5"});
  CHECK(run.outcomes.at("k5").reason ==
        "its task ended as FAILED without its results, the last of 3 times that it was submitted (job 103_0)");
}

TEST_CASE("slurm: an outcome that comes twice is told once and late ones count") {
  const FakeSlurm cluster;
  // The task that was taken for lost goes on, and ends.
  cluster.answer("squeue", {{"101|0|NODE_FAIL|None\n", "", 0, {{"0-0.101_0", {"k0"}}}},
                            {"102|0|RUNNING|None\n", "", 0, {{"0-0.101_0b", {"k0", "k1"}}, {"1-0.102_0", {"k1"}}}},
                            {"102|0|COMPLETED|None\n"}});
  const Run run = run_sweep(options_for(cluster), 2);
  CHECK(run.error.empty());
  CHECK(run.outcomes.size() == 2);
  CHECK(run.doubled == 0);
  CHECK(run.lost().empty());
}

TEST_CASE("slurm: tasks that squeue does not know any more are gone after two answers") {
  const FakeSlurm cluster;
  cluster.answer("squeue", {{"101|0|RUNNING|None\n"},
                            {"", "slurm_load_jobs error: Invalid job id specified\n", 1},
                            {"101|0|RUNNING|None\n"},
                            {""},
                            {"", "", 0, {}},
                            {"102|0|COMPLETED|None\n", "", 0, {{"1-0.102_0", {"k0"}}}}});
  const Run run = run_sweep(options_for(cluster), 1);
  CHECK(run.error.empty());
  CHECK(run.lost().empty());
  CHECK(cluster.calls("squeue").size() == 6);
  CHECK(cluster.arrays() == Names{"0", "0"});
}

TEST_CASE("slurm: accounting tells how a task ended that is gone") {
  const FakeSlurm cluster;
  cluster.add_command("sacct");
  cluster.answer("sacct", {{"CANCELLED by 1000\n"}});
  cluster.answer("squeue", {{""}});
  SlurmOptions options = options_for(cluster);
  options.retries = 0;
  const Run run = run_sweep(options, 1);
  REQUIRE(run.lost() == Names{"k0"});
  CHECK(has(run.outcomes.at("k0").reason, "ended as CANCELLED without its results, the last of 1 time "));
}

TEST_CASE("slurm: a controller that is away and answers that make no sense are waited out") {
  const FakeSlurm cluster;
  cluster.answer("squeue", {{"", "slurm_load_jobs error: Unable to contact slurm controller\n", 1},
                            {"101|0|RUN"},
                            {"what\x1B[0m ever\n"},
                            {"101|0[1-2]|RUNNING|\n"},
                            {"99999999999999999999999|0|RUNNING|None\n"},
                            {"101|0|SOME_NEW_STATE|None\n"},
                            {"101|0|COMPLETED|None\n", "", 0, {{"0-0.101_0", {"k0"}}}}});
  const Run run = run_sweep(options_for(cluster), 1);
  CHECK(run.error.empty());
  CHECK(run.outcomes.size() == 1);
  CHECK(run.lost().empty());
  CHECK(cluster.calls("sbatch").size() == 1);
}

TEST_CASE("slurm: a controller that stays away ends the run and the state stays") {
  const FakeSlurm cluster;
  cluster.answer("squeue", {{"", "Unable to contact slurm controller\n", 1}});
  SlurmOptions options = options_for(cluster);
  options.patience = milliseconds(100);
  const Run run = run_sweep(options, 1);
  CHECK(has(run.error, "Slurm has not answered for too long (squeue: Unable to contact slurm controller)"));
  CHECK(fs::exists(cluster.layout().state()));
  // Who comes next submits nothing.
  cluster.forget_calls();
  cluster.answer("squeue", {{"101|0|COMPLETED|None\n", "", 0, {{"0-0.101_0", {"k0"}}}}});
  const Run next = run_sweep(options_for(cluster), 1);
  CHECK(next.error.empty());
  CHECK(next.outcomes.size() == 1);
  CHECK(cluster.calls("sbatch").empty());
}

TEST_CASE("slurm: a refusal is told and one that passes is waited out") {
  const FakeSlurm cluster;
  cluster.answer("sbatch", {{"", "sbatch: error: invalid partition specified: fast\n", 1}});
  const Run refused = run_sweep(options_for(cluster), 1);
  CHECK(has(refused.error, "sbatch refuses: sbatch: error: invalid partition specified: fast"));

  cluster.forget_calls();
  fs::remove_all(cluster.layout().root);
  // Each time a job of its name is looked for twice: it may have been submitted all the same.
  cluster.answer("sbatch", {{"", "sbatch: error: Batch job submission failed: Socket timed out on send/recv\n", 1},
                            {"nonsense\n"},
                            {"Welcome!\n107;cluster\n\n"}});
  cluster.answer("squeue", {{"107|0|COMPLETED|None\n", "", 0, {{"0-0.107_0", {"k0"}}}}});
  const Run run = run_sweep(options_for(cluster), 1);
  CHECK(run.error.empty());
  CHECK(run.outcomes.size() == 1);
  CHECK(cluster.calls("sbatch").size() == 3);
  CHECK(cluster.calls("find").size() == 4);
}

TEST_CASE("slurm: a job whose id nobody wrote down is found by its name") {
  const FakeSlurm cluster;
  cluster.answer("sbatch", {{"", "timed out\n", 1}});
  cluster.answer("find", {{"110\n110\n"}});
  cluster.answer("squeue", {{"110|0|COMPLETED|None\n", "", 0, {{"0-0.110_0", {"k0"}}}}});
  const Run run = run_sweep(options_for(cluster), 1);
  CHECK(run.error.empty());
  CHECK(run.outcomes.size() == 1);
  CHECK(cluster.calls("sbatch").size() == 1);
}

TEST_CASE("slurm: who comes next asks for a job that may have been submitted before submitting it") {
  const FakeSlurm cluster;
  slurm::State state = slurm::new_state();
  state.next = 1;
  slurm::Submission submission;
  submission.tasks.resize(1);
  submission.tasks[0].keys = {"k0", "k1"};
  state.submissions.push_back(submission);
  const auto killed_before_sbatch_answered = [&] {
    for (const fs::path& path : {cluster.layout().root, cluster.layout().chunks(), cluster.layout().spool()}) {
      fs::create_directory(path);
    }
    slurm::save_state(cluster.layout(), state);
    cluster.forget_calls();
  };

  killed_before_sbatch_answered();
  cluster.answer("squeue", {{"101|0|COMPLETED|\n", "", 0, {{"0-0.x", {"k0", "k1"}}}}});
  CHECK(run_sweep(options_for(cluster), 2).outcomes.size() == 2);
  CHECK(cluster.calls("find").size() == 2);
  CHECK(has(cluster.calls("find")[0], "--name=farfault-" + state.run + "-0 "));
  CHECK(has(cluster.calls("sbatch").at(0), "--job-name=farfault-" + state.run + "-0 "));

  killed_before_sbatch_answered();
  cluster.answer("find", {{"", "Unable to contact\n", 1}, {"101\n"}});
  CHECK(run_sweep(options_for(cluster), 2).outcomes.size() == 2);
  CHECK(cluster.calls("sbatch").empty());
}

TEST_CASE("slurm: arrays are no longer than MaxArraySize says") {
  const FakeSlurm cluster;
  cluster.answer("scontrol", {{"Configuration data as of now\nMaxArraySize            = 2\nMaxJobCount = 10\n"}});
  cluster.answer("squeue",
                 {{"101|0|COMPLETED|\n101|1|COMPLETED|\n102|0|COMPLETED|\n102|1|COMPLETED|\n103|0|COMPLETED|\n",
                   "",
                   0,
                   {{"0-0.x", {"k0"}}, {"0-1.x", {"k1"}}, {"1-0.x", {"k2"}}, {"1-1.x", {"k3"}}, {"2-0.x", {"k4"}}}}});
  SlurmOptions options = options_for(cluster);
  options.chunk = 1;
  const Run run = run_sweep(options, 5);
  CHECK(run.error.empty());
  CHECK(run.outcomes.size() == 5);
  CHECK(cluster.arrays() == Names{"0-1", "0-1", "0"});

  // Chosen, chunks are so large that one array has them all.
  cluster.forget_calls();
  cluster.answer("squeue",
                 {{"101|0|COMPLETED|\n101|1|COMPLETED|\n",
                   "",
                   0,
                   {{"0-0.x", {"k0", "k1", "k2", "k3", "k4", "k5"}}, {"0-1.x", {"k6", "k7", "k8", "k9", "k10"}}}}});
  options.chunk = 0;
  CHECK(run_sweep(options, 11).outcomes.size() == 11);
  CHECK(cluster.arrays() == Names{"0-1"});

  cluster.answer("scontrol", {{"MaxArraySize            = 0\n"}});
  CHECK(has(run_sweep(options, 1).error, "takes no job arrays"));
  cluster.answer("scontrol", {{"", "Unable to contact\n", 1}});
  CHECK(has(run_sweep(options, 1).error, "Slurm does not answer (scontrol show config: Unable to contact)"));
  cluster.remove_command("scontrol");
  CHECK(has(run_sweep(options, 1).error, "there is no scontrol on this machine"));
}

TEST_CASE("slurm: jobs of points that nobody wants any more are ended") {
  const FakeSlurm cluster;
  cluster.answer("squeue", {{"", "Unable to contact\n", 1}});
  SlurmOptions options = options_for(cluster);
  options.patience = milliseconds(50);
  CHECK_FALSE(run_sweep(options, 2).error.empty());
  // What the job was for, is stored now.
  const Plan plan = make_plan(2);
  SlurmExecutor(options).run(plan, {}, {});
  CHECK(cluster.calls("scancel") == Names{"101"});
  CHECK_FALSE(fs::exists(cluster.layout().state()));
}

TEST_CASE("slurm: tasks that all fail before the first outcome end the run with what they said") {
  const FakeSlurm cluster;
  cluster.answer("squeue", {{"101|0|FAILED|\n101|1|FAILED|\n"}});
  fs::create_directories(cluster.layout().logs());
  write(cluster.layout().logs() / "101_1.log", "module: no such\x1B module\n");
  const Run run = run_sweep(options_for(cluster), 4);
  CHECK(has(run.error, "no task on the cluster got as far as running a point"));
  CHECK(has(run.error, "module: no such\\x1B module"));
  CHECK(run.outcomes.empty());
  CHECK(cluster.calls("sbatch").size() == 1);
}

TEST_CASE("slurm: status counts tasks and points and cancel ends them") {
  const FakeSlurm cluster;
  CHECK_FALSE(slurm_status(cluster.folder()).present);
  CHECK(slurm_cancel(cluster.folder()) == 0);
  cluster.answer("squeue", {{"", "Unable to contact\n", 1, {{"0-1.x", {"k2"}}}}});
  SlurmOptions options = options_for(cluster);
  options.patience = milliseconds(50);
  CHECK_FALSE(run_sweep(options, 5).error.empty());

  SlurmStatus status = slurm_status(cluster.folder());
  CHECK(status.present);
  CHECK_FALSE(status.collecting);
  CHECK(status.problem == "squeue: Unable to contact");
  CHECK(status.waiting == 4);
  cluster.answer("squeue", {{"101|0|PENDING|Priority\n101|1|RUNNING|None\n101|2|PENDING|Priority\n"}});
  status = slurm_status(cluster.folder());
  CHECK(status.problem.empty());
  CHECK(status.points == 5);
  CHECK(status.done == 1);
  CHECK(status.running == 1);
  CHECK(status.waiting == 3);
  CHECK(status.tasks == std::vector<std::pair<std::string, std::size_t>>{{"PENDING (Priority)", 2}, {"RUNNING", 1}});

  cluster.answer("scancel", {{"", "scancel: error: Unable to contact slurm controller\n", 1}});
  CHECK_THROWS_AS(slurm_cancel(cluster.folder()), RunError);
  cluster.answer("scancel", {{""}});
  CHECK(slurm_cancel(cluster.folder()) == 1);
  CHECK(slurm_status(cluster.folder()).cancelled);
  // The next run submits what is missing, and takes what is there.
  cluster.forget_calls();
  cluster.answer("sbatch", {{"120\n"}});
  cluster.answer("squeue",
                 {{"120|0|COMPLETED|\n120|1|COMPLETED|\n", "", 0, {{"1-0.x", {"k0", "k1"}}, {"1-1.x", {"k3", "k4"}}}}});
  const Run run = run_sweep(options_for(cluster), 5);
  CHECK(run.error.empty());
  CHECK(run.outcomes.size() == 5);
  CHECK(cluster.arrays() == Names{"0-1"});
  CHECK(cluster.calls("scancel") == Names{"101"});
}

TEST_CASE("slurm: outcomes of another version are not taken where one is asked for") {
  const FakeSlurm cluster;
  cluster.answer("squeue", {{"101|0|NODE_FAIL|\n", "", 0, {{"0-0.x", {"k0"}}}}});
  SlurmOptions options = options_for(cluster);
  options.version = "2.0";
  options.retries = 0;
  const Run run = run_sweep(options, 1);
  // It is as if nothing had come.
  CHECK(run.lost() == Names{"k0"});
}

TEST_CASE("slurm: a state that is cut off or of something else is an error that names the file") {
  const Folder folder;
  const slurm::Layout layout(folder.path());
  fs::create_directory(layout.root);
  CHECK_FALSE(slurm::load_state(layout).has_value());
  slurm::State state = slurm::new_state();
  state.next = 8;
  state.points = 3;
  slurm::Submission submission;
  submission.number = 7;
  submission.job = 12;
  submission.tasks.resize(2);
  submission.tasks[0].index = 4;
  submission.tasks[0].attempt = 2;
  submission.tasks[0].keys = {"k1", "\xFF not UTF-8"};
  submission.tasks[1].index = 6;
  submission.tasks[1].keys = {"k2"};
  state.submissions.push_back(submission);
  slurm::save_state(layout, state);
  const slurm::State again = slurm::load_state(layout).value();
  CHECK(again.run == state.run);
  CHECK(again.next == 8);
  REQUIRE(again.submissions.size() == 1);
  CHECK(again.submissions[0].job == 12);
  CHECK(again.submissions[0].tasks.at(0).keys == submission.tasks[0].keys);
  CHECK(again.submissions[0].tasks.at(1).index == 6);
  CHECK(again.job_name(again.submissions[0]) == "farfault-" + state.run + "-7");

  const std::string text = contents(layout.state());
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    write(layout.state(), text.substr(0, size));
    CHECK_THROWS_WITH_AS(slurm::load_state(layout), doctest::Contains("state.json"), RunError);
  }
  const std::string key = R"("keys":["k2"])";
  for (const char* bad : {"[]", "{}", "null", R"({"format":1})", "[[[[[[[["}) {
    write(layout.state(), bad);
    CHECK_THROWS_AS(slurm::load_state(layout), RunError);
  }
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{R"("job":12)", R"("job":-12)"},
                                                        {R"("job":12)", R"("job":1e99)"},
                                                        {R"("job":12)", R"("job":99999999999)"},
                                                        {R"("index":6)", R"("index":4)"},
                                                        {R"("next":8)", R"("next":7)"},
                                                        {R"("format":1)", R"("format":2)"},
                                                        {state.run, "../../ab"},
                                                        {key, R"("keys":"k2")"}}) {
    std::string broken = text;
    const std::size_t at = broken.find(from);
    REQUIRE(at != std::string::npos);
    broken.replace(at, from.size(), to);
    write(layout.state(), broken);
    CHECK_THROWS_AS(slurm::load_state(layout), RunError);
  }
  fs::remove(layout.state());
  REQUIRE(::mkfifo(layout.state().c_str(), 0600) == 0);
  CHECK_THROWS_AS(slurm::load_state(layout), RunError);
}

TEST_CASE("slurm: a spool that is torn anywhere gives the records before") {
  const Folder folder;
  fs::create_directory(folder.path() / "whole");
  slurm::SpoolWriter writer(folder.path() / "whole", "0-0.1_0");
  std::vector<std::size_t> ends = {0};
  for (const char* key : {"a", "b", "c"}) {
    writer.append(outcome_of(key));
    ends.push_back(fs::file_size(writer.path()));
  }
  const std::string bytes = contents(writer.path());
  fs::create_directory(folder.path() / "torn");
  const fs::path torn = folder.path() / "torn" / "0-0.1_0_0.spool";
  const auto keys = [](slurm::SpoolReader& reader) {
    std::string out;
    reader.read("", [&out](const Outcome& outcome) { out += outcome.key; });
    return out;
  };
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    write(torn, bytes.substr(0, size));
    slurm::SpoolReader reader(folder.path() / "torn");
    const std::string before = keys(reader);
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= size) ++whole;
    CHECK(before == std::string("abc").substr(0, whole));
    // It was in the middle of being written.
    write(torn, bytes);
    CHECK(before + keys(reader) == "abc");
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x40);
    write(torn, broken);
    slurm::SpoolReader reader(folder.path() / "torn");
    std::size_t whole = 0;
    while (ends[whole + 1] <= at) ++whole;
    CHECK(keys(reader) == std::string("abc").substr(0, whole));
  }
  write(torn, std::string("\x04\0\0\0", 4) + std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8));
  slurm::SpoolReader reader(folder.path() / "torn");
  CHECK(keys(reader).empty());
}

TEST_CASE("slurm: a task that is started again writes to a spool of its own and runs what is missing") {
  const Folder folder;
  const slurm::Layout layout(folder.path());
  for (const fs::path& path : {layout.root, layout.chunks(), layout.spool()}) fs::create_directory(path);
  Plan plan = make_plan(5);
  plan.base.folder = "/not \xFF UTF-8";
  plan.axes = {{"seed", "Seed"}};
  plan.figures = {"time.*"};
  plan.points[3].axes = {"3"};
  plan.points[3].trace = "\xFE.trace";
  slurm::write_chunk(layout, {2, 9}, slurm::write_plan(layout, plan), plan, {1, 3, 4});

  class Recorder final : public Executor {
   public:
    explicit Recorder(std::size_t most) : most_(most) {}
    void run(const Plan& given, std::span<const std::size_t> positions, const ExecutorEvents& events) override {
      plan = given;
      for (const std::size_t position : positions) {
        if (ran.size() == most_) throw RunError("the node went away");
        ran.push_back(given.points.at(position).key);
        events.done({outcome_of(ran.back())});
      }
    }
    Plan plan;
    std::vector<std::string> ran;

   private:
    std::size_t most_;
  };
  Recorder first(2);
  const fs::path chunk = layout.chunks() / "2-9.json";
  CHECK_THROWS_AS(slurm::run_chunk(chunk, first, "12_9", nullptr), RunError);
  CHECK(first.ran == Names{"k1", "k3"});
  CHECK(first.plan.base.folder == plan.base.folder);
  CHECK(first.plan.figures == plan.figures);
  CHECK(first.plan.axes.at(0).title == "Seed");
  CHECK(first.plan.points.at(1).position == 1);
  CHECK(first.plan.points.at(1).trace == plan.points[3].trace);
  CHECK(first.plan.points.at(1).axes == plan.points[3].axes);
  Recorder second(9);
  slurm::run_chunk(chunk, second, "12_9", nullptr);
  CHECK(second.ran == Names{"k4"});
  CHECK(fs::exists(layout.spool() / "2-9.12_9_0.spool"));
  CHECK(fs::exists(layout.spool() / "2-9.12_9_1.spool"));
}

TEST_CASE("slurm: a chunk that is cut off or of something else is an error that names the file") {
  const Folder folder;
  const slurm::Layout layout(folder.path());
  for (const fs::path& path : {layout.root, layout.chunks(), layout.spool()}) fs::create_directory(path);
  const Plan plan = make_plan(2);
  const std::string name = slurm::write_plan(layout, plan);
  slurm::write_chunk(layout, {0, 0}, name, plan, {0, 1});
  const fs::path chunk = layout.chunks() / "0-0.json";
  const std::string text = contents(chunk);
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    write(chunk, text.substr(0, size));
    CHECK_THROWS_WITH_AS(slurm::read_chunk(chunk), doctest::Contains("0-0.json"), RunError);
  }
  for (const std::string& bad :
       {std::string("[]"), std::string("{}"), R"({"plan":"../../etc/x","points":[]})" + std::string(),
        "{\"plan\":\"" + name + "\",\"points\":[{\"key\":1}]}",
        std::string(R"({"plan":"0123456789abcdef","points":[]})")}) {
    write(chunk, bad);
    CHECK_THROWS_AS(slurm::read_chunk(chunk), RunError);
  }
  CHECK_THROWS_AS(slurm::read_chunk(layout.chunks() / "0-1.json"), RunError);
}

TEST_CASE("slurm: a folder of the sweep that leads elsewhere is refused") {
  const FakeSlurm cluster;
  fs::create_directory(cluster.folder() / "elsewhere");
  fs::create_directory_symlink("elsewhere", cluster.layout().root);
  CHECK(has(run_sweep(options_for(cluster), 1).error, "is no folder"));
  CHECK(fs::is_empty(cluster.folder() / "elsewhere"));
}

TEST_CASE("slurm: the job script holds for any path") {
  const Folder folder;
  SlurmOptions options;
  options.folder = folder.path() / "a 'b' $HOME `id` \"c\" %j\\";
  options.worker = {"/bin/echo", "it's"};
  options.worker_arguments = {"--limit", "1 s; $(false)"};
  options.configs = "/x y";
  options.setup = {"unset_is_fine=$nothing"};
  options.cpus = 2;
  const slurm::Layout layout(options.folder);
  fs::create_directories(layout.logs());
  write(layout.script(), slurm::job_script(options));
  const std::string command =
      "SLURM_ARRAY_JOB_ID=5 SLURM_ARRAY_TASK_ID=3 bash " + slurm::quoted_word(layout.script()) + " 7";
  CHECK(std::system(command.c_str()) == 0);  // NOLINT(cert-env33-c): how bash reads it is what is tested
  CHECK(contents(layout.logs() / "5_3.log") ==
        "it's -j 2 --limit 1 s; $(false) " + (layout.chunks() / "7-3.json").string() + "\n");
}

}  // namespace slurm_test
}  // namespace farfault::sweep
