#include "models/kernel/kernel.h"

#include <algorithm>
#include <utility>

namespace farfault {
namespace {

std::uint64_t in_picoseconds(SimTime time) {
  return static_cast<std::uint64_t>(std::max(time, SimTime()).picoseconds());
}

}  // namespace

std::string_view op_name(KernelOp op) {
  constexpr std::array<std::string_view, kKernelOpCount> kNames = {
      "gup", "gup_fast", "pin", "unpin", "fork", "cow", "unmap", "split", "retry", "free", "pmem_gup"};
  return kNames[static_cast<std::size_t>(op)];
}

Kernel::Kernel(engine::Engine& engine, const KernelSpec& spec, const DesignSpec& design_spec,
               std::unique_ptr<KernelDesign> design, Bytes system_memory, std::span<const Bytes> device_memory)
    : spec_(spec),
      design_spec_(design_spec),
      setup_(spec, system_memory),
      design_(std::move(design)),
      rules_(design_->rules()),
      mirrors_(device_memory.size()),
      mmap_lock_(engine) {
  added_ = add_memory(setup_, *design_, device_memory);
  setup_tree_cost_ = design_->tree_cost();
}

SimTime Kernel::look_up(LookupReason reason, DeviceId device, std::uint64_t first_frame, std::uint64_t entries) {
  if (entries == 0) return SimTime::zero();
  const std::uint64_t before = design_->tree_cost().lookups;
  const SimTime time = design_->look_up(reason, device, first_frame, entries);
  lookups_[static_cast<std::size_t>(reason)] += design_->tree_cost().lookups - before;
  return time;
}

SimTime Kernel::migrate(Direction direction, MigrateRequest request, std::uint64_t private_entries, DeviceId device,
                        std::uint64_t first_frame) {
  request.cpus = cpus_;
  request.mirrors = mirrors_;
  request.lookups += look_up(LookupReason::kCollect, device, first_frame, private_entries);
  const MigrateSteps& steps = direction == Direction::kToDevice ? design_spec_.to_device : design_spec_.to_host;
  const StepTimes times = price(steps, design_spec_.tlb_flush, spec_, request);
  MigrateCounter& counter = migrations_[static_cast<std::size_t>(direction)];
  ++counter.calls;
  counter.pages += request.pages;
  counter.folios += request.folios;
  counter.times += times;
  for (std::size_t i = 0; i < kMigrateStepCount; ++i) counter.latency[i].add(in_picoseconds(times.step[i]));
  return times.total();
}

SimTime Kernel::invalidate(std::uint64_t invalidated) const {
  return notifier_time(spec_.notifier, mirrors_, invalidated) + shootdown_time(spec_.shootdown, cpus_);
}

void Kernel::count(KernelOp op, std::uint64_t pages, SimTime time, SimTime latency) {
  OpCounter& counter = ops_[static_cast<std::size_t>(op)];
  ++counter.calls;
  counter.pages += pages;
  counter.time += time;
  counter.latency.add(in_picoseconds(latency));
}

SimTime Kernel::pmem_gup(std::uint64_t first_page, std::uint64_t pages) {
  const SimTime time = spec_.gup.call.value + spec_.gup.page.value * pages + design_->hold_pmem(first_page, pages) +
                       spec_.gup.put_page.value * pages;
  count(KernelOp::kPmemGup, pages, time);
  return time;
}

}  // namespace farfault
