/// A thread of the host: one access after the other, with a few cache lines in flight.
#pragma once

#include <vector>

#include "sim/replay/front_end.h"

namespace farfault {

/// Threads beyond the host's CPUs take turns, a quantum each. A page that was never touched costs a minor fault; one in
/// a device's memory comes back first, and the thread waits.
class HostThread final : public FrontEnd {
 public:
  HostThread(ReplayContext& context, Lane& lane);

 protected:
  void run_slowly(const traces::Access& access) override;
  void drain() override {}
  void spend() override;
  SimTime estimate() const override;

 private:
  /// How one page's part of an access went.
  struct PageRun {
    HostAccess::Way way = HostAccess::Way::kLocal;
    SimTime waited;
  };
  PageRun run_page(std::uint64_t address, std::uint64_t end, bool write);
  void count_remote(const HostAccess& access, std::uint64_t units, bool write);
  /// Latency of one line of a device's memory over the link.
  SimTime remote_latency(const Device& device) const;
  SimTime issue_time() const;
  std::vector<engine::Flow> start_remote();
  /// Those who watch hear of what spend() has moved.
  void tell_traffic(SimTime start, SimTime local_done);
  /// With `memory_parallelism` lines in flight at a time (Little's law).
  SimTime latency_bound() const;
  Bytes bytes(std::uint64_t units) const { return coalescer_.unit() * units; }

  /// Traffic to the memory of one device since the last flush.
  struct RemoteUnits {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
  };
  std::vector<RemoteUnits> remote_;  // by device; cached accesses
  SimTime bar_time_;                 // of accesses that are not cached, one after the other
  SimTime owed_;                     // software time of minor faults since the last flush
  std::uint64_t waited_ = 0;         // of the accesses in counts_: those whose latency is recorded already
};

}  // namespace farfault
