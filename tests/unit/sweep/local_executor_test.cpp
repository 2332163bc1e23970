#include "sim/sweep/local_executor.h"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/mman.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sim/config/load.h"
#include "sim/core/error.h"
#include "sim/replay/results.h"
#include "sim/replay/simulation.h"
#include "tests/unit/engine/in_child.h"
#include "traces/shared_trace.h"
#include "traces/source.h"

namespace farfault::sweep {
namespace local_executor_test {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;

/// What processes share: how many run a point, how many did at most, and how many began.
struct Counters {
  std::atomic<int> running;
  std::atomic<int> most;
  std::atomic<int> begun;
  std::atomic<pid_t> second;  ///< a process

  void enter() {
    ++begun;
    const int now = ++running;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
  }
};

class SharedCounters {
 public:
  SharedCounters()
      : counters_(static_cast<Counters*>(
            ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedCounters() { ::munmap(counters_, sizeof(Counters)); }
  SharedCounters(const SharedCounters&) = delete;
  SharedCounters& operator=(const SharedCounters&) = delete;
  Counters* operator->() const { return counters_; }

 private:
  Counters* counters_;
};

/// Touches so many MiB and sleeps.
Figures take_memory(std::uint64_t mebibytes, int milliseconds) {
  const std::vector<char> memory(mebibytes * kMebibyte, 'x');
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  Figures out;
  out["value"] = {Unit::kCount, std::int64_t{memory.back()}, "of a test"};
  return out;
}

void sleep_milliseconds(int n) { std::this_thread::sleep_for(std::chrono::milliseconds(n)); }

Plan plan_of(std::size_t points) {
  Plan plan;
  for (std::size_t i = 0; i < points; ++i) {
    Point point;
    point.position = i;
    point.key = "key " + std::to_string(i);
    plan.points.push_back(point);
  }
  return plan;
}

std::vector<std::size_t> all_of(const Plan& plan) {
  std::vector<std::size_t> out(plan.points.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  return out;
}

using Run = std::function<Figures(const Plan&, const Point&, const traces::Source*)>;

PointWork work_of(Run run, std::uint64_t guess = kMebibyte) {
  return {std::move(run), [guess](const Plan&, const Point&) { return guess; }};
}

Figures one_figure(std::int64_t value) {
  Figures out;
  out["value"] = {Unit::kCount, value, "of a test"};
  return out;
}

std::int64_t value_of(const Figures& figures) { return std::get<std::int64_t>(figures.at("value").value); }
std::int64_t value_of(const Outcome& outcome) { return value_of(outcome.figures); }

/// Outcomes by key; each comes once.
std::map<std::string, Outcome> run_plan(const Plan& plan, const LocalOptions& options, PointWork work,
                                        std::vector<std::size_t> positions = {}) {
  if (positions.empty()) positions = all_of(plan);
  std::map<std::string, Outcome> out;
  std::size_t most_finished = 0;
  ExecutorEvents events;
  events.done = [&out](const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) CHECK(out.emplace(outcome.key, outcome).second);
  };
  events.progress = [&](const ExecutorProgress& progress) {
    CHECK(progress.running <= options.jobs);
    most_finished = progress.finished;
  };
  LocalExecutor(options, std::move(work)).run(plan, positions, events);
  CHECK(out.size() == positions.size());
  CHECK(most_finished == positions.size());
  return out;
}

/// What a child has from its beginning. Touching memory for the first time is slow on some machines, so that limits are
/// as little above it as they can be.
std::uint64_t memory_at_begin() {
  const auto nothing = [](const Plan&, const Point&, const traces::Source*) { return one_figure(0); };
  return run_plan(plan_of(1), {}, work_of(nothing)).at("key 0").peak_memory;
}

TEST_CASE("sweep: points run in processes of their own and give their outcomes") {
  const Plan plan = plan_of(20);
  LocalOptions options;
  options.jobs = 3;
  options.version = "1.2.3";
  const pid_t parent = ::getpid();
  const auto run = [parent](const Plan&, const Point& point, const traces::Source* trace) {
    if (::getpid() == parent || trace != nullptr) throw RunError("not as it should be");
    std::fprintf(stderr, "a warning of %zu\n", point.position);
    return one_figure(static_cast<std::int64_t>(point.position) * 3);
  };
  const auto outcomes = run_plan(plan, options, work_of(run), {7, 3, 19});
  for (const std::size_t position : {7U, 3U, 19U}) {
    const Outcome& outcome = outcomes.at("key " + std::to_string(position));
    CHECK(outcome.failure == Failure::kNone);
    CHECK(outcome.reason.empty());
    CHECK(outcome.output == "a warning of " + std::to_string(position) + "\n");
    CHECK(outcome.version == "1.2.3");
    CHECK_FALSE(outcome.host.empty());
    CHECK(outcome.seconds > 0);
    CHECK(outcome.peak_memory > kMebibyte);
    REQUIRE(outcome.figures.size() == 1);
    CHECK(value_of(outcome) == static_cast<std::int64_t>(position) * 3);
  }
}

TEST_CASE("sweep: one at a time points run in the order in which they are given") {
  const Plan plan = plan_of(30);
  std::vector<std::size_t> positions = all_of(plan);
  std::reverse(positions.begin(), positions.end());
  std::vector<std::string> keys;
  ExecutorEvents events;
  events.done = [&keys](const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) keys.push_back(outcome.key);
  };
  LocalExecutor({}, work_of([](const Plan&, const Point&, const traces::Source*) { return one_figure(1); }))
      .run(plan, positions, events);
  REQUIRE(keys.size() == 30);
  for (std::size_t i = 0; i < keys.size(); ++i) CHECK(keys[i] == "key " + std::to_string(29 - i));
}

#ifndef __SANITIZE_THREAD__  // which takes several times the memory, and more as it goes
TEST_CASE("sweep: points that fail say why and how, and the others go on") {
  const Plan plan = plan_of(8);
  LocalOptions options;
  options.jobs = 2;
  options.point_seconds = 5;
  options.point_memory = memory_at_begin() + 16 * kMebibyte;
  const auto run = [](const Plan&, const Point& point, const traces::Source*) -> Figures {
    std::fprintf(stderr, "point %zu\n", point.position);
    switch (point.position) {
      case 1:
        throw InputError(Diagnostic{.file = "x.fft", .line = 3, .problem = "is cut off"});
      case 2:
        throw RunError("an identity does not hold");
      case 3:
        std::abort();
      case 4:
        for (;;) ::pause();
      case 5: {
        std::vector<std::vector<char>> kept;
        for (int i = 0; i < 4096; ++i) {
          kept.emplace_back(kMebibyte, 'x');
          sleep_milliseconds(10);
        }
        return one_figure(static_cast<std::int64_t>(kept.size()));
      }
      case 6:
        ::_exit(0);
      default:
        return one_figure(1);
    }
  };
  const auto outcomes = run_plan(plan, options, work_of(run));
  const auto failure = [&](int point) { return outcomes.at("key " + std::to_string(point)).failure; };
  CHECK(failure(0) == Failure::kNone);
  CHECK(failure(1) == Failure::kInput);
  CHECK(outcomes.at("key 1").reason == "x.fft:3: is cut off");
  CHECK(failure(2) == Failure::kRun);
  CHECK(outcomes.at("key 2").reason == "an identity does not hold");
  CHECK(failure(3) == Failure::kCrash);
  CHECK(failure(4) == Failure::kTime);
  CHECK(failure(5) == Failure::kMemory);
  CHECK(failure(6) == Failure::kCrash);
  CHECK(failure(7) == Failure::kNone);
  for (int point = 1; point <= 6; ++point) {
    const Outcome& outcome = outcomes.at("key " + std::to_string(point));
    CAPTURE(point);
    CHECK_FALSE(outcome.reason.empty());
    CHECK(outcome.figures.empty());
    CHECK(outcome.output.starts_with("point " + std::to_string(point) + "\n"));
  }
}

TEST_CASE("sweep: points that are thought to be large do not run side by side until one was seen to be small") {
  Plan plan = plan_of(12);
  for (Point& point : plan.points)
    point.sets = {"workload.generator.kind=" + std::string(point.position < 4 ? "a" : "b")};
  LocalOptions options;
  options.jobs = 4;
  options.memory_budget = 10 * memory_at_begin();
  const SharedCounters counters;
  const auto run = [&](const Plan&, const Point&, const traces::Source*) {
    counters->enter();
    sleep_milliseconds(150);
    const int beside = counters->running--;
    return one_figure(beside);
  };
  const auto outcomes = run_plan(plan, options, work_of(run, 6 * memory_at_begin()));
  CHECK(value_of(outcomes.at("key 0")) == 1);
  CHECK(counters->most > 1);  // after it
  CHECK(counters->most <= 4);

  const SharedCounters large;
  options.memory_budget = 2 * (memory_at_begin() + 32 * kMebibyte);
  const auto run_large = [&](const Plan&, const Point&, const traces::Source*) {
    large->enter();
    Figures out = take_memory(32, 10);
    --large->running;
    return out;
  };
  run_plan(plan_of(4), options, work_of(run_large, options.memory_budget));
  CHECK(large->most == 1);
  CHECK(large->begun == 4);
}

TEST_CASE("sweep: points that turn out to be too large for each other run one after the other") {
  LocalOptions options;
  options.jobs = 2;
  options.memory_budget = 2 * memory_at_begin() + 48 * kMebibyte;
  const SharedCounters counters;
  const auto run = [&](const Plan&, const Point& point, const traces::Source*) {
    ++counters->begun;
    const bool is_to_be_ended = point.position == 1 && counters->second == 0;
    if (is_to_be_ended) counters->second = ::getpid();
    const std::vector<char> memory(32 * kMebibyte, 'x');  // held while it waits
    if (is_to_be_ended) sleep_milliseconds(60'000);
    // The first goes on when the second is gone.
    for (int waits = 0; point.position == 0 && waits < 6000; ++waits) {
      if (counters->second != 0 && ::kill(counters->second, 0) != 0) break;
      sleep_milliseconds(10);
    }
    return one_figure(memory.back());
  };
  const auto outcomes = run_plan(plan_of(3), options, work_of(run));
  for (const auto& [key, outcome] : outcomes) CHECK_MESSAGE(outcome.failure == Failure::kNone, outcome.reason);
  CHECK(counters->begun == 4);  // the second began twice
}

#endif

/// Accesses of what the point is given; -1 if it is given nothing.
Figures count_accesses(const Plan&, const Point&, const traces::Source* trace) {
  if (trace == nullptr) return one_figure(-1);
  const auto reader = trace->open();
  std::int64_t accesses = 0;
  for (traces::AccessBlock block; reader->next(block);) accesses += static_cast<std::int64_t>(block.accesses.size());
  return one_figure(accesses);
}

constexpr const char* kStream = "traces/samples/stream.fft";
constexpr const char* kSort = "traces/samples/sort.fft";

std::int64_t accesses_of(const char* path) {
  const auto source = traces::open_file(path);
  return value_of(count_accesses({}, {}, source.get()));
}

TEST_CASE("sweep: a trace that several points replay is decoded once for all of them") {
  Plan plan = plan_of(7);
  for (const std::size_t i : {0U, 2U, 5U}) plan.points[i].trace = kStream;
  for (const std::size_t i : {1U, 6U}) plan.points[i].trace = kSort;
  plan.points[3].trace = "traces/samples/bc.fft";
  LocalOptions options;
  options.jobs = 2;
  std::vector<std::string> said;
  options.say = [&said](const std::string& text) { said.push_back(text); };
  const auto outcomes = run_plan(plan, options, work_of(count_accesses));
  for (const std::size_t i : {0U, 2U, 5U}) {
    CHECK(value_of(outcomes.at("key " + std::to_string(i))) == accesses_of(kStream));
  }
  for (const std::size_t i : {1U, 6U}) {
    CHECK(value_of(outcomes.at("key " + std::to_string(i))) == accesses_of(kSort));
  }
  CHECK(value_of(outcomes.at("key 3")) == -1);  // it alone
  CHECK(value_of(outcomes.at("key 4")) == -1);
  CHECK(said.empty());
}

TEST_CASE("sweep: a trace that does not fit into the memory for it is read by each point and that is said") {
  Plan plan = plan_of(3);
  for (Point& point : plan.points) point.trace = kStream;
  LocalOptions options;
  options.memory_budget = 1000 * kMebibyte;
  options.shared_traces = 0.001;
  std::vector<std::string> said;
  options.say = [&said](const std::string& text) { said.push_back(text); };
  const auto outcomes = run_plan(plan, options, work_of(count_accesses));
  for (const auto& [key, outcome] : outcomes) CHECK(value_of(outcome) == -1);
  REQUIRE(said.size() == 1);
  CHECK(said.front().find("stream.fft") != std::string::npos);
  CHECK(said.front().find("does not fit") != std::string::npos);
  said.clear();
  options.shared_traces = 0;
  const auto by_choice = run_plan(plan, options, work_of(count_accesses));
  for (const auto& [key, outcome] : by_choice) CHECK(value_of(outcome) == -1);
  CHECK(said.empty());
}

TEST_CASE("sweep: a decoded trace is kept as long as points need it and makes room for the next then") {
  Plan plan = plan_of(4);
  std::uint64_t largest = 0;
  for (Point& point : plan.points) {
    point.trace = point.position < 2 ? kStream : kSort;
    traces::SharedTrace trace(point.trace, 1000 * kMebibyte);
    REQUIRE(trace.fill([&point] { return traces::open_file(point.trace)->open(); }));
    CHECK((largest == 0 || trace.bytes() > largest / 8));
    largest = std::max(largest, trace.bytes());
  }
  LocalOptions options;
  options.memory_budget = 1000 * kMebibyte;
  options.shared_traces = static_cast<double>(largest + 1000) / static_cast<double>(options.memory_budget);
  const auto in_turn = run_plan(plan, options, work_of(count_accesses));
  for (const auto& [key, outcome] : in_turn) CHECK(value_of(outcome) > 0);
  // Two that are needed at the same time do not fit.
  std::swap(plan.points[1].trace, plan.points[2].trace);
  const auto mixed = run_plan(plan, options, work_of(count_accesses));
  CHECK(value_of(mixed.at("key 0")) > 0);
  CHECK(value_of(mixed.at("key 2")) > 0);
  CHECK(value_of(mixed.at("key 1")) == -1);
  CHECK(value_of(mixed.at("key 3")) == -1);
}

TEST_CASE("sweep: a trace that cannot be read fails its points with the reader's error and no other") {
  Plan plan = plan_of(5);
  for (const std::size_t i : {0U, 2U, 3U}) plan.points[i].trace = "/no/such/trace.fft";
  LocalOptions options;
  options.jobs = 2;
  const auto outcomes = run_plan(plan, options, work_of(count_accesses));
  for (const std::size_t i : {0U, 2U, 3U}) {
    const Outcome& outcome = outcomes.at("key " + std::to_string(i));
    CHECK(outcome.failure == Failure::kInput);
    CHECK(outcome.reason.find("/no/such/trace.fft") != std::string::npos);
  }
  CHECK(outcomes.at("key 1").failure == Failure::kNone);
  CHECK(outcomes.at("key 4").failure == Failure::kNone);
}

TEST_CASE("sweep: an interrupt ends a local run") {
  std::atomic<bool> interrupted{false};
  std::size_t done = 0;
  ExecutorEvents events;
  events.done = [&](const std::vector<Outcome>& outcomes) { interrupted = (done += outcomes.size()) >= 2; };
  events.interrupted = &interrupted;
  const Plan plan = plan_of(10);
  const auto run = [](const Plan&, const Point& point, const traces::Source*) {
    if (point.position > 1) sleep_milliseconds(60'000);
    return one_figure(1);
  };
  LocalOptions options;
  options.jobs = 2;
  CHECK_THROWS_AS(LocalExecutor(options, work_of(run)).run(plan, all_of(plan), events), Interrupted);
  CHECK(done == 2);
}

TEST_CASE("sweep: figures are kept by patterns") {
  const auto names = [](const std::vector<std::string>& patterns) {
    Figures figures;
    for (const char* name : {"time.total", "time.idle", "faults.total", "links.a.bytes"}) figures[name] = {};
    std::string out;
    for (const auto& [name, figure] : matching_figures(figures, patterns)) out += name + ' ';
    return out;
  };
  CHECK(names({}) == "faults.total links.a.bytes time.idle time.total ");
  CHECK(names({"*.total"}) == "faults.total time.total ");
  CHECK(names({"links.?.bytes", "time.idle"}) == "links.a.bytes time.idle ");
  CHECK(names({"time"}).empty());
}

/// Small scenarios over one trace: a share of its footprint as capacity, so that it is read twice; a policy that looks
/// ahead, so that it is read three times; a limit of accesses.
const std::vector<std::vector<std::string>> kSets = {
    {"workload.max_accesses=50000"},
    {"workload.max_accesses=50000", "policy.eviction.kind=belady"},
    {"workload.max_accesses=33333", "memory.device_capacity=8 MiB", "replay.reachability=true"},
};
const std::string kScenario = R"({
  "platform": "generic-pcie3", "policy": "plain-lru",
  "workload": {"trace": "traces/samples/bfs.lackey.zst", "assign": [{"agent": "*", "to": "gpu0"}]},
  "memory": {"device_capacity": "50 % of footprint"}
})";

RunSpec load_here(const std::vector<std::string>& sets, const Catalogue& catalogue) {
  return load_scenario_text(kScenario, "test", ".", sets, ConfigPaths{"configs"}, catalogue);
}

TEST_CASE("sweep: points over a shared trace have the figures of points that read its file") {
  const Catalogue catalogue = make_catalogue();
  Plan plan = plan_of(kSets.size());
  for (Point& point : plan.points) {
    point.sets = kSets[point.position];
    // As plans name it: absolute, while the scenario names it from its folder.
    point.trace = std::filesystem::absolute(load_here(point.sets, catalogue).workload.trace.value()).lexically_normal();
  }
  const auto load = [&](const Base&, const Point& point) { return load_here(point.sets, catalogue); };
  LocalOptions options;
  options.jobs = 2;
  const PointWork work = simulation_work(load, catalogue);
  CHECK(work.guess_memory(plan, plan.points[0]) > 64 * kMebibyte);
  const auto shared = run_plan(plan, options, work);
  options.shared_traces = 0;
  const auto own = run_plan(plan, options, work);
  for (const auto& [key, outcome] : own) {
    CAPTURE(key);
    CHECK_MESSAGE(outcome.failure == Failure::kNone, outcome.reason);
    CHECK(outcome.figures.size() > 100);
    REQUIRE(outcome.figures.size() == shared.at(key).figures.size());
    for (const auto& [name, figure] : outcome.figures) {
      CHECK_MESSAGE(figure.value == shared.at(key).figures.at(name).value, name);
    }
  }
}

/// Far from each other, so that what one leaves behind would show in the next.
const std::vector<std::vector<std::string>> kMixedSets = {
    {},
    {"platform=generic-cxl", "policy.eviction.kind=arc"},
    {"policy.prefetch.kind=tree", "memory.device_capacity=100 % of footprint", "replay.detail=cache"},
    {"workload.generator.footprint=9 MiB", "policy=isca19-tree"},
    {"platform=gh200-c2c", "policy=uvm-access-counters"},
    {"replay.sample=25 %"},
    {"design=driver_vma", "replay.reachability=true"},
    {"seed=7", "replay.detail=tlb"},
    {},
};

TEST_CASE("sweep: points that share a process have the figures of points in processes of their own") {
  const Catalogue catalogue = make_catalogue();
  const auto load = [&](const Base&, const Point& point) {
    return load_scenario_text(R"({
      "platform": "generic-pcie3", "policy": "plain-lru",
      "workload": {"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 3000}},
      "memory": {"device_capacity": "50 % of footprint"}
    })",
                              "test", ".", point.sets, ConfigPaths{"configs"}, catalogue);
  };
  Plan plan = plan_of(kMixedSets.size() + 1);
  for (std::size_t i = 0; i < kMixedSets.size(); ++i) plan.points[i].sets = kMixedSets[i];
  plan.points.back().sets = {"workload.generator.kind=no such"};  // fails, the first time beside others
  PointWork work = simulation_work(load, catalogue);
  CHECK(work.is_repeatable);
  const auto one_process = run_plan(plan, {}, work);
  work.is_repeatable = false;
  const auto own = run_plan(plan, {}, work);
  for (std::size_t i = 0; i < kMixedSets.size(); ++i) {
    CAPTURE(i);
    const Outcome& expected = own.at("key " + std::to_string(i));
    const Outcome& seen = one_process.at("key " + std::to_string(i));
    CHECK_MESSAGE(expected.failure == Failure::kNone, expected.reason);
    CHECK_MESSAGE(seen.failure == Failure::kNone, seen.reason);
    CHECK(expected.figures.size() > 100);
    REQUIRE(expected.figures.size() == seen.figures.size());
    for (const auto& [name, figure] : expected.figures)
      CHECK_MESSAGE(figure.value == seen.figures.at(name).value, name);
  }
  const std::string last = plan.points.back().key;
  CHECK(one_process.at(last).failure == Failure::kInput);
  CHECK(one_process.at(last).reason == own.at(last).reason);
}

TEST_CASE("sweep: points that may share a process do, and one that cannot go on there has another") {
  const Plan plan = plan_of(30);
  const SharedCounters counters;
  const auto run = [&counters](const Plan&, const Point& point, const traces::Source*) {
    ++counters->begun;
    if (point.position == 11) std::abort();
    return one_figure(::getpid());
  };
  PointWork work = work_of(run);
  work.is_repeatable = true;
  const auto outcomes = run_plan(plan, {}, work);
  std::set<std::int64_t> processes;
  for (const auto& [key, outcome] : outcomes) {
    CHECK(outcome.failure == (key == "key 11" ? Failure::kCrash : Failure::kNone));
    if (key != "key 11") processes.insert(value_of(outcome));
  }
  CHECK(processes.size() == 2);
  CHECK(counters->begun == 31);
}

TEST_CASE("sweep: points that share a process read the trace that was decoded for all of them") {
  const Catalogue catalogue = make_catalogue();
  Plan plan = plan_of(6);
  // Two traces in turn: the second is decoded while the process of the first runs.
  for (Point& point : plan.points) {
    const std::string name = point.position % 2 == 0 ? "sort.fft" : "stream.fft";
    point.trace = std::filesystem::absolute("traces/samples/" + name);
  }
  const auto run = [](const Plan&, const Point&, const traces::Source* trace) {
    if (trace == nullptr || dynamic_cast<const traces::SharedTrace*>(trace) == nullptr) throw RunError("no trace");
    if (!dynamic_cast<const traces::SharedTrace*>(trace)->is_filled()) throw RunError("not decoded");
    return one_figure(static_cast<std::int64_t>(trace->description().size()));
  };
  PointWork work = work_of(run);
  work.is_repeatable = true;
  for (const std::size_t jobs : {1U, 2U}) {
    LocalOptions options;
    options.jobs = jobs;
    for (const auto& [key, outcome] : run_plan(plan, options, work)) {
      CHECK_MESSAGE(outcome.failure == Failure::kNone, outcome.reason);
    }
  }
}

TEST_CASE("sweep: results of a shared trace are byte for byte those of its file") {
  const auto results = [](const std::vector<std::string>& sets, bool share) {
    return engine::testing::output_of_child([&] {
      const Catalogue catalogue = make_catalogue();
      const RunSpec spec = load_here(sets, catalogue);
      traces::SharedTrace trace(*spec.workload.trace, std::size_t{1} << 30U);
      SimulationOptions options;
      if (share) {
        trace.fill([&] { return traces::open_file(*spec.workload.trace)->open(); });
        options.source = &trace;
      }
      return results_json(spec, simulate(spec, catalogue, options), "test");
    });
  };
  for (const auto& sets : kSets) {
    const std::string own = results(sets, false);
    CHECK(own.size() > 1000);
    CHECK(results(sets, true) == own);
  }
}

}  // namespace local_executor_test
}  // namespace farfault::sweep
