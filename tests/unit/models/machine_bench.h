/// A small machine with round numbers, and actors that use it as streams and threads would: for tests of the driver.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/kernel/design_registry.h"
#include "models/machine.h"
#include "models/policies/eviction/fifo.h"
#include "models/policies/eviction/lru.h"
#include "models/policies/placement/migrate_on_fault.h"
#include "models/policies/placement/remote_map.h"
#include "models/policies/prefetch/block64k.h"
#include "models/policies/prefetch/none.h"
#include "models/policies/prefetch/tree.h"
#include "models/policies/thrashing/none.h"
#include "sim/core/error.h"
#include "sim/engine/engine.h"

namespace farfault::testing {

inline SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

// What one fault takes in round_platform(), in ns: to the worker, the batch, a page, and its copy of set-up and 4 KiB.
inline constexpr std::int64_t kInterrupt = 1'000'000;
inline constexpr std::int64_t kBatch = 100'000;
inline constexpr std::int64_t kPage = 10;
inline constexpr std::int64_t kSetup = 100;
inline constexpr std::int64_t kCopy = 1024;

/// Managed memory, one device with plenty of memory behind a link of 4 GB/s: 4 KiB take 1024 ns. All prices differ, so
/// that a sum tells what is in it.
inline PlatformSpec round_platform(std::size_t devices = 1) {
  PlatformSpec platform;
  platform.host.memory.capacity.value = Bytes::gib(1);
  platform.host.memory.bandwidth.value = Bandwidth::unlimited();
  platform.host.minor_fault.value = ns(700);
  platform.host.migrate_fault.value = ns(2000);
  platform.host.page_table.walk_level.value = ns(20);
  platform.links.clear();
  platform.devices.clear();
  for (std::size_t i = 0; i < devices; ++i) {
    LinkSpec link;
    link.name = "link" + std::to_string(i);
    link.kind = LinkKind::kFixed;
    link.bandwidth.value = Bandwidth::gigabytes_per_second(4);
    link.dma.to_device.piece_setup.value = ns(kSetup);
    link.dma.to_host.piece_setup.value = ns(kSetup);
    platform.links.push_back(link);
    DeviceSpec device;
    device.name = "gpu" + std::to_string(i);
    device.link = link.name;
    device.memory.capacity.value = Bytes::mib(64);
    device.memory.bandwidth.value = Bandwidth::unlimited();
    device.page_table.large_leaf_bytes = Bytes(256);
    platform.devices.push_back(device);
  }
  DriverSpec& driver = platform.driver;
  driver.memory = MemoryBack::kManaged;
  driver.replay = ReplayPolicy::kBatchFlush;
  driver.interrupt_latency.value = ns(kInterrupt);
  driver.batch_time.value = ns(kBatch);
  driver.fault_time.value = ns(0);
  driver.block_time.value = ns(0);
  driver.new_block_time.value = ns(0);
  driver.page_time.value = ns(kPage);
  driver.page_time_hmm.value = ns(3);
  driver.service_time.value = ns(0);
  driver.replay_time.value = ns(0);
  driver.eviction_time.value = ns(0);
  driver.cpu_fault_granularity.value = kPageSize;
  return platform;
}

/// A kernel whose operations take no time; tests price what they are about.
inline KernelSpec free_kernel() {
  KernelSpec kernel;
  for (Sourced<SimTime>* price : {&kernel.hotplug_section,  &kernel.linear_map_entry, &kernel.split_folio,
                                  &kernel.page_free,        &kernel.gup.call,         &kernel.gup.page,
                                  &kernel.gup.fast_page,    &kernel.gup.put_page,     &kernel.gup.pgmap_reference,
                                  &kernel.fork.call,        &kernel.fork.page,        &kernel.fork.cow_fault,
                                  &kernel.fork.reuse_fault, &kernel.unmap.call,       &kernel.unmap.page,
                                  &kernel.notifier.mirror,  &kernel.notifier.device,  &kernel.notifier.retry,
                                  &kernel.shootdown.call,   &kernel.shootdown.cpu}) {
    price->value = SimTime::zero();
  }
  return kernel;
}

/// What a bench is built from; tests change what they are about.
struct BenchSpec {
  PlatformSpec platform = round_platform();
  KernelSpec kernel = free_kernel();
  DesignSpec design;
  InitialContents initial = InitialContents::kHostMemory;
  std::vector<Bytes> capacity;  ///< as the platform's if empty
  std::function<std::unique_ptr<PlacementPolicy>()> placement = make_migrate_on_fault;
  std::function<std::unique_ptr<Prefetcher>()> prefetch = make_no_prefetch;
  std::function<std::unique_ptr<EvictionPolicy>()> eviction = [] { return make_fifo(kPageSize); };
  std::function<std::unique_ptr<ThrashingGuard>()> thrashing = make_no_thrashing_guard;

