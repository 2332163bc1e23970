/// A device: its memory, its page table, its way to the host, its fault buffer, and its part of the policies.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/cache/sector_cache.h"
#include "models/driver/fault_buffer.h"
#include "models/gpu/access_counters.h"
#include "models/gpu/device_spec.h"
#include "models/link/copy_path.h"
#include "models/link/dma_engine.h"
#include "models/link/link.h"
#include "models/memory/chunk_allocator.h"
#include "models/memory/loaded_latency.h"
#include "models/pagetable/page_table.h"
#include "models/policies/eviction/eviction_policy.h"
#include "models/tlb/tlbs.h"
#include "sim/core/histogram.h"
#include "sim/engine/engine.h"

namespace farfault {

struct DeviceCounters {
  std::uint64_t raised = 0;     ///< entries written to the fault buffer
  std::uint64_t coalesced = 0;  ///< accesses that joined a fault of their micro-TLB
  std::uint64_t serviced = 0;   ///< distinct pages a batch made accessible
  std::uint64_t duplicate = 0;  ///< entries for a page that the batch, or one before, serves already
  std::uint64_t dropped = 0;    ///< entries flushed or put off before a replay; their accesses fault again
  std::uint64_t throttled = 0;  ///< entries that the thrashing guard put off; their accesses fault again
  std::uint64_t batches = 0;
  SimTime group_time;  ///< from reading a batch to where it is served, summed
  std::uint64_t replays = 0;
  std::uint64_t interrupts = 0;
  std::uint64_t refaults = 0;  ///< demand pages that had been evicted before
  std::uint64_t demand_pages = 0;
  std::uint64_t prefetch_pages = 0;
  std::uint64_t prefetch_used = 0;
  std::uint64_t counter_pages = 0;  ///< pages that came on account of access counters
  std::uint64_t zero_filled = 0;    ///< pages that were allocated here and had no contents to copy
  std::uint64_t remote_pages = 0;   ///< pages mapped where they are, in host memory or another device's
  std::uint64_t eviction_pages = 0;
  std::uint64_t evicted_chunks = 0;
  std::uint64_t cpu_fault_pages = 0;
  std::uint64_t peer_pages = 0;         ///< pages that left for another device, or to be mapped by it, over the host
  std::uint64_t direct_pages = 0;       ///< pages that left for another device over a link between both
  std::uint64_t gup_pages = 0;          ///< pages that get_user_pages, or a pin, brought back
  std::uint64_t cow_pages = 0;          ///< pages that came back since a write must copy them
  std::uint64_t called_back_pages = 0;  ///< pages that the program had prefetched to the host
  std::uint64_t duplicated_pages = 0;   ///< of those that came: copies of pages that stayed in host memory
  std::uint64_t dropped_copies = 0;     ///< of these, gone since somebody else wrote, or to make room
  std::uint64_t collapsed_pages = 0;    ///< and of these, that became the page since the device wrote
  std::uint64_t unmapped_pages = 0;
  std::uint64_t staged_in = 0;         ///< pages copied here for a kernel launch
  std::uint64_t staged_out = 0;        ///< of these, dropped again
  std::uint64_t staged_back = 0;       ///< and of these, copied back since they were written
  std::uint64_t child_pages = 0;       ///< pages whose only users are children of a fork
  std::uint64_t allocated_folios = 0;  ///< 4 KiB pages and 2 MiB folios handed out
  std::uint64_t freed_folios = 0;      ///< given back; each with one callback to the driver
  std::uint64_t split_folios = 0;      ///< 2 MiB folios that became 512 pages
  Histogram batch_faults;
  Histogram batch_blocks;
  Histogram fault_latency;  ///< raised to replayed, ps
  Histogram piece_bytes_to_device;
  Histogram piece_bytes_to_host;
};

/// Everything is public to the driver and the front ends, which together are the device's behaviour; this class owns.
class Device {
 public:
  Device(engine::Engine& engine, DeviceId id, const DeviceSpec& spec, Bytes capacity, Link& link,
         const engine::Resource& dram, std::unique_ptr<EvictionPolicy> eviction);

  /// For `replay.detail` tlb, and for cache beside it. Called before the run, at most once each.
  void enable_tlbs(engine::Engine& engine);
  void enable_cache(engine::Engine& engine);
  /// Null unless enabled.
  Tlbs* tlbs() { return tlbs_.get(); }
  const Tlbs* tlbs() const { return tlbs_.get(); }
  SectorCache* cache() { return cache_.get(); }
  const SectorCache* cache() const { return cache_.get(); }
  /// What walks take, a byte for each table that is read. REQUIRES: tlbs().
  const engine::Channel& walk_channel() const { return *walk_channel_; }
  /// What all that the cache is asked for takes. REQUIRES: cache().
  const engine::Channel& cache_channel() const { return *cache_channel_; }

  /// Latency of the device's memory at its load when it was last noted.
  SimTime memory_latency() const { return memory_latency_; }
  void note_load(SimTime now);

