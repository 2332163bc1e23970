/// Whole simulations, timed, for benchmarks.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include "sim/config/catalogue.h"
#include "sim/config/run_spec.h"
#include "sim/replay/simulation.h"
#include "traces/reader.h"

namespace farfault::bench {

/// A source that others keep.
class SharedSource final : public traces::Source {
 public:
  explicit SharedSource(std::shared_ptr<const traces::Source> source) : source_(std::move(source)) {}
  std::unique_ptr<traces::Reader> open() const override { return source_->open(); }
  std::string description() const override { return source_->description(); }

 private:
  std::shared_ptr<const traces::Source> source_;
};

struct Measured {
  double thread_seconds = 0;
  double wall_seconds = 0;
  double accesses = 0;
  double faults = 0;
};

inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// `timeline`: with the series and the heat map that `farfault run` collects.
inline Measured measure(const RunSpec& spec, const Catalogue& catalogue, bool timeline = false) {
  const double thread_before = thread_seconds();
  const auto wall_before = std::chrono::steady_clock::now();
  Timeline series;
  SimulationOptions options;
  if (timeline) options.timeline = &series;
  const RunResult result = simulate(spec, catalogue, options);
  Measured measured;
  measured.thread_seconds = thread_seconds() - thread_before;
  measured.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_before).count();
  measured.accesses = static_cast<double>(result.statistics.integer("accesses.total"));
  measured.faults = static_cast<double>(result.statistics.integer("faults.device.serviced"));
  return measured;
}

inline Measured measure_in_child(const RunSpec& spec, const Catalogue& catalogue, bool timeline = false) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    const Measured measured = measure(spec, catalogue, timeline);
    const bool sent = write(ends[1], &measured, sizeof measured) == static_cast<ssize_t>(sizeof measured);
    _exit(sent ? 0 : 1);
  }
  close(ends[1]);
  Measured measured;
  const bool received = read(ends[0], &measured, sizeof measured) == static_cast<ssize_t>(sizeof measured);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!received) std::abort();
  return measured;
}

}  // namespace farfault::bench
