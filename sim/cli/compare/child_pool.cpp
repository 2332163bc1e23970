#include "sim/cli/compare/child_pool.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/cli/interrupt.h"
#include "sim/cli/terminal.h"
#include "sim/core/error.h"
#include "sim/sweep/process_pool.h"

namespace farfault::cli {
namespace {

std::string as_bytes(const RunProgress& progress) {
  const std::array<std::uint64_t, 3> numbers = {static_cast<std::uint64_t>(progress.phase), progress.accesses,
                                                progress.total_accesses};
  return {reinterpret_cast<const char*>(numbers.data()), sizeof numbers};
}

RunProgress progress_of(std::string_view bytes) {
  std::array<std::uint64_t, 3> numbers{};
  std::memcpy(numbers.data(), bytes.data(), std::min(bytes.size(), sizeof numbers));
  return {static_cast<RunProgress::Phase>(numbers[0]), numbers[1], numbers[2]};
}

/// Each text after its length.
std::string as_bytes(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    const std::uint64_t size = text.size();
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += text;
  }
  return out;
}

std::vector<std::string> texts_of(std::string_view bytes) {
  std::vector<std::string> out;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    out.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(out.back().size());
  }
  return out;
}

/// The jobs as the pool's, and how far they are.
class ChildRuns {
 public:
  ChildRuns(const std::vector<ChildJob>& jobs, Verbosity verbosity, const std::string& activity)
      : jobs_(jobs), progress_(verbosity, activity) {}

  std::optional<sweep::Job> next() {
    if (next_ == jobs_.size()) return std::nullopt;
    running_[next_] = {};
    return sweep::Job{.id = next_++};
  }

  /// In a child.
  std::string work(std::size_t job, const sweep::Tell& tell) const {
    return as_bytes(jobs_[job].work([&tell](const RunProgress& at) { tell(as_bytes(at)); }));
  }

  void told(std::size_t job, std::string_view bytes) {
    running_[job] = progress_of(bytes);
    show();
  }

  void ended(std::size_t job) {
    accesses_done_ += running_[job].accesses;
    running_.erase(job);
    show();
  }

  /// Of all that run or have run; how many that will be nobody knows before the last begins.
  void show() {
    RunProgress sum;
    sum.accesses = accesses_done_;
    sum.total_accesses = next_ == jobs_.size() ? accesses_done_ : 0;
    for (const auto& [job, progress] : running_) {
      sum.accesses += progress.accesses;
      if (progress.total_accesses == 0) sum.total_accesses = 0;
      if (sum.total_accesses != 0) sum.total_accesses += progress.total_accesses;
    }
    progress_.update(sum);
  }

 private:
  const std::vector<ChildJob>& jobs_;
  Progress progress_;
  std::size_t next_ = 0;
  std::uint64_t accesses_done_ = 0;
  std::map<std::size_t, RunProgress> running_;
};

}  // namespace

void run_in_children(const std::vector<ChildJob>& jobs, std::size_t most_at_once, Verbosity verbosity,
                     const std::function<void(std::size_t, ChildResult)>& done, const std::string& activity) {
  ChildRuns runs(jobs, verbosity, activity);
  sweep::PoolEvents events;
  events.work = [&runs](std::size_t job, const sweep::Tell& tell) { return runs.work(job, tell); };
  events.next = [&runs] { return runs.next(); };
  events.done = [&](std::size_t job, sweep::JobResult result) {
    runs.ended(job);
    done(job, {texts_of(result.bytes), std::move(result.reason)});
  };
  events.told = [&runs](std::size_t job, std::string_view bytes) { runs.told(job, bytes); };
  events.tick = [&runs] { runs.show(); };
  events.interrupted = &InterruptGuard::flag();
  sweep::ProcessPool({.most_at_once = most_at_once}, std::move(events)).run();
}

}  // namespace farfault::cli
