/// The buffer into which a device writes its page faults and from which the driver reads them.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/core/units.h"

namespace farfault {

/// One entry, as the device wrote it.
struct Fault {
  BlockSlot block;
  std::uint16_t page = 0;  ///< index in the block
  bool write = false;
  std::uint32_t micro_tlb = 0;
  SimTime raised;  ///< may lie ahead of the clock by about a quantum (docs/replay.md)
};

/// The oldest first, of a fixed size. An entry becomes visible to the driver at its time.
class FaultBuffer {
 public:
  explicit FaultBuffer(std::uint64_t entries) : limit_(entries) {}

  bool full() const { return faults_.size() >= limit_; }
  bool empty() const { return faults_.empty(); }
  std::size_t size() const { return faults_.size(); }
  /// REQUIRES: !full().
  void push(const Fault& fault) { faults_.push_back(fault); }
  /// The earliest time of an entry. REQUIRES: !empty().
  SimTime earliest() const;
  /// Moves up to `limit` entries that are visible at `now` to `batch`, oldest first, and among those of one date in
  /// the order in which they were pushed.
  void fetch(SimTime now, std::size_t limit, std::vector<Fault>& batch);
  /// Drops the entries that were visible at `until`; returns how many there were.
  std::size_t flush(SimTime until);

 private:
  std::size_t limit_;
  std::deque<Fault> faults_;
};

}  // namespace farfault
