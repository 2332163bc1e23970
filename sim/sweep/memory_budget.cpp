#include "sim/sweep/memory_budget.h"

#include <algorithm>
#include <fstream>
#include <limits>

namespace farfault::sweep {
namespace {

/// Sums of needs that are guesses: no wrap.
std::uint64_t saturated_sum(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return b > most - a ? most : a + b;
}

}  // namespace

std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  std::string unit;
  while (file >> name >> kibibytes && std::getline(file, unit)) {
    if (name == "MemAvailable:") return kibibytes * 1024;
  }
  return 0;
}

std::uint64_t MemoryBudget::need(const std::string& workload, std::uint64_t guess) const {
  const auto peak = peaks_.find(workload);
  return peak == peaks_.end() ? guess : saturated_sum(peak->second, peak->second / 4);
}

void MemoryBudget::saw(const std::string& workload, std::uint64_t bytes) {
  std::uint64_t& peak = peaks_[workload];
  peak = std::max(peak, bytes);
}

bool MemoryBudget::fits(std::uint64_t need) const {
  if (running_.empty()) return true;
  std::uint64_t sum = saturated_sum(held_, need);
  for (const Running& job : running_) sum = saturated_sum(sum, job.need);
  return sum <= bytes_;
}

void MemoryBudget::end(std::size_t id) {
  std::erase_if(running_, [id](const Running& job) { return job.id == id; });
}

void MemoryBudget::takes(std::size_t id, std::uint64_t bytes) {
  for (Running& job : running_) {
    if (job.id != id) continue;
    job.takes = bytes;
    job.need = std::max(job.need, bytes);
  }
}

std::optional<std::size_t> MemoryBudget::one_too_many() const {
  if (running_.size() < 2) return std::nullopt;
  std::uint64_t sum = held_;
  for (const Running& job : running_) sum = saturated_sum(sum, job.takes);
  return sum > bytes_ ? std::optional(running_.back().id) : std::nullopt;
}

}  // namespace farfault::sweep
