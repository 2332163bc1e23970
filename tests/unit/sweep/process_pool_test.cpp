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
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
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

struct TestJob : Job {
  Work work;
};

TestJob job_of(Work work, std::size_t id = 0) {
  TestJob job;
  job.id = id;
  job.work = std::move(work);
  return job;
}

/// Gives the jobs out in order.
PoolEvents events_of(const std::vector<TestJob>& jobs) {
  PoolEvents events;
  events.next = [jobs, at = std::size_t{0}]() mutable -> std::optional<Job> {
    if (at == jobs.size()) return std::nullopt;
    return jobs[at++];
  };
  events.work = [jobs](std::size_t id, const Tell& tell) {
    for (const TestJob& job : jobs) {
      if (job.id == id) return job.work(tell);
    }
    throw std::logic_error("no such job");
  };
  return events;
}

PoolOptions options_of(std::size_t at_once, double process_seconds = 0) {
  return {.most_at_once = at_once, .unattended = true, .process_seconds = process_seconds};
}

Results run_jobs(const std::vector<TestJob>& jobs, const PoolOptions& options) {
  Results out;
  PoolEvents events = events_of(jobs);
  events.done = [&out](std::size_t id, JobResult result) { CHECK(out.emplace(id, std::move(result)).second); };
  ProcessPool(options, std::move(events)).run();
  return out;
}

