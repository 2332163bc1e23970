/// Parameters of a device with private memory.
#pragma once

#include <cstdint>
#include <string>

#include "models/cache/llc_spec.h"
#include "models/memory/memory_spec.h"
#include "models/pagetable/page_table_spec.h"
#include "models/tlb/tlb_spec.h"

namespace farfault {

struct DeviceSpec {
  std::string name = "gpu0";  ///< unique in a platform; "to" of an assignment
  std::string link = "pcie";  ///< name of the link that joins it to the host
  MemorySpec memory;
  Sourced<Bytes> sector_size{Bytes(32)};                       ///< unit of memory traffic; a power of two
  Sourced<std::uint64_t> coalescing_window{64};                ///< sectors within which accesses of a stream merge; 2^n
  Sourced<SimTime> instruction_time{SimTime::picoseconds(1)};  ///< per instruction of a compute gap, all lanes busy
  Sourced<SimTime> access_time{SimTime::picoseconds(2)};       ///< per access, issue-bound
  Sourced<std::uint64_t> parked_accesses{8192};                ///< accesses of a stream that may wait for faults while
                                                               ///< others go on (warps in flight x 32); >= 1
  Sourced<std::uint64_t> micro_tlbs{40};                       ///< streams share them round-robin; >= 1
  Sourced<std::uint64_t> micro_tlb_run{0};                     ///< consecutive accesses of a stream that go to one
                                                               ///< micro-TLB before the next; 0: a stream has one
  Sourced<std::uint64_t> fault_slots{56};                      ///< outstanding faults per micro-TLB; >= 1
  Sourced<std::uint64_t> multiprocessors{1};                   ///< of a micro-TLB, which takes their accesses in turn
  Sourced<bool> merges_faults{true};                           ///< of one micro-TLB on one page
  Sourced<SimTime> fault_interval{SimTime::zero()};            ///< between faults that one micro-TLB raises
  Sourced<SimTime> fault_spread{SimTime::zero()};              ///< within which micro-TLBs begin to raise, each at a
                                                               ///< date of its own, after a replay
  Sourced<std::uint64_t> fault_buffer{4096};                   ///< entries; >= 1
  Sourced<SimTime> launch_latency{SimTime::zero()};            ///< from the launch's turn to the kernel's begin
  PageTableSpec page_table;
  TlbSpec tlb = device_tlb();   ///< replay.detail tlb and cache
  LlcSpec cache = device_l2();  ///< shared by all streams; replay.detail cache
  bool operator==(const DeviceSpec&) const = default;
};

}  // namespace farfault
