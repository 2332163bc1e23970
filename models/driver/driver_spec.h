/// Parameters of the device driver's fault service.
#pragma once

#include <cstdint>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

/// Who owns the pages. `managed`: the driver, no struct pages for device memory, the kernel is not asked. `hmm`:
/// ordinary process memory, every migration goes through the kernel's migrate steps and the design under review.
enum class MemoryBack : std::uint8_t { kManaged, kHmm };

/// When the device is told to retry faulted accesses.
enum class ReplayPolicy : std::uint8_t {
  kBlock,       ///< after each 2 MiB block of a batch
  kBatch,       ///< after each batch
  kBatchFlush,  ///< after each batch, and what is still in the fault buffer is dropped: the accesses fault again
  kOnce,        ///< after all batches that one interrupt led to
};

struct DriverSpec {
  MemoryBack memory = MemoryBack::kHmm;
  ReplayPolicy replay = ReplayPolicy::kBatchFlush;
  Sourced<std::uint64_t> batch_size{256};          ///< faults read at once; >= 1
  Sourced<std::uint64_t> batches_per_service{20};  ///< then the worker must be woken again; >= 1
  Sourced<double> update_put_ratio{0.5};  ///< share of duplicates in a batch above which a flush drops all that has
                                          ///< come meanwhile, not only what was there when the batch was read; 0..1
  Sourced<SimTime> interrupt_latency{SimTime::microseconds(2)};   ///< fault to running worker, if it slept
  Sourced<SimTime> process_start_time{SimTime::zero()};           ///< once, with the first batch of a run
  Sourced<SimTime> batch_time{SimTime::picoseconds(12'500'000)};  ///< per batch
  Sourced<SimTime> fault_time{SimTime::zero()};                   ///< per fault entry read
  Sourced<SimTime> block_time{SimTime::zero()};                   ///< per 2 MiB block of a batch
  Sourced<SimTime> new_block_time{SimTime::microseconds(33)};     ///< more, where the block was never served before
  Sourced<SimTime> unmap_time{SimTime::zero()};                   ///< per contiguous run of pages that CPUs had mapped,
                                                                  ///< `managed`; interrupts come on top
  Sourced<SimTime> page_time{SimTime::nanoseconds(220)};          ///< per 4 KiB page mapped, `managed`
  Sourced<SimTime> page_time_hmm{SimTime::nanoseconds(37)};       ///< the same with `hmm`, without the kernel's steps
  Sourced<SimTime> service_time{SimTime::zero()};                 ///< per fault serviced, whatever else it costs
  Sourced<SimTime> flush_time{SimTime::zero()};                   ///< with batch_flush, where it drops faults: until
                                                                  ///< the device can raise them again
  Sourced<SimTime> replay_time{SimTime::zero()};                  ///< to send a replay
  Sourced<SimTime> eviction_time{SimTime::zero()};                ///< per chunk evicted, without its copies
  Sourced<SimTime> notification_time{SimTime::zero()};            ///< per notification of an access counter
  Sourced<std::uint64_t> throttled_batches{5};                    ///< with throttled faults, then it sleeps; >= 1
  Sourced<Bytes> cpu_fault_granularity{Bytes::kib(64)};           ///< aligned piece that a CPU fault brings back
  bool cpu_prefetch = false;  ///< the prefetcher chooses what comes back with a CPU fault, not a fixed piece
  bool root_chunks = false;   ///< a 2 MiB block of managed memory takes a whole 2 MiB chunk with its first page
  bool operator==(const DriverSpec&) const = default;
};

}  // namespace farfault
