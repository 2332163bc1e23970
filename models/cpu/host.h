/// The host: its DRAM, its page table, and the pages that it holds.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "models/cache/sector_cache.h"
#include "models/cpu/host_spec.h"
#include "models/memory/loaded_latency.h"
#include "models/pagetable/page_table.h"
#include "models/tlb/tlbs.h"
#include "sim/engine/engine.h"

namespace farfault {

struct HostCounters {
  std::uint64_t minor_faults = 0;
  std::uint64_t migrate_faults = 0;
  std::uint64_t huge_faults = 0;  ///< of the minor ones, those that took 2 MiB
  std::uint64_t shootdowns = 0;   ///< flushes of other CPUs' TLBs
  std::uint64_t ipis = 0;         ///< CPUs that were interrupted for them
};

class Host {
 public:
  Host(engine::Engine& engine, const HostSpec& spec)
      : spec_(spec),
        dram_(engine.add_resource("dram", spec.memory.bandwidth.value)),
        local_(engine.add_channel("host-local", std::array{dram_})),
        inside_(engine.add_channel("host-inside", std::array{dram_, dram_})),
        page_table_(spec.page_table),
        cpus_(engine, static_cast<unsigned>(spec.cpus.value)),
        memory_latency_(latency_at(spec.memory, 0)) {}

  /// For `replay.detail` tlb, and for cache beside it. Called before the run, at most once each.
  void enable_tlbs();
  void enable_cache(engine::Engine& engine);
  /// Null unless enabled.
  Tlbs* tlbs() { return tlbs_.get(); }
  const Tlbs* tlbs() const { return tlbs_.get(); }
  SectorCache* cache() { return cache_.get(); }
  const SectorCache* cache() const { return cache_.get(); }
  /// What all that the cache is asked for takes. REQUIRES: cache().
  const engine::Channel& cache_channel() const { return *cache_channel_; }

  /// A thread of the process has begun to run.
  void add_thread() { ++threads_; }
  /// CPUs that run the address space: its threads so far, at most those that there are. A CPU that a thread has left
  /// stays one of them: the kernel leaves its bit in mm_cpumask until something else runs there.
  std::uint64_t busy_cpus() const;
  /// What it takes to flush the TLBs of so many other CPUs after an unmapping: an interrupt (IPI) to each and the wait
  /// for the last answer. Zero for none. Counts it. For unmappings with managed memory; what the kernel does has
  /// kernel.shootdown.
  SimTime shootdown(std::uint64_t other_cpus);

  /// Latency of DRAM at its load when it was last noted.
  SimTime memory_latency() const { return memory_latency_; }
  void note_load(SimTime now);

  const HostSpec& spec() const { return spec_; }
  const engine::Resource& dram() const { return dram_; }
  /// What host threads' own memory traffic takes.
  const engine::Channel& local() const { return local_; }
  /// A copy from host memory to host memory that the program asks for. Blocks the calling actor.
  void memcpy_inside(Bytes bytes) { inside_.transfer(bytes); }
  PageTable& page_table() { return page_table_; }
  const PageTable& page_table() const { return page_table_; }
  /// Hardware threads; a thread holds one while it runs a quantum.
  engine::Semaphore& cpus() { return cpus_; }
  HostCounters& counters() { return counters_; }
  const HostCounters& counters() const { return counters_; }

  /// Pages in DRAM. Throws InputError if they would be more than there is.
  void hold(std::uint64_t pages);
  void release(std::uint64_t pages) { held_ -= pages; }
  std::uint64_t held() const { return held_; }
  std::uint64_t peak() const { return peak_; }

 private:
  HostSpec spec_;
  engine::Resource dram_;
  engine::Channel local_;
  engine::Channel inside_;
  PageTable page_table_;
  engine::Semaphore cpus_;
  SimTime memory_latency_;
  LoadMeter load_;
  std::unique_ptr<Tlbs> tlbs_;
  std::unique_ptr<SectorCache> cache_;
  std::optional<engine::Channel> cache_channel_;
  std::uint64_t threads_ = 0;
  HostCounters counters_;
  std::uint64_t held_ = 0;
  std::uint64_t peak_ = 0;
};

}  // namespace farfault
