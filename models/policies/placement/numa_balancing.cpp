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
    Scanned* const scanned = of(fault.device, fault.block);
    if (scanned == nullptr || !scanned->pages.test(fault.page)) {
      return fault.room ? Placement::kMigrate : Placement::kMapRemote;
    }
    scanned->pages.reset(fault.page);
    if (now - scanned->at >= parameters_.hot_threshold || !within_limit(now)) return Placement::kMapRemote;
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
      const PageMask pages = view.remote(slot);
      if (pages.none()) continue;
      view.unmap(slot, pages);
      scan.blocks[slot.value()] = {pages, now};
      left -= std::min<std::uint64_t>(left, pages.count());
    }
  }

 private:
  struct Scanned {
    PageMask pages;  // unmapped, and not faulted since
    SimTime at;
  };
  struct Scan {
    std::vector<Scanned> blocks;
    std::uint32_t next = 0;
  };

  Scanned* of(DeviceId device, BlockSlot block) {
    if (device.value() >= devices_.size() || block.value() >= devices_[device.value()].blocks.size()) return nullptr;
    return &devices_[device.value()].blocks[block.value()];
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