  DriverSpec& driver() { return platform.driver; }
};

/// One engine and one machine.
class Bench {
 public:
  explicit Bench(const BenchSpec& spec) {
    MachinePolicies policies;
    policies.placement = spec.placement();
    policies.prefetch = spec.prefetch();
    policies.thrashing = spec.thrashing();
    policies.make_eviction = [make = spec.eviction](DeviceId) { return make(); };
    MachineOptions options;
    options.initial = spec.initial;
    options.device_capacity = spec.capacity;
    for (std::size_t i = options.device_capacity.size(); i < spec.platform.devices.size(); ++i) {
      options.device_capacity.push_back(spec.platform.devices[i].memory.capacity.value);
    }
    options.kernel = spec.kernel;
    options.design = spec.design;
    std::unique_ptr<KernelDesign> design;
    if (spec.platform.driver.memory == MemoryBack::kHmm) {
      Registry<DesignInfo> designs;
      register_designs(designs);
      design = designs.find(spec.design.kind)->make(spec.design);
    }
    machine_ = std::make_unique<Machine>(engine, spec.platform, std::move(policies), std::move(design), options);
  }

  engine::Engine engine;

  Machine& machine() { return *machine_; }
  MemoryManager& memory() { return machine_->memory(); }
  Device& device(std::uint32_t id = 0) { return machine_->device(DeviceId(id)); }
  DeviceCounters& counters(std::uint32_t id = 0) { return device(id).counters(); }
  BlockState& block(std::uint64_t number) { return memory().residency().block(slot(number)); }
  DeviceBlock& on_device(std::uint64_t number, std::uint32_t id = 0) {
    return memory().residency().device(DeviceId(id), slot(number));
  }
  AccessMasks& masks(std::size_t processor, std::uint64_t number) {
    return memory().residency().masks(processor, slot(number));
  }
  BlockSlot slot(std::uint64_t number) { return memory().residency().slot(BlockNumber(number)); }
  std::uint64_t traffic(LinkDirection direction, Cause cause, std::size_t link = 0) {
    return machine_->links()[link]->traffic(direction).of(cause).count();
  }
  std::int64_t now_ns() { return engine.now().picoseconds() / 1000; }

  /// Raises faults on pages of a block at once, without anyone who waits for them.
  void raise(std::uint64_t number, std::initializer_list<unsigned> pages, std::uint32_t id = 0) {
    for (const unsigned page : pages) {
      Fault fault;
      fault.block = slot(number);
      fault.page = static_cast<std::uint16_t>(page);
      fault.raised = engine.now();
      if (!device(id).join(0, fault.block, page)) (void)device(id).raise(fault);
    }
  }

  /// Accesses a page as a stream does: faults and waits for replays until it goes through. Returns how many replays
  /// that took.
  unsigned access(std::uint64_t number, unsigned page, bool write = false, std::uint32_t id = 0,
                  std::uint32_t micro_tlb = 0) {
    unsigned replays = 0;
    while (memory().device_access(DeviceId(id), slot(number), page, write) == AccessOutcome::kFault) {
      const std::uint64_t epoch = device(id).replay_epoch();
      Fault fault;
      fault.block = slot(number);
      fault.page = static_cast<std::uint16_t>(page);
      fault.write = write;
      fault.micro_tlb = micro_tlb;
      fault.raised = engine.now();
      if (!device(id).join(micro_tlb, fault.block, page)) (void)device(id).raise(fault);
      while (device(id).replay_epoch() == epoch) device(id).replayed().wait();
      if (++replays > 100'000) throw RunError("a page does not come");
    }
    if (device(id).eviction().touch_need() != TouchNeed::kNone) {
      const auto pages = static_cast<std::uint32_t>(device(id).eviction().granularity() / kPageSize);
      const ChunkId chunk(slot(number).value() * (kPagesPerBlock / pages) + page / pages);
      device(id).eviction().on_touches(std::span(&chunk, 1), engine.now());
    }
    return replays;
  }

  /// Runs `body` as the only actor beside the drivers, waits for these, and checks all identities.
  void run(std::function<void()> body) {
    engine.spawn("test", [this, body = std::move(body)] {
      body();
      wait_until_idle();
    });
    engine.run();
    machine_->check();
  }
  void wait_until_idle() {
    for (std::uint32_t id = 0; id < machine_->device_count(); ++id) machine_->driver(DeviceId(id)).wait_until_idle();
  }

 private:
  std::unique_ptr<Machine> machine_;
};

}  // namespace farfault::testing