  DeviceId id() const { return id_; }
  const DeviceSpec& spec() const { return spec_; }
  Link& link() { return link_; }
  const Link& link() const { return link_; }
  const engine::Resource& vram() const { return vram_; }
  const engine::Channel& local() const { return local_; }
  const engine::Channel& remote_read() const { return remote_read_; }
  const engine::Channel& remote_write() const { return remote_write_; }
  /// What the host's own loads and stores to this device's memory take.
  const engine::Channel& host_read() const { return host_read_; }
  const engine::Channel& host_write() const { return host_write_; }
  DmaEngine& dma(LinkDirection direction) { return direction == LinkDirection::kToDevice ? dma_in_ : dma_out_; }
  const DmaEngine& dma(LinkDirection d) const { return d == LinkDirection::kToDevice ? dma_in_ : dma_out_; }
  /// A copy that the program asks for, of any memory at the other end: takes a copy engine, and counts as kMemcpy.
  /// Blocks the calling actor.
  void memcpy(LinkDirection direction, Bytes bytes);
  /// A copy from this device's memory to itself: its memory reads and writes all bytes. Blocks the calling actor.
  void memcpy_inside(Bytes bytes) { inside_.transfer(bytes); }
  /// What requests for less than a full remote read take of what bounds these, beside their bytes.
  const engine::Channel& remote_requests() const { return remote_requests_; }
  ChunkAllocator& memory() { return memory_; }
  const ChunkAllocator& memory() const { return memory_; }
  PageTable& page_table() { return page_table_; }
  const PageTable& page_table() const { return page_table_; }
  FaultBuffer& fault_buffer() { return fault_buffer_; }
  EvictionPolicy& eviction() { return *eviction_; }
  const EvictionPolicy& eviction() const { return *eviction_; }
  /// What the eviction policy wants to be free ahead of need.
  const std::optional<FreeReserve>& reserve() const { return reserve_; }
  /// None of no memory.
  double free_share() const {
    if (memory_.capacity_pages() == 0) return 0;
    return static_cast<double>(memory_.free_pages()) / static_cast<double>(memory_.capacity_pages());
  }
  /// Pages of free memory that are still being copied out in the background, and cannot be had yet.
  std::uint64_t leaving_pages() const { return leaving_pages_; }
  void set_leaving_pages(std::uint64_t pages) { leaving_pages_ = pages; }
  DeviceCounters& counters() { return counters_; }
  const DeviceCounters& counters() const { return counters_; }

  /// Counts accesses over the link from now on. REQUIRES: called at most once.
  void count_remote_accesses(const AccessCounting& setup) { access_counters_.emplace(setup); }
  /// Null where nobody counts.
  AccessCounters* access_counters() { return access_counters_ ? &*access_counters_ : nullptr; }
  const AccessCounters* access_counters() const { return access_counters_ ? &*access_counters_ : nullptr; }
  /// Accesses over the link that a stream has done. REQUIRES: somebody counts.
  void on_remote(std::uint64_t region, std::uint64_t accesses) {
    if (access_counters_->count(region, accesses)) fault_raised_.notify_all();
  }
  bool has_notifications() const { return access_counters_ && access_counters_->pending(); }

  /// Wakes the driver's worker: faults, and notifications of access counters.
  engine::Signal& fault_raised() { return fault_raised_; }
  /// Wakes streams that wait for a replay; replay_epoch() counts replays.
  engine::Signal& replayed() { return replayed_; }
  std::uint64_t replay_epoch() const { return replay_epoch_; }
  /// The accesses that have faulted by now are tried again. A fault whose date lies ahead has yet to be raised: it
  /// stays outstanding, or each replay would raise it once more.
  void replay(SimTime now);

  /// Whether the micro-TLB has a fault on this page outstanding, which one more access then joins.
  bool join(std::uint32_t micro_tlb, BlockSlot block, unsigned page);
  /// Enters a fault, not before the micro-TLB can raise its next one. False if the micro-TLB has no free slot or the
  /// buffer no room: the stream has to wait for a replay.
  bool raise(Fault fault);

 private:
  struct Outstanding {
    BlockSlot block;
    std::uint16_t page;
    SimTime raised;
  };
  struct MicroTlb {
    std::vector<Outstanding> outstanding;
    SimTime last_raised = SimTime::picoseconds(-1);  ///< negative: nothing yet
  };

  /// In [0, 1), until the next replay: no clock orders micro-TLBs, so their order has to come from somewhere.
  double delay(std::uint32_t micro_tlb) const;

  DeviceId id_;
  DeviceSpec spec_;
  Link& link_;
  engine::Resource vram_;
  engine::Channel local_;
  engine::Channel inside_;
  engine::Resource read_requests_;
  engine::Channel remote_requests_;
  engine::Channel remote_read_;
  engine::Channel remote_write_;
  engine::Channel host_read_;
  engine::Channel host_write_;
  DmaEngine dma_in_;
  DmaEngine dma_out_;
  CopyPath memcpy_in_;
  CopyPath memcpy_out_;
  ChunkAllocator memory_;
  PageTable page_table_;
  FaultBuffer fault_buffer_;
  std::unique_ptr<EvictionPolicy> eviction_;
  std::optional<FreeReserve> reserve_;
  std::uint64_t leaving_pages_ = 0;
  std::optional<AccessCounters> access_counters_;
  engine::Signal fault_raised_;
  engine::Signal replayed_;
  std::uint64_t replay_epoch_ = 0;
  std::vector<MicroTlb> micro_tlbs_;
  SimTime memory_latency_;
  LoadMeter load_;
  std::unique_ptr<Tlbs> tlbs_;
  std::unique_ptr<SectorCache> cache_;
  std::optional<engine::Channel> walk_channel_;
  std::optional<engine::Channel> cache_channel_;
  DeviceCounters counters_;
};

}  // namespace farfault
