#include "models/kernel/migrate_steps.h"

#include <utility>

namespace farfault {

std::string_view step_name(MigrateStep step) {
  constexpr std::array<std::string_view, kMigrateStepCount> kNames = {
      "setup", "notifier", "collect", "flush", "unmap", "allocate", "dma_map", "install", "finalize"};
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

SimTime shootdown_time(const ShootdownSpec& spec, std::uint64_t cpus) {
  return cpus <= 1 ? SimTime::zero() : spec.call.value + spec.cpu.value * (cpus - 1);
}

SimTime notifier_time(const NotifierSpec& spec, std::uint64_t mirrors, std::uint64_t invalidated) {
  return spec.mirror.value * mirrors + spec.device.value * invalidated;
}

StepTimes price(const MigrateSteps& steps, TlbFlush flush, const KernelSpec& kernel, const MigrateRequest& request) {
  const std::array<std::pair<MigrateStep, const StepCost*>, 7> costs = {{{MigrateStep::kSetup, &steps.setup},
                                                                         {MigrateStep::kCollect, &steps.collect},
                                                                         {MigrateStep::kUnmap, &steps.unmap},
                                                                         {MigrateStep::kAllocate, &steps.allocate},
                                                                         {MigrateStep::kDmaMap, &steps.dma_map},
                                                                         {MigrateStep::kInstall, &steps.install},
                                                                         {MigrateStep::kFinalize, &steps.finalize}}};
  StepTimes times;
  for (const auto& [step, cost] : costs) {
    times.at(step) = cost->call.value + cost->folio.value * request.folios + cost->page.value * request.pages;
  }
  times.at(MigrateStep::kCollect) += request.lookups;
  times.at(MigrateStep::kNotifier) = notifier_time(kernel.notifier, request.mirrors, request.invalidated);
  const std::uint64_t flushes = flush == TlbFlush::kPage ? request.folios : 1;
  times.at(MigrateStep::kFlush) = shootdown_time(kernel.shootdown, request.cpus) * flushes;
  return times;
}

}  // namespace farfault
