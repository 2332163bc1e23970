// What a sweep costs beside its simulations, and what it gains by running them side by side and by sharing traces.
//
//   sweep_bench points [N]          N (1000) small points, a generator's 40,000 accesses each: simulate() alone in one
//                                   process a point, the executor with -j 1 and -j 2: points a second by the wall
//                                   clock, overhead a point over simulate() alone, processor time of parent and
//                                   children
//   sweep_bench trace PATH [N]      N (20) points over one trace, -j 2, with and without sharing: wall and processor
//                                   time, and the memory of all children, as proportional shares (PSS), at most
//
// Runs in turn, three times: rates of a shared machine differ from minute to minute; compare ratios.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "sim/sweep/local_executor.h"
#include "sim/sweep/process_pool.h"
#include "tests/bench/measure.h"

namespace farfault {
namespace {

using sweep::Plan;
using sweep::Point;

const char* const kSmall = R"({
  "platform": "generic-pcie3", "policy": "plain-lru",
  "workload": {"generator": {"kind": "zipf", "footprint": "16 MiB", "accesses": 40000}},
  "memory": {"device_capacity": "50 % of footprint"}
})";

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double processor_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Cost {
  double wall = 0;
  double parent = 0;
  double children = 0;
};

template <class Action>
Cost cost_of(Action action) {
  const Cost before{now(), processor_seconds(RUSAGE_SELF), processor_seconds(RUSAGE_CHILDREN)};
  action();
  return {now() - before.wall, processor_seconds(RUSAGE_SELF) - before.parent,
          processor_seconds(RUSAGE_CHILDREN) - before.children};
}

/// Proportional shares of the memory of all children of this process, now.
std::uint64_t children_pss() {
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  std::uint64_t sum = 0;
  for (int pid = 0; children >> pid;) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string word; file >> word;) {
      if (word != "Pss:") continue;
      std::uint64_t kibibytes = 0;
      file >> kibibytes;
      sum += kibibytes;
      break;
    }
  }
  return sum * 1024;
}

Plan plan_of(std::string scenario, std::size_t points, const Catalogue& catalogue) {
  Plan plan;
  plan.base = {std::move(scenario), "bench", "."};
  const RunSpec spec = load_scenario_text(plan.base.text, "bench", ".", {}, ConfigPaths{"configs"}, catalogue);
  for (std::size_t i = 0; i < points; ++i) {
    Point point;
    point.position = i;
    point.key = std::to_string(i);
    point.sets = {"seed=" + std::to_string(i + 1)};
    point.trace = spec.workload.trace.value_or("");
    plan.points.push_back(point);
  }
  return plan;
}

class SweepBench {
 public:
  SweepBench(std::string scenario, std::size_t points)
      : catalogue_(make_catalogue()), plan_(plan_of(std::move(scenario), points, catalogue_)) {}

  /// In processes as the pool makes them, but with nothing of a sweep: loaded before, figures thrown away.
  Cost alone() const {
    std::vector<RunSpec> specs;
    specs.reserve(plan_.points.size());
    for (const Point& point : plan_.points) specs.push_back(load(point));
    double inside = 0;
    Cost cost = cost_of([&] {
      for (const RunSpec& spec : specs) inside += bench::measure_in_child(spec, catalogue_).wall_seconds;
    });
    cost.wall = inside;
    return cost;
  }

  Cost executor(std::size_t jobs, double shared, std::uint64_t* pss = nullptr) const {
    std::vector<std::size_t> positions(plan_.points.size());
    std::iota(positions.begin(), positions.end(), std::size_t{0});
    sweep::LocalOptions options;
    options.jobs = jobs;
    options.shared_traces = shared;
    std::size_t failed = 0;
    sweep::ExecutorEvents events;
    events.done = [&failed](const std::vector<sweep::Outcome>& outcomes) {
      for (const sweep::Outcome& outcome : outcomes) failed += outcome.failure == sweep::Failure::kNone ? 0 : 1;
    };
    events.progress = [pss](const sweep::ExecutorProgress&) {
      if (pss != nullptr) *pss = std::max(*pss, children_pss());
    };
    const auto work =
        sweep::simulation_work([this](const sweep::Base&, const Point& point) { return load(point); }, catalogue_);
    const Cost cost = cost_of([&] { sweep::LocalExecutor(options, work).run(plan_, positions, events); });
    if (failed != 0) std::printf("%zu points failed\n", failed);
    return cost;
  }

  std::size_t points() const { return plan_.points.size(); }

 private:
  RunSpec load(const Point& point) const {
    return load_scenario_text(plan_.base.text, plan_.base.name, plan_.base.folder, point.sets, ConfigPaths{"configs"},
                              catalogue_);
  }

  Catalogue catalogue_;
  Plan plan_;
};

void print_points(const char* name, const Cost& cost, std::size_t points) {
  const auto n = static_cast<double>(points);
  std::printf("%-14s %8.1f points/s  %7.2f ms a point  processor: parent %6.2f ms, children %7.2f ms a point\n", name,
              n / cost.wall, cost.wall / n * 1e3, cost.parent / n * 1e3, cost.children / n * 1e3);
  std::fflush(stdout);
}

void measure_points(std::size_t count) {
  const SweepBench bench(kSmall, count);
  for (int round = 0; round < 3; ++round) {
    const Cost alone = bench.alone();
    const Cost one = bench.executor(1, 0.5);
    const Cost two = bench.executor(2, 0.5);
    print_points("simulate alone", alone, count);
    print_points("-j 1", one, count);
    print_points("-j 2", two, count);
    std::printf("-j 2 over -j 1: %.3f   overhead: %.2f ms a point\n", one.wall / two.wall,
                (one.wall - alone.wall) / static_cast<double>(count) * 1e3);
    std::fflush(stdout);
  }
}

void measure_trace(const std::string& path, std::size_t count) {
  const SweepBench bench(
      R"({"platform": "generic-pcie3", "policy": "plain-lru", "memory": {"device_capacity": "50 % of footprint"},
    "workload": {"assign": [{"agent": "*", "to": "gpu0"}], "trace": ")" +
          path + "\"}}",
      count);
  for (int round = 0; round < 3; ++round) {
    for (const double shared : {0.0, 0.5}) {
      std::uint64_t pss = 0;
      const Cost cost = bench.executor(2, shared, &pss);
      std::printf("%-12s %7.2f s  processor %7.2f s  children's memory %7.1f MiB\n",
                  shared == 0 ? "each its own" : "shared", cost.wall, cost.children,
                  static_cast<double>(pss) / (1 << 20));
      std::fflush(stdout);
    }
  }
}

std::size_t number_or(int count, char** arguments, int at, std::size_t fallback) {
  return at < count ? std::stoul(arguments[at]) : fallback;
}

}  // namespace
}  // namespace farfault

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "points";
  if (what == "points") {
    farfault::measure_points(farfault::number_or(count, arguments, 2, 1000));
  } else if (what == "trace" && count > 2) {
    farfault::measure_trace(arguments[2], farfault::number_or(count, arguments, 3, 20));
  } else {
    std::printf("usage: sweep_bench [points [N] | trace PATH [N]]\n");
    return 2;
  }
  return 0;
}
