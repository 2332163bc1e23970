/// The host: its DRAM, its page table, and the pages that it holds.
#pragma once

#include <array>
#include <cstdint>

#include "models/cpu/host_spec.h"
#include "models/pagetable/page_table.h"
#include "sim/engine/engine.h"

namespace farfault {

struct HostCounters {
  std::uint64_t minor_faults = 0;
  std::uint64_t migrate_faults = 0;
};

class Host {
 public:
  Host(engine::Engine& engine, const HostSpec& spec)
      : spec_(spec),
        dram_(engine.add_resource("dram", spec.memory.bandwidth.value)),
        local_(engine.add_channel("host-local", std::array{dram_})),
        inside_(engine.add_channel("host-inside", std::array{dram_, dram_})),
        page_table_(spec.page_table),
        cpus_(engine, static_cast<unsigned>(spec.cpus.value)) {}

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
  HostCounters counters_;
  std::uint64_t held_ = 0;
  std::uint64_t peak_ = 0;
};

}  // namespace farfault
