#include "models/kernel/migrate_steps.h"

#include <doctest/doctest.h>

namespace farfault {
namespace migrate_steps_test {

SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

StepCost cost(std::int64_t call_ns, std::int64_t folio_ns, std::int64_t page_ns) {
  StepCost c;
  c.call.value = ns(call_ns);
  c.folio.value = ns(folio_ns);
  c.page.value = ns(page_ns);
  return c;
}

/// Prices that all differ, so that a sum tells what is in it.
MigrateSteps some_steps() {
  MigrateSteps steps;
  steps.setup = cost(100, 0, 0);
  steps.collect = cost(20, 0, 3);
  steps.unmap = cost(0, 0, 5);
  steps.allocate = cost(7, 0, 11);
  steps.dma_map = cost(0, 0, 13);
  steps.install = cost(17, 0, 0);
  steps.finalize = cost(1, 0, 2);
  return steps;
}

/// Notifiers and flushes cost nothing.
KernelSpec quiet_kernel() {
  KernelSpec kernel;
  for (Sourced<SimTime>* price :
       {&kernel.notifier.mirror, &kernel.notifier.device, &kernel.shootdown.call, &kernel.shootdown.cpu}) {
    price->value = SimTime::zero();
  }
  return kernel;
}

StepTimes price_of(const MigrateSteps& steps, std::uint64_t pages, std::uint64_t folios) {
  MigrateRequest request;
  request.pages = pages;
  request.folios = folios;
  return price(steps, TlbFlush::kRange, quiet_kernel(), request);
}

TEST_CASE("kernel: the price of a migrate call is calls plus pages step by step") {
  const StepTimes times = price_of(some_steps(), 10, 10);
  CHECK(times.at(MigrateStep::kSetup) == ns(100));
  CHECK(times.at(MigrateStep::kNotifier) == ns(0));
  CHECK(times.at(MigrateStep::kCollect) == ns(50));
  CHECK(times.at(MigrateStep::kFlush) == ns(0));
  CHECK(times.at(MigrateStep::kUnmap) == ns(50));
  CHECK(times.at(MigrateStep::kAllocate) == ns(117));
  CHECK(times.at(MigrateStep::kDmaMap) == ns(130));
  CHECK(times.at(MigrateStep::kInstall) == ns(17));
  CHECK(times.at(MigrateStep::kFinalize) == ns(21));
  CHECK(times.total() == ns(485));
  CHECK(price_of(some_steps(), 0, 0).total() == ns(145));

  StepTimes twice = times;
  twice += times;
  CHECK(twice.total() == ns(970));
  CHECK(twice.at(MigrateStep::kAllocate) == ns(234));
}

TEST_CASE("kernel: each step has a price by folio beside those by call and by page") {
  MigrateSteps steps;
  StepCost* const each[] = {&steps.setup,   &steps.collect, &steps.unmap,   &steps.allocate,
                            &steps.dma_map, &steps.install, &steps.finalize};
  const MigrateStep names[] = {MigrateStep::kSetup,    MigrateStep::kCollect, MigrateStep::kUnmap,
                               MigrateStep::kAllocate, MigrateStep::kDmaMap,  MigrateStep::kInstall,
                               MigrateStep::kFinalize};
  for (int i = 0; i < 7; ++i) *each[i] = cost(1'000'000 * (i + 1), 1000 * (i + 1), i + 1);
  const StepTimes folio = price_of(steps, 512, 1);
  const StepTimes pages = price_of(steps, 512, 512);
  for (int i = 0; i < 7; ++i) {
    CHECK(folio.at(names[i]) == ns((i + 1) * (1'000'000 + 1000 + 512)));
    CHECK(pages.at(names[i]) == ns((i + 1) * (1'000'000 + 512'000 + 512)));
  }
  CHECK(folio.total() == ns(28 * 1'001'512));
}

TEST_CASE("kernel: a flush goes to every other CPU once a call or once a folio") {
  KernelSpec kernel = quiet_kernel();
  kernel.shootdown.call.value = ns(1000);
  kernel.shootdown.cpu.value = ns(200);
  MigrateRequest request;
  request.pages = 512;
  request.folios = 8;
  const auto flush = [&](TlbFlush how, std::uint64_t cpus) {
    request.cpus = cpus;
    const StepTimes times = price(MigrateSteps{}, how, kernel, request);
    CHECK(times.total() == times.at(MigrateStep::kFlush));
    return times.total();
  };
  CHECK(flush(TlbFlush::kRange, 0) == ns(0));
  CHECK(flush(TlbFlush::kRange, 1) == ns(0));  // that of the CPU at work is in the steps' prices
  CHECK(flush(TlbFlush::kPage, 1) == ns(0));
  CHECK(flush(TlbFlush::kRange, 2) == ns(1200));
  CHECK(flush(TlbFlush::kPage, 2) == ns(8 * 1200));
  CHECK(flush(TlbFlush::kRange, 64) == ns(1000 + 63 * 200));
  CHECK(flush(TlbFlush::kPage, 64) == ns(8 * (1000 + 63 * 200)));
  CHECK(shootdown_time(kernel.shootdown, 64) == ns(13'600));
}

TEST_CASE("kernel: a notifier tells each mirror and costs more where mappings must go") {
  KernelSpec kernel = quiet_kernel();
  kernel.notifier.mirror.value = ns(200);
  kernel.notifier.device.value = ns(1000);
  MigrateRequest request;
  request.pages = 3;
  request.folios = 3;
  const auto notified = [&](std::uint64_t mirrors, std::uint64_t invalidated) {
    request.mirrors = mirrors;
    request.invalidated = invalidated;
    const StepTimes times = price(MigrateSteps{}, TlbFlush::kRange, kernel, request);
    CHECK(times.total() == times.at(MigrateStep::kNotifier));
    return times.total();
  };
  CHECK(notified(0, 0) == ns(0));
  CHECK(notified(1, 0) == ns(200));
  CHECK(notified(8, 0) == ns(1600));
  CHECK(notified(8, 3) == ns(4600));
  CHECK(notifier_time(kernel.notifier, 8, 3) == ns(4600));
}

TEST_CASE("kernel: what a walk finds in device memory is looked up in collect") {
  MigrateRequest request;
  request.pages = 10;
  request.folios = 10;
  request.lookups = ns(900);
  const StepTimes times = price(some_steps(), TlbFlush::kRange, quiet_kernel(), request);
  CHECK(times.at(MigrateStep::kCollect) == ns(950));
  CHECK(times.total() == ns(485 + 900));
}

TEST_CASE("kernel: steps have their names in their order") {
  CHECK(step_name(MigrateStep::kSetup) == "setup");
  CHECK(step_name(MigrateStep::kNotifier) == "notifier");
  CHECK(step_name(MigrateStep::kCollect) == "collect");
  CHECK(step_name(MigrateStep::kFlush) == "flush");
  CHECK(step_name(MigrateStep::kUnmap) == "unmap");
  CHECK(step_name(MigrateStep::kAllocate) == "allocate");
  CHECK(step_name(MigrateStep::kDmaMap) == "dma_map");
  CHECK(step_name(MigrateStep::kInstall) == "install");
  CHECK(step_name(MigrateStep::kFinalize) == "finalize");
}

}  // namespace migrate_steps_test
}  // namespace farfault
