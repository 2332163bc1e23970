/// A device's counters of its accesses over the link, and the buffer into which they write notifications.
#pragma once

#include <bit>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "models/policies/placement/placement_policy.h"
#include "sim/core/units.h"

namespace farfault {

/// One counter for each aligned region. A counter that reaches the threshold writes a notification, and is silent until
/// the driver clears it. If the buffer is full the notification is lost, and the counter begins anew.
/// Source: the counters of NVIDIA devices as uvm_gpu_access_counters.c uses them (open-gpu-kernel-modules 595.45.04),
/// which clears each one that has told. What happens to a counter whose notification was lost is an assumption.
class AccessCounters {
 public:
  explicit AccessCounters(const AccessCounting& setup)
      : setup_(setup), shift_(static_cast<unsigned>(std::countr_zero(setup.granularity.count()))) {}

  const AccessCounting& setup() const { return setup_; }
  /// log2 of a region's bytes: the region of an address is address >> shift().
  unsigned shift() const { return shift_; }

  /// Returns whether a notification was written.
  bool count(std::uint64_t region, std::uint64_t accesses) {
    counted_ += accesses;
    Counter& counter = counters_[region];
    counter.value += accesses;
    if (counter.told || counter.value < setup_.threshold) return false;
    if (pending_.size() >= setup_.buffer) {
      lost_ += counter.value / setup_.threshold;
      counter.value %= setup_.threshold;
      return false;
    }
    counter.value -= setup_.threshold;
    counter.told = true;
    pending_.push_back(region);
    ++notifications_;
    return true;
  }
  /// The region's counter begins anew.
  void clear(std::uint64_t region) {
    const auto it = counters_.find(region);
    if (it == counters_.end()) return;
    cleared_ += it->second.value;
    counters_.erase(it);
  }

  bool pending() const { return !pending_.empty(); }
  /// Moves up to `limit` notifications, regions, oldest first, to `regions`.
  void fetch(std::uint64_t limit, std::vector<std::uint64_t>& regions) {
    regions.clear();
    for (; !pending_.empty() && regions.size() < limit; pending_.pop_front()) regions.push_back(pending_.front());
  }

  std::uint64_t counted() const { return counted_; }              ///< accesses
  std::uint64_t notifications() const { return notifications_; }  ///< written
  std::uint64_t lost() const { return lost_; }                    ///< notifications for which there was no room
  /// Whether every access is in a notification, was cleared, or is in a counter: sums over all counters.
  bool holds() const {
    std::uint64_t in_counters = 0;
    for (const auto& each : counters_) in_counters += each.second.value;  // a sum: the order is of no meaning
    return counted_ == setup_.threshold * (notifications_ + lost_) + cleared_ + in_counters;
  }

 private:
  struct Counter {
    std::uint64_t value = 0;  // since the last notification
    bool told = false;
  };

  AccessCounting setup_;
  unsigned shift_;
  std::unordered_map<std::uint64_t, Counter> counters_;  // by region
  std::deque<std::uint64_t> pending_;
  std::uint64_t counted_ = 0;
  std::uint64_t notifications_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t cleared_ = 0;
};

}  // namespace farfault
