/// A thread of the host: one access after the other, with a few cache lines in flight.
#pragma once

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
  /// Returns how long the page was waited for.
  SimTime run_page(std::uint64_t address, std::uint64_t end, bool write);
  SimTime issue_time() const;
  /// With `memory_parallelism` lines in flight at a time (Little's law).
  SimTime latency_bound() const;
  Bytes bytes(std::uint64_t units) const { return coalescer_.unit() * units; }

  std::uint32_t owner_;
  SimTime owed_;              // software time of minor faults since the last flush
  std::uint64_t waited_ = 0;  // of the accesses in counts_: those whose latency is recorded already
};

}  // namespace farfault
