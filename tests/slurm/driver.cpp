// farfault-slurm-driver: a sweep of points that only sleep, run by SlurmExecutor, for tests against a real Slurm.
//
//   run FOLDER POINTS [NAME=VALUE]...
//       Appends "POSITION FAILURE HOST" to FOLDER/outcomes for each point, and asks for those only that are not in it.
//       sleep=MS of a point, hold=FILE: the last point of a chunk waits while it is there, killer=N: that point ends
//       its task; others as options_of() has them.
//   work -j N CHUNK
//       What its tasks run.
//   status FOLDER, cancel FOLDER
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sim/core/error.h"
#include "sim/sweep/slurm/chunk.h"
#include "sim/sweep/slurm/slurm_executor.h"

namespace farfault::sweep {
namespace {

namespace fs = std::filesystem;
using Milliseconds = std::chrono::milliseconds;

std::atomic<bool> interrupted{false};

std::string key_of(std::size_t position) {
  std::ostringstream text;
  text << std::hex << 0x1000'0000'0000'0000ULL + position;
  return text.str();
}

/// Sleeps for each point as long as its set "sleep=MS" says, waits while the file of "hold=FILE" is there, and ends its
/// own task on "kill=SIGNAL".
class Sleeper final : public Executor {
 public:
  void run(const Plan& plan, std::span<const std::size_t> positions, const ExecutorEvents& events) override {
    for (const std::size_t position : positions) {
      const Point& point = plan.points.at(position);
      for (const std::string& set : point.sets) obey(set);
      Outcome outcome;
      outcome.key = point.key;
      const char* const node = std::getenv("SLURMD_NODENAME");
      outcome.host = node == nullptr ? "" : node;
      events.done({std::move(outcome)});
    }
  }

 private:
  static void wait_while(const fs::path& file) {
    for (int i = 0; i < 3000 && fs::exists(file); ++i) std::this_thread::sleep_for(Milliseconds(20));
  }
  static void obey(const std::string& set) {
    const std::size_t equals = set.find('=');
    const std::string value = set.substr(equals + 1);
    if (set.starts_with("sleep=")) std::this_thread::sleep_for(Milliseconds(std::stoi(value)));
    if (set.starts_with("hold=")) wait_while(value);
    if (set.starts_with("kill=")) ::raise(std::stoi(value));
  }
};

Plan make_plan(std::size_t points, const std::map<std::string, std::string>& given) {
  Plan plan;
  plan.name = "driver";
  const auto value = [&given](const std::string& name) {
    const auto found = given.find(name);
    return found == given.end() ? std::string() : found->second;
  };
  for (std::size_t i = 0; i < points; ++i) {
    Point point;
    point.position = i;
    point.key = key_of(i);
    point.sets = {"sleep=" + (value("sleep").empty() ? "100" : value("sleep"))};
    if (value("killer") == std::to_string(i)) point.sets.emplace_back("kill=9");
    const bool last = !value("chunk").empty() && (i + 1) % std::stoul(value("chunk")) == 0;
    if (last && !value("hold").empty()) point.sets.push_back("hold=" + value("hold"));
    plan.points.push_back(std::move(point));
  }
  return plan;
}

std::set<std::size_t> stored(const fs::path& file) {
  std::set<std::size_t> positions;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) positions.insert(std::stoul(line));
  return positions;
}

SlurmOptions options_of(const fs::path& folder, const std::map<std::string, std::string>& given) {
  SlurmOptions options;
  options.folder = folder;
  options.worker = {fs::read_symlink("/proc/self/exe"), "work"};
  options.poll = Milliseconds(300);
  options.settle = Milliseconds(500);
  options.patience = Milliseconds(60'000);
  for (const auto& [name, value] : given) {
    if (name == "chunk") options.chunk = std::stoul(value);
    if (name == "retries") options.retries = std::stoul(value);
    if (name == "setup") options.setup.push_back(value);
    if (name == "extra") options.extra.push_back(value);
    if (name == "partition") options.partition = value;
    if (name == "most") options.most_tasks = std::stoul(value);
  }
  return options;
}

void run(const fs::path& folder, std::size_t points, const std::map<std::string, std::string>& given) {
  const Plan plan = make_plan(points, given);
  const fs::path file = folder / "outcomes";
  const std::set<std::size_t> have = stored(file);
  std::vector<std::size_t> positions;
  std::map<std::string, std::size_t> by_key;
  for (std::size_t i = 0; i < points; ++i) {
    by_key[plan.points[i].key] = i;
    if (!have.contains(i)) positions.push_back(i);
  }
  std::ofstream out(file, std::ios::app);
  ExecutorEvents events;
  events.done = [&](const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) {
      out << by_key.at(outcome.key) << ' ' << (outcome.failure == Failure::kNone ? "ok" : failure_name(outcome.failure))
          << ' ' << outcome.host << ' ' << outcome.reason << '\n'
          << std::flush;
    }
  };
  events.interrupted = &interrupted;
  SlurmExecutor(options_of(folder, given)).run(plan, positions, events);
}

void print_status(const fs::path& folder) {
  const SlurmStatus now = slurm_status(folder);
  std::cout << "present " << now.present << " collecting " << now.collecting << " cancelled " << now.cancelled
            << "\npoints " << now.points << " done " << now.done << " running " << now.running << " waiting "
            << now.waiting << " lost " << now.lost << '\n';
  for (const auto& [state, tasks] : now.tasks) std::cout << tasks << " tasks " << state << '\n';
  if (!now.problem.empty()) std::cout << "problem " << now.problem << '\n';
}

void dispatch(const std::vector<std::string>& words) {
  if (words.at(0) == "work") {
    Sleeper sleeper;
    slurm::run_chunk(words.back(), sleeper, slurm::task_name(), nullptr);
  } else if (words.at(0) == "status") {
    print_status(fs::absolute(words.at(1)));
  } else if (words.at(0) == "cancel") {
    std::cout << slurm_cancel(fs::absolute(words.at(1))) << " jobs\n";
  } else {
    std::map<std::string, std::string> given;
    for (std::size_t i = 3; i < words.size(); ++i) {
      const std::size_t equals = words[i].find('=');
      given[words[i].substr(0, equals)] = words[i].substr(equals + 1);
    }
    run(fs::absolute(words.at(1)), std::stoul(words.at(2)), given);
  }
}

int run_driver(int argc, char** argv) {
  std::signal(SIGINT, [](int) { interrupted = true; });
  try {
    dispatch({argv + 1, argv + argc});
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "driver: " << error.what() << '\n';
    return 70;
  }
}

}  // namespace
}  // namespace farfault::sweep

int main(int argc, char** argv) { return farfault::sweep::run_driver(argc, argv); }
