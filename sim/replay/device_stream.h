/// A stream of a device: many warps in flight, so that accesses behind a faulting one go on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/replay/block_queues.h"
#include "sim/replay/front_end.h"

namespace farfault {

/// Accesses that fault are parked. The stream goes on with the next ones until its micro-TLB's fault slots are taken,
/// the fault buffer is full, or as many accesses are parked as there are warps in flight; then it stalls until the
/// driver replays, and retries what is parked in its order.
///
/// With DeviceSpec::micro_tlb_run the stream stands for kernels that run on the whole device: its accesses go to all
/// micro-TLBs, a run to each in turn, and a micro-TLB without a free slot holds up its own accesses alone.
class DeviceStream final : public FrontEnd {
 public:
  DeviceStream(ReplayContext& context, Lane& lane, Device& device, std::uint32_t micro_tlb);

  const Device& device() const { return device_; }

 protected:
  void run_slowly(const traces::Access& access) override;
  void drain() override;
  void on_launch(const KernelLaunch* kernel) override;
  void on_phase() override { return_copies(); }
  void on_turn(const BlockTurn& turn) override;
  bool runs_slowly() const override { return blocks_.has_current() && !blocks_.empty(); }
  bool has_pending() const override { return !parked_.empty() || !blocks_.empty(); }
  void spend() override;
  void on_quantum() override;
  SimTime estimate() const override;

 private:
  /// What counts_ has of one link to a peer's memory.
  struct PeerCounts {
    PeerLink* link;
    std::uint64_t accesses = 0;
    std::uint64_t waited = 0;  // of these: those whose latency is recorded already
    std::uint64_t read_units = 0;
    std::uint64_t read_requests = 0;
    std::uint64_t write_units = 0;
  };

  /// Runs pages of the access until one faults; moves `access.address` along. True if it is done.
  bool try_access(ParkedAccess& access, bool& raised);
  /// Tries an access that has waited; if it is done, as one that waited.
  Attempt try_again(ParkedAccess& access);
  /// For memory that the device cannot reach: has it copied first.
  void stage_for(const ParkedAccess& access);
  bool try_page(std::uint64_t address, std::uint64_t end, bool write, std::uint32_t micro_tlb, bool& raised);
  bool raise_fault(BlockSlot slot, unsigned page, bool write, std::uint32_t micro_tlb);
  /// Of the next access.
  std::uint32_t micro_tlb() const;
  SimTime issue_time() const;
  void end_kernel();
  /// Of memory that the device cannot reach: copies that were made for a launch.
  void return_copies();
  void park(const ParkedAccess& access, bool raised);
  /// The same of a thread block.
  void queue(const ParkedAccess& access, bool tried);
  /// Until blocks_ may have room.
  void make_place();
  void try_blocks();
  void stall();
  void retry();
  /// Where accesses over a link count; null is the link to the host.
  PeerCounts* counts_of(PeerLink* link);
  /// Remote reads from the host in full requests that take as long as those in counts_; and from a peer.
  Bytes remote_read_cost() const;
  Bytes remote_read_cost(const PeerCounts& peer) const;
  /// How long accesses over peer links take at least.
  SimTime estimate_peers() const;
  /// Those who watch hear of what spend() has moved.
  void tell_traffic(SimTime start, SimTime local_done);
  /// Starts what accesses over peer links take.
  std::vector<engine::Flow> start_peers();
  Bytes bytes(std::uint64_t units) const { return coalescer_.unit() * units; }

  Device& device_;
  std::uint32_t micro_tlb_;  // the only one, or, with DeviceSpec::micro_tlb_run, the first
  std::string kernel_;       // that runs
  bool in_kernel_ = false;
  SimTime kernel_start_;
  std::optional<double> resident_access_;  // picoseconds of an access, where the kernel's resident time is given
  SimTime local_now_;                      // the stream's own time: the clock and what it has run since the last flush
  std::vector<ParkedAccess> parked_;       // of no thread block
  BlockQueues blocks_;
  std::uint64_t waited_local_ = 0;   // of the accesses in counts_: those whose latency is recorded already
  std::uint64_t waited_remote_ = 0;  // over whichever link
  std::vector<PeerCounts> peers_;    // by the first access over each since the last flush
  PeerLink* last_route_ = nullptr;   // of the last page that was reached over a link
  std::uint64_t seen_replays_ = 0;   // the device's count when parked_ was last retried
};

}  // namespace farfault
