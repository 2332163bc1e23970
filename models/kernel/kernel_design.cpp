#include "models/kernel/kernel_design.h"

namespace farfault {

std::string_view step_name(MigrateStep step) {
  constexpr std::array<std::string_view, kMigrateStepCount> kNames = {"setup",   "collect", "unmap",   "allocate",
                                                                      "dma_map", "install", "finalize"};
  return kNames[static_cast<std::size_t>(step)];
}

SimTime StepTimes::total() const {
  SimTime sum;
  for (const SimTime t : step) sum += t;
  return sum;
}

StepTimes& StepTimes::operator+=(const StepTimes& other) {
  for (std::size_t i = 0; i < step.size(); ++i) step[i] += other.step[i];
  return *this;
}

StepTimes price(const MigrateSteps& steps, std::uint64_t pages) {
  const std::array<const StepCost*, kMigrateStepCount> costs = {
      &steps.setup, &steps.collect, &steps.unmap, &steps.allocate, &steps.dma_map, &steps.install, &steps.finalize};
  StepTimes times;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    times.step[i] = costs[i]->call.value + costs[i]->page.value * pages;
  }
  return times;
}

}  // namespace farfault
