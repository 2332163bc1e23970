#include "models/policies/placement/numa_balancing.h"

#include <algorithm>
#include <vector>

namespace farfault {
namespace {

class NumaBalancing final : public PlacementPolicy {
 public:
  explicit NumaBalancing(const NumaBalancingParameters& parameters) : parameters_(parameters) {}
  std::string_view name() const override { return "numa_balancing/1"; }

  Placement on_fault(const PlacementFault& fault, SimTime now) override {
    const std::optional<SimTime> unmapped = take(fault);
    if (!unmapped) return fault.room ? Placement::kMigrate : Placement::kMapRemote;
    if (now - *unmapped >= parameters_.hot_threshold || !within_limit(now)) return Placement::kMapRemote;
    return Placement::kMigrate;
  }
  bool prefetch_evicts() const override { return false; }
  std::optional<SimTime> period() const override { return parameters_.scan_period; }
  void on_period(DeviceId device, PlacementView& view, SimTime now) override {
    if (device.value() >= devices_.size()) devices_.resize(device.value() + std::size_t{1});
    Scan& scan = devices_[device.value()];
    if (scan.blocks.size() < view.blocks()) scan.blocks.resize(view.blocks());
    std::uint64_t left = parameters_.scan_size / kPageSize;
    for (std::size_t i = 0; i < view.blocks() && left != 0; ++i) {
      if (scan.next >= view.blocks()) scan.next = 0;
      const BlockSlot slot(scan.next++);
      const PageMask pages = view.unmap(slot, view.remote(slot));
      if (pages.none()) continue;
      note(scan.blocks[slot.value()], pages, now);
      left -= std::min<std::uint64_t>(left, pages.count());
    }
  }

 private:
  struct Scanned {
    PageMask pages;  // unmapped, and not faulted since
    SimTime at;
  };
  struct Scan {
    std::vector<std::vector<Scanned>> blocks;  // of each, oldest first; no page twice
    std::uint32_t next = 0;
  };

  /// When the page was unmapped, if it was and has not faulted since; this is the fault.
  std::optional<SimTime> take(const PlacementFault& fault) {
    if (fault.device.value() >= devices_.size()) return std::nullopt;
    std::vector<std::vector<Scanned>>& blocks = devices_[fault.device.value()].blocks;
    if (fault.block.value() >= blocks.size()) return std::nullopt;
    for (Scanned& each : blocks[fault.block.value()]) {
      if (!each.pages.test(fault.page)) continue;
      each.pages.reset(fault.page);
      return each.at;
    }
    return std::nullopt;
  }
  /// Those of long ago are all the same: what they have left is kept as one.
  void note(std::vector<Scanned>& scans, const PageMask& pages, SimTime now) const {
    PageMask cold;
    SimTime cold_at;
    for (Scanned& each : scans) {
      each.pages &= ~pages;
      if (now - each.at < parameters_.hot_threshold) continue;
      cold |= each.pages;
      cold_at = each.at;
      each.pages = PageMask();
    }
    std::erase_if(scans, [](const Scanned& each) { return each.pages.none(); });
    if (cold.any()) scans.insert(scans.begin(), {cold, cold_at});
    scans.push_back({pages, now});
  }
  bool within_limit(SimTime now) {
    const std::int64_t second = now.picoseconds() / SimTime::milliseconds(1000).picoseconds();
    if (second != second_) promoted_ = Bytes();
    second_ = second;
    if (static_cast<double>((promoted_ + kPageSize).count()) > parameters_.rate_limit.bytes_per_second()) return false;
    promoted_ += kPageSize;
    return true;
  }

  NumaBalancingParameters parameters_;
  std::vector<Scan> devices_;
  std::int64_t second_ = -1;
  Bytes promoted_;  // in this second
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_numa_balancing(const NumaBalancingParameters& parameters) {
  return std::make_unique<NumaBalancing>(parameters);
}

}  // namespace farfault
