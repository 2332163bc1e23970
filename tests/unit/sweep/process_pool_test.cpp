#include "sim/sweep/process_pool.h"

#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sim/core/error.h"

namespace farfault::sweep {
namespace process_pool_test {

using Results = std::map<std::size_t, JobResult>;
using Work = std::function<std::string(const Tell&)>;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;

void sleep_milliseconds(int n) { std::this_thread::sleep_for(std::chrono::milliseconds(n)); }

void sleep_for_ever() {
  for (;;) ::pause();
}

/// Gives the jobs out in order.
std::function<std::optional<Job>()> giver(std::vector<Job> jobs) {
  return [jobs = std::move(jobs), at = std::size_t{0}]() mutable -> std::optional<Job> {
    if (at == jobs.size()) return std::nullopt;
    return jobs[at++];
  };
}

Results run_jobs(std::vector<Job> jobs, std::size_t at_once) {
  Results out;
  PoolEvents events;
  events.next = giver(std::move(jobs));
  events.done = [&out](std::size_t id, JobResult result) { CHECK(out.emplace(id, std::move(result)).second); };
  ProcessPool(at_once, std::move(events)).run();
  return out;
}

JobResult run_one(Job job) {
  Results results = run_jobs({std::move(job)}, 1);
  REQUIRE(results.size() == 1);
  return std::move(results.begin()->second);
}

Job job_of(Work work) { return Job{.id = 0, .work = std::move(work), .unattended = true}; }

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A number that processes share.
class SharedNumber {
 public:
  SharedNumber()
      : number_(static_cast<std::atomic<int>*>(
            ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedNumber() { ::munmap(number_, sizeof(std::atomic<int>)); }
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;
  std::atomic<int>& operator*() const { return *number_; }

 private:
  std::atomic<int>* number_;
};

/// Tells whether processes that were forked since it was made are all gone: each holds one end of a pipe.
class Descendants {
 public:
  Descendants() { REQUIRE(::pipe(ends_.data()) == 0); }
  ~Descendants() {
    for (const int end : ends_) ::close(end);
  }
  Descendants(const Descendants&) = delete;
  Descendants& operator=(const Descendants&) = delete;

  bool gone_within(int milliseconds) {
    ::close(ends_[1]);
    ends_[1] = ::dup(ends_[0]);  // so that there is something to close
    pollfd wait{ends_[0], POLLIN, 0};
    return ::poll(&wait, 1, milliseconds) == 1 && (wait.revents & POLLHUP) != 0;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST_CASE("sweep: a job's bytes come back, whatever they are, and what it tells comes first") {
  const std::string large(5'000'000, '\0');
  std::vector<std::string> told;
  JobResult result;
  PoolEvents events;
  events.next = giver({job_of([&large](const Tell& tell) {
    tell("one");
    tell("");
    tell("three");
    return large + "end";
  })});
  events.told = [&told](std::size_t, std::string_view bytes) { told.emplace_back(bytes); };
  events.done = [&](std::size_t, JobResult got) {
    CHECK(told == std::vector<std::string>{"one", "", "three"});
    result = std::move(got);
  };
  ProcessPool(1, events).run();
  CHECK(result.failure == Failure::kNone);
  CHECK(result.reason.empty());
  CHECK(result.bytes == large + "end");
  CHECK(result.seconds > 0);
  CHECK(result.peak_memory > 1'000'000);
}

TEST_CASE("sweep: what a job throws is told by kind and text") {
  const JobResult input = run_one(
      job_of([](const Tell&) -> std::string { throw InputError(Diagnostic{.file = "f", .problem = "is bad"}); }));
  CHECK(input.failure == Failure::kInput);
  CHECK(input.reason == "f: is bad");
  const JobResult run = run_one(job_of([](const Tell&) -> std::string { throw RunError("did not hold"); }));
  CHECK(run.failure == Failure::kRun);
  CHECK(run.reason == "did not hold");
  const std::string text(10'000, 'x');
  const JobResult other = run_one(job_of([&](const Tell&) -> std::string { throw std::runtime_error(text); }));
  CHECK(other.failure == Failure::kRun);
  CHECK(other.reason == text);
  CHECK(run_one(job_of([](const Tell&) -> std::string { throw 7; })).failure == Failure::kRun);
  const JobResult memory = run_one(job_of([](const Tell&) -> std::string { throw std::bad_alloc(); }));
  CHECK(memory.failure == Failure::kMemory);
  CHECK(memory.reason == "out of memory");
}

TEST_CASE("sweep: a job that crashes is told from one that returns, and the others go on") {
  std::vector<Job> jobs;
  const auto add = [&jobs](Work work) {
    jobs.push_back(job_of(std::move(work)));
    jobs.back().id = jobs.size() - 1;
  };
  add([](const Tell&) -> std::string { std::abort(); });
  add([](const Tell&) -> std::string {
    ::raise(SIGSEGV);
    return "not reached";
  });
  add([](const Tell&) -> std::string { ::_exit(0); });
  add([](const Tell&) -> std::string {
    std::fputs("before the end\n", stderr);
    ::_exit(7);
  });
  add([](const Tell&) -> std::string {
    ::raise(SIGKILL);
    return "not reached";
  });
  for (int i = 0; i < 10; ++i) add([](const Tell&) { return "fine"; });
  const Results results = run_jobs(jobs, 2);
  REQUIRE(results.size() == jobs.size());
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(results.at(i).failure == Failure::kCrash);
    CHECK(results.at(i).bytes.empty());
    CHECK(results.at(i).reason.starts_with("its process ended before its results: "));
  }
  CHECK(results.at(0).reason.find("Aborted") != std::string::npos);
  CHECK(results.at(3).output.starts_with("before the end\n"));
#ifndef FARFAULT_SANITIZED  // they turn the signal into a report
  CHECK(results.at(1).reason.find("Segmentation fault") != std::string::npos);
#endif
  CHECK(results.at(2).reason.ends_with("exit status 0"));
  CHECK(results.at(3).reason.ends_with("exit status 7"));
  CHECK(results.at(4).reason.find("Killed") != std::string::npos);
  for (std::size_t i = 5; i < jobs.size(); ++i) CHECK(results.at(i).bytes == "fine");
}

TEST_CASE("sweep: a job ends at its time limit") {
  const auto start = std::chrono::steady_clock::now();
  Job job = job_of([](const Tell&) -> std::string {
    std::cout << "asleep";
    std::cout.flush();
    sleep_for_ever();
    return "";
  });
  job.seconds = 0.3;
  const JobResult result = run_one(job);
  CHECK(result.failure == Failure::kTime);
  CHECK(result.reason == "it took longer than its limit of 300 ms");
  CHECK(result.output == "asleep");
  CHECK(result.seconds >= 0.3);
  CHECK(seconds_since(start) < 20);
  job.seconds = 1000;
  job.work = [](const Tell&) { return "in time"; };
  CHECK(run_one(job).bytes == "in time");
}

TEST_CASE("sweep: a job that takes ever more memory ends at its limit") {
  Job job = job_of([](const Tell&) {
    std::vector<std::vector<char>> kept;
    for (int i = 0; i < 4096; ++i) {
      kept.emplace_back(kMebibyte, 'x');
      if (i > 60) sleep_milliseconds(10);
    }
    return "4 GiB";
  });
  // What it has from its beginning counts. Touching memory for the first time is slow on some machines: no more of it
  // than is needed.
  job.memory = run_one(job_of([](const Tell&) { return ""; })).peak_memory + 60 * kMebibyte;
  const JobResult result = run_one(job);
  CHECK(result.failure == Failure::kMemory);
  CHECK(result.bytes.empty());
  CHECK(result.reason.find("beyond its limit") != std::string::npos);
  CHECK(result.peak_memory > job.memory);
  CHECK(result.peak_memory < job.memory + 2000 * kMebibyte);
}

#ifndef FARFAULT_SANITIZED
TEST_CASE("sweep: an allocation far beyond the limit fails at once") {
  Job job = job_of([](const Tell&) { return std::to_string(std::vector<char>(std::size_t{1} << 36U).size()); });
  job.memory = 100 * kMebibyte;
  const JobResult result = run_one(job);
  CHECK(result.failure == Failure::kMemory);
  CHECK(result.reason == "out of memory");
  CHECK(result.peak_memory < job.memory);
}
#endif

TEST_CASE("sweep: of what a job writes the end is kept") {
  std::fputs("of the parent", stdout);  // perhaps not written yet
  const JobResult result = run_one(job_of([](const Tell&) {
    const std::string line(999, 'x');
    for (int i = 0; i < 8000; ++i) std::fprintf(stderr, "%s\n", line.c_str());
    std::cout << "the last of stdout";  // not flushed
    return "written";
  }));
  CHECK(result.bytes == "written");
  CHECK(result.output.size() == kKeptOutput);
  CHECK(result.output.ends_with("xxx\nthe last of stdout"));
  const JobResult little = run_one(job_of([](const Tell&) {
    std::cout << "little";
    return "";
  }));
  CHECK(little.output == "little");
  CHECK(run_one(job_of([](const Tell&) { return std::cin.get() == EOF ? "nothing" : "something"; })).bytes ==
        "nothing");
}

TEST_CASE("sweep: jobs start in order, one at a time asked for, and no more run than may") {
  const SharedNumber running;
  const SharedNumber most;
  constexpr std::size_t kJobs = 40;
  constexpr std::size_t kAtOnce = 3;
  std::size_t asked = 0;
  std::size_t done = 0;
  PoolEvents events;
  events.next = [&]() -> std::optional<Job> {
    CHECK(asked < done + kAtOnce);
    if (asked == kJobs) return std::nullopt;
    Job job = job_of([&](const Tell&) {
      const int now = ++*running;
      for (int seen = *most; seen < now && !(*most).compare_exchange_weak(seen, now);) {
      }
      // Until as many as may have run at once; then a little longer, so that one more would be seen.
      for (int i = 0; i < 6000 && *most < static_cast<int>(kAtOnce); ++i) sleep_milliseconds(10);
      sleep_milliseconds(10);
      --*running;
      return "";
    });
    job.id = asked++;
    return job;
  };
  events.done = [&](std::size_t id, const JobResult&) {
    CHECK(id < asked);
    ++done;
  };
  ProcessPool(kAtOnce, events).run();
  CHECK(done == kJobs);
  CHECK(*most == static_cast<int>(kAtOnce));
}

TEST_CASE("sweep: who has no job at present is asked again when one has ended") {
  std::vector<std::size_t> started;
  bool first_ended = false;
  PoolEvents events;
  events.next = [&]() -> std::optional<Job> {
    if (started.size() == 2 || (started.size() == 1 && !first_ended)) return std::nullopt;
    Job job = job_of([](const Tell&) { return ""; });
    job.id = started.size();
    started.push_back(job.id);
    return job;
  };
  events.done = [&](std::size_t id, const JobResult&) { first_ended = first_ended || id == 0; };
  ProcessPool(8, events).run();
  CHECK(started == std::vector<std::size_t>{0, 1});
}

TEST_CASE("sweep: an interrupt ends all children at once") {
  std::atomic<bool> interrupted{false};
  Descendants children;
  PoolEvents events;
  const Job sleeping = job_of([](const Tell& tell) -> std::string {
    tell("here");
    sleep_for_ever();
    return "";
  });
  Job second = sleeping;
  second.id = 1;
  events.next = giver({sleeping, second});
  events.done = [](std::size_t, const JobResult&) { FAIL("no job ends by itself"); };
  int told = 0;
  events.told = [&](std::size_t, std::string_view) { interrupted = ++told == 2; };
  events.interrupted = &interrupted;
  CHECK_THROWS_AS(ProcessPool(2, events).run(), Interrupted);
  CHECK(told == 2);
  CHECK(children.gone_within(5000));
}

TEST_CASE("sweep: no child is left when an event throws") {
  Descendants children;
  PoolEvents events;
  Job second = job_of([](const Tell&) -> std::string {
    sleep_for_ever();
    return "";
  });
  second.id = 1;
  events.next = giver({second, job_of([](const Tell&) { return ""; })});
  events.done = [](std::size_t, const JobResult&) { throw RunError("the store is full"); };
  CHECK_THROWS_AS(ProcessPool(2, events).run(), RunError);
  CHECK(children.gone_within(5000));
}

TEST_CASE("sweep: children end with a parent that is killed") {
  Descendants all;
  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const Job sleeping = job_of([](const Tell& tell) -> std::string {
      tell("");
      sleep_for_ever();
      return "";
    });
    Job second = sleeping;
    second.id = 1;
    PoolEvents events;
    events.next = giver({sleeping, second});
    events.done = [](std::size_t, const JobResult&) {};
    events.told = [&](std::size_t, std::string_view) { static_cast<void>(!::write(ready[1], "x", 1)); };
    ProcessPool(2, events).run();
    ::_exit(1);
  }
  ::close(ready[1]);
  std::array<char, 2> both{};
  CHECK(::read(ready[0], both.data(), 1) == 1);
  CHECK(::read(ready[0], both.data(), 1) == 1);
  ::close(ready[0]);
  ::kill(parent, SIGKILL);
  int status = 0;
  CHECK(::waitpid(parent, &status, 0) == parent);
  CHECK(WIFSIGNALED(status));
  CHECK(all.gone_within(5000));
}

TEST_CASE("sweep: a job that is abandoned ends without a result") {
  Descendants children;
  std::size_t results = 0;
  Job sleeping = job_of([](const Tell&) -> std::string {
    std::vector<char> memory(60 * kMebibyte, 'x');
    sleep_for_ever();
    return std::string(memory.begin(), memory.begin() + 1);
  });
  sleeping.id = 5;
  PoolEvents events;
  ProcessPool* pool = nullptr;
  events.next = giver({sleeping});
  events.done = [&](std::size_t, const JobResult&) { ++results; };
  events.tick = [&] {
    const std::vector<RunningJob> running = pool->running();
    REQUIRE(running.size() == 1);
    CHECK(running.front().id == 5);
    if (running.front().memory > 60 * kMebibyte) pool->abandon(5);
  };
  ProcessPool the_pool(1, events);
  pool = &the_pool;
  the_pool.run();
  CHECK(results == 0);
  CHECK(children.gone_within(5000));
}

TEST_CASE("sweep: a process that a job leaves behind does not hold its result up") {
  const auto start = std::chrono::steady_clock::now();
  const Work leaves = [](const Tell&) -> std::string {
    if (::fork() == 0) {
      ::sleep(8);
      ::_exit(0);
    }
    ::_exit(3);
  };
  CHECK(run_one(job_of(leaves)).reason.ends_with("exit status 3"));
  CHECK(seconds_since(start) < 6);
}

}  // namespace process_pool_test
}  // namespace farfault::sweep