JobResult run_one(const TestJob& job) {
  Results results = run_jobs({job}, options_of(1));
  REQUIRE(results.size() == 1);
  return std::move(results.begin()->second);
}

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
  PoolEvents events = events_of({job_of([&large](const Tell& tell) {
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
  ProcessPool(options_of(1), events).run();
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
  std::vector<TestJob> jobs;
  const auto add = [&jobs](Work work) { jobs.push_back(job_of(std::move(work), jobs.size())); };
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
  const Results results = run_jobs(jobs, options_of(2));
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
  TestJob job = job_of([](const Tell&) -> std::string {
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
  TestJob job = job_of([](const Tell&) {
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
  TestJob job = job_of([](const Tell&) { return std::to_string(std::vector<char>(std::size_t{1} << 36U).size()); });
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
    return Job{.id = asked++};
  };
  events.work = [&](std::size_t, const Tell&) {
    const int now = ++*running;
    for (int seen = *most; seen < now && !(*most).compare_exchange_weak(seen, now);) {
    }
    // Until as many as may have run at once; then a little longer, so that one more would be seen.
    for (int i = 0; i < 6000 && *most < static_cast<int>(kAtOnce); ++i) sleep_milliseconds(10);
    sleep_milliseconds(10);
    --*running;
    return "";
  };
  events.done = [&](std::size_t id, const JobResult&) {
    CHECK(id < asked);
    ++done;
  };
  ProcessPool(options_of(kAtOnce), events).run();
  CHECK(done == kJobs);
  CHECK(*most == static_cast<int>(kAtOnce));
}

TEST_CASE("sweep: who has no job at present is asked again when one has ended") {
  std::vector<std::size_t> started;
  bool first_ended = false;
  PoolEvents events;
  events.next = [&]() -> std::optional<Job> {
    if (started.size() == 2 || (started.size() == 1 && !first_ended)) return std::nullopt;
    started.push_back(started.size());
    return Job{.id = started.back()};
  };
  events.work = [](std::size_t, const Tell&) { return ""; };
  events.done = [&](std::size_t id, const JobResult&) { first_ended = first_ended || id == 0; };
  ProcessPool(options_of(8), events).run();
  CHECK(started == std::vector<std::size_t>{0, 1});
}

TEST_CASE("sweep: an interrupt ends all children at once") {
  std::atomic<bool> interrupted{false};
  Descendants children;
  const Work sleeping = [](const Tell& tell) -> std::string {
    tell("here");
    sleep_for_ever();
    return "";
  };
  PoolEvents events = events_of({job_of(sleeping), job_of(sleeping, 1)});
  events.done = [](std::size_t, const JobResult&) { FAIL("no job ends by itself"); };
  int told = 0;
  events.told = [&](std::size_t, std::string_view) { interrupted = ++told == 2; };
  events.interrupted = &interrupted;
  CHECK_THROWS_AS(ProcessPool(options_of(2), events).run(), Interrupted);
  CHECK(told == 2);
  CHECK(children.gone_within(5000));
}

TEST_CASE("sweep: no child is left when an event throws") {
  Descendants children;
  const Work sleeping = [](const Tell&) -> std::string {
    sleep_for_ever();
    return "";
  };
  PoolEvents events = events_of({job_of(sleeping, 1), job_of([](const Tell&) { return ""; })});
  events.done = [](std::size_t, const JobResult&) { throw RunError("the store is full"); };
  CHECK_THROWS_AS(ProcessPool(options_of(2), events).run(), RunError);
  CHECK(children.gone_within(5000));
}

TEST_CASE("sweep: children end with a parent that is killed") {
  Descendants all;
  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const Work sleeping = [](const Tell& tell) -> std::string {
      tell("");
      sleep_for_ever();
      return "";
    };
    PoolEvents events = events_of({job_of(sleeping), job_of(sleeping, 1)});
    events.done = [](std::size_t, const JobResult&) {};
    events.told = [&](std::size_t, std::string_view) { static_cast<void>(!::write(ready[1], "x", 1)); };
    ProcessPool(options_of(2), events).run();
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
  const Work sleeping = [](const Tell&) -> std::string {
    std::vector<char> memory(60 * kMebibyte, 'x');
    sleep_for_ever();
    return std::string(memory.begin(), memory.begin() + 1);
  };
  PoolEvents events = events_of({job_of(sleeping, 5)});
  ProcessPool* pool = nullptr;
  events.done = [&](std::size_t, const JobResult&) { ++results; };
  events.tick = [&] {
    const std::vector<RunningJob> running = pool->running();
    REQUIRE(running.size() == 1);
    CHECK(running.front().id == 5);
    if (running.front().memory > 60 * kMebibyte) pool->abandon(5);
  };
  ProcessPool the_pool(options_of(1), events);
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

Work says_number(std::size_t id) {
  return [id](const Tell&) { return std::to_string(id); };
}

/// The number of the process that ran it.
Work says_process() {
  return [](const Tell&) { return std::to_string(::getpid()); };
}

std::vector<TestJob> jobs_of(std::size_t count, const std::function<Work(std::size_t id)>& work) {
  std::vector<TestJob> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(job_of(work(i), i));
  return out;
}
std::vector<TestJob> jobs_that_say_process(std::size_t count) {
  return jobs_of(count, [](std::size_t) { return says_process(); });
}

std::set<std::string> bytes_of(const Results& results) {
  std::set<std::string> out;
  for (const auto& [id, result] : results) out.insert(result.bytes);
  return out;
}

TEST_CASE("sweep: a process takes jobs until its time is over, and their results are each their own") {
  std::vector<TestJob> jobs = jobs_that_say_process(20);
  CHECK(bytes_of(run_jobs(jobs, options_of(1))).size() == 20);
  CHECK(bytes_of(run_jobs(jobs, options_of(1, 1000))).size() == 1);
  const std::size_t of_two = bytes_of(run_jobs(jobs, options_of(2, 1000))).size();
  CHECK(of_two >= 1);
  CHECK(of_two <= 2);
  CHECK(bytes_of(run_jobs(jobs, options_of(1, 1e-9))).size() == 20);

  jobs.clear();
  for (std::size_t i = 0; i < 6; ++i) {
    const auto says = [i](const Tell& tell) {
      tell(std::to_string(i));
      std::cout << "line of " << i;  // not flushed
      if (i == 2) sleep_milliseconds(300);
      return std::string(i * 100'000, static_cast<char>('a' + i));
    };
    jobs.push_back(job_of(says, i));
  }
  std::vector<std::string> told;
  Results results;
  PoolEvents events = events_of(jobs);
  events.told = [&told](std::size_t id, std::string_view bytes) {
    CHECK(std::to_string(id) == bytes);
    told.emplace_back(bytes);
  };
  events.done = [&results](std::size_t id, JobResult result) { results[id] = std::move(result); };
  ProcessPool(options_of(1, 1000), events).run();
  CHECK(told == std::vector<std::string>{"0", "1", "2", "3", "4", "5"});
  REQUIRE(results.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(results[i].bytes == std::string(i * 100'000, static_cast<char>('a' + i)));
    CHECK(results[i].output == "line of " + std::to_string(i));
    CHECK(results[i].failure == Failure::kNone);
    CHECK((results[i].seconds >= 0.3) == (i == 2));
  }
}

TEST_CASE("sweep: a job that fails where others have run is run again in a process of its own") {
  const SharedNumber attempts;
  const SharedNumber alone;
  std::vector<TestJob> jobs = jobs_that_say_process(8);
  // Whoever comes after another in its process fails: so does the second, but not the second time.
  static bool is_used = false;
  const Work fails_in_used = [&attempts](const Tell&) {
    ++*attempts;
    if (is_used) std::abort();
    return std::string("alone");
  };
  jobs[0].work = [](const Tell&) {
    is_used = true;
    return "first";
  };
  jobs[1].work = fails_in_used;
  jobs[4].work = [&alone](const Tell&) -> std::string {
    ++*alone;
    std::cerr << "attempt";
    throw RunError("always");
  };
  Results results = run_jobs(jobs, options_of(1, 1000));
  REQUIRE(results.size() == jobs.size());
  CHECK(results[0].bytes == "first");
  CHECK(results[1].failure == Failure::kNone);
  CHECK(results[1].bytes == "alone");
  CHECK(*attempts == 2);
  CHECK(results[4].failure == Failure::kRun);
  CHECK(results[4].reason == "always");
  CHECK(results[4].output == "attempt");
  CHECK(*alone == 2);
  for (const std::size_t i : {2U, 3U, 5U, 6U, 7U}) CHECK(results[i].failure == Failure::kNone);
  // The process of one that failed is not used again.
  CHECK(results[5].bytes != results[3].bytes);
  CHECK(results[6].bytes == results[5].bytes);
}

TEST_CASE("sweep: limits hold for each job of a process") {
  const SharedNumber attempts;
  std::vector<TestJob> jobs;
  for (std::size_t i = 0; i < 6; ++i) {
    jobs.push_back(job_of(
        [](const Tell&) {
          sleep_milliseconds(100);
          return "in time";
        },
        i));
    jobs.back().seconds = 0.4;  // together they take longer
  }
  jobs[3].work = [&attempts](const Tell&) -> std::string {
    ++*attempts;
    sleep_for_ever();
    return "";
  };
  Results results = run_jobs(jobs, options_of(1, 1000));
  for (const std::size_t i : {0U, 1U, 2U, 4U, 5U}) CHECK(results[i].bytes == "in time");
  CHECK(results[3].failure == Failure::kTime);
  CHECK(*attempts == 1);

  // Memory that one has had and given back is none of the next.
  jobs.clear();
  jobs.push_back(job_of(says_process(), 0));
  jobs.push_back(job_of(
      [](const Tell&) {
        // In pieces that the allocator keeps.
        const std::vector<std::vector<char>> memory(100, std::vector<char>(kMebibyte, 'x'));
        return std::to_string(::getpid());
      },
      1));
  jobs.push_back(job_of(says_process(), 2));
  results = run_jobs(jobs, options_of(1, 1000));
  CHECK(bytes_of(results).size() == 1);
  CHECK(results[1].peak_memory >= 100 * kMebibyte + results[0].peak_memory / 2);
#ifndef FARFAULT_SANITIZED  // they keep what is freed
  CHECK(results[2].peak_memory < results[1].peak_memory - 50 * kMebibyte);
#endif
}

TEST_CASE("sweep: after renew() jobs know what has changed") {
  int known = 0;
  std::size_t given = 0;
  ProcessPool* pool = nullptr;
  std::vector<std::string> seen;
  PoolEvents events;
  events.next = [&]() -> std::optional<Job> {
    if (given == 6) return std::nullopt;
    if (given == 3) {
      known = 1;
      pool->renew();
    }
    return Job{.id = given++};
  };
  events.work = [&known](std::size_t, const Tell&) { return std::to_string(known) + ' ' + std::to_string(::getpid()); };
  events.done = [&seen](std::size_t, const JobResult& result) { seen.push_back(result.bytes); };
  ProcessPool the_pool(options_of(1, 1000), events);
  pool = &the_pool;
  the_pool.run();
  REQUIRE(seen.size() == 6);
  CHECK(seen[0].starts_with("0 "));
  CHECK(seen[1] == seen[0]);
  CHECK(seen[2] == seen[0]);
  CHECK(seen[3].starts_with("1 "));
  CHECK(seen[4] == seen[3]);
  CHECK(seen[5] == seen[3]);
}

TEST_CASE("sweep: a process that is killed between its jobs, or has no more to do, is no failure") {
  const std::vector<TestJob> jobs = jobs_that_say_process(40);
  Descendants children;
  std::size_t results = 0;
  std::size_t processes = 0;
  std::string last;
  PoolEvents events = events_of(jobs);
  events.done = [&](std::size_t, const JobResult& result) {
    ++results;
    CHECK(result.failure == Failure::kNone);
    if (result.bytes != last) ++processes;
    last = result.bytes;
    if (results % 10 == 0) ::kill(std::stoi(last), SIGKILL);  // it is idle, and may still be there when it is given one
  };
  ProcessPool(options_of(1, 1000), events).run();
  CHECK(results == 40);
  CHECK(processes >= 4);
  CHECK(children.gone_within(5000));
}

TEST_CASE("sweep: jobs that processes have in hand are not lost, nor held up by one that takes long") {
  constexpr std::size_t kJobs = 60;
  constexpr std::size_t kSlow = 20;
  constexpr std::size_t kCrashes = 40;
  const SharedNumber crashes;
  std::vector<TestJob> jobs = jobs_of(kJobs, says_number);
  // Until all the others but the last have ended, as far as it knows.
  const SharedNumber others;
  jobs[kSlow].work = [&others](const Tell&) {
    for (int waits = 0; waits < 3000 && *others < static_cast<int>(kJobs) - 1; ++waits) sleep_milliseconds(10);
    return std::string("slow");
  };
  jobs[kCrashes].work = [&crashes](const Tell&) -> std::string {
    ++*crashes;
    std::abort();
  };
  Descendants children;
  std::vector<std::size_t> order;
  std::map<std::size_t, JobResult> results;
  PoolEvents events = events_of(jobs);
  events.done = [&](std::size_t id, JobResult result) {
    ++*others;
    order.push_back(id);
    CHECK(results.emplace(id, std::move(result)).second);
  };
  ProcessPool(options_of(2, 1000), std::move(events)).run();
  REQUIRE(results.size() == kJobs);
  CHECK(order.back() == kSlow);
  for (const auto& [id, result] : results) {
    CAPTURE(id);
    CHECK(result.failure == (id == kCrashes ? Failure::kCrash : Failure::kNone));
    CHECK(result.bytes == (id == kCrashes ? "" : id == kSlow ? "slow" : std::to_string(id)));
  }
  CHECK(*crashes == 2);
  CHECK(children.gone_within(5000));
}

TEST_CASE("sweep: what a job writes is its own, also where the next is in hand") {
  std::vector<TestJob> jobs;
  for (std::size_t i = 0; i < 40; ++i) {
    const auto says = [i](const Tell&) {
      if (i % 3 == 0) std::cout << "line of " << i << std::string(i * 400, '.') << "end";
      return std::string();
    };
    jobs.push_back(job_of(says, i));
  }
  const Results results = run_jobs(jobs, options_of(2, 1000));
  REQUIRE(results.size() == jobs.size());
  for (const auto& [id, result] : results) {
    CAPTURE(id);
    std::string expected;
    if (id % 3 == 0) expected = "line of " + std::to_string(id) + std::string(id * 400, '.') + "end";
    if (expected.size() > kKeptOutput) expected.erase(0, expected.size() - kKeptOutput);
    CHECK(result.output == expected);
  }
}

TEST_CASE("sweep: of a process whose job is abandoned, the job in hand runs elsewhere") {
  ProcessPool* pool = nullptr;
  std::vector<TestJob> jobs = jobs_of(30, says_number);
  jobs[9].work = [](const Tell&) -> std::string {
    sleep_for_ever();
    return "";
  };
  PoolEvents events = events_of(jobs);
  std::set<std::size_t> done;
  bool is_abandoned = false;
  events.done = [&](std::size_t id, const JobResult& result) {
    CHECK(done.insert(id).second);
    CHECK(result.bytes == std::to_string(id));
  };
  events.tick = [&] {
    if (done.size() < 5 || is_abandoned) return;
    for (const RunningJob& job : pool->running()) is_abandoned = is_abandoned || job.id == 9;
    if (is_abandoned) pool->abandon(9);
  };
  ProcessPool the_pool(options_of(2, 1000), std::move(events));
  pool = &the_pool;
  the_pool.run();
  CHECK(is_abandoned);
  CHECK(done.size() == 29);
  CHECK(!done.contains(9));
}

}  // namespace process_pool_test
}  // namespace farfault::sweep
