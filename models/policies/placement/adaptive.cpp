#include "models/policies/placement/adaptive.h"

#include <vector>

namespace farfault {
namespace {

class Adaptive final : public PlacementPolicy {
 public:
  explicit Adaptive(const AdaptiveParameters& parameters)
      : parameters_(parameters), pages_(static_cast<unsigned>(parameters.granularity / kPageSize)) {}
  std::string_view name() const override { return "adaptive/1"; }

  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    if (!fault.room) full_ = true;
    const double needed = threshold(region_of(fault.device, fault.block, fault.page), fault.used);
    // The access that faults is the first.
    return needed < 2 ? Placement::kMigrate : Placement::kMapRemote;
  }
  bool prefetch_evicts() const override { return false; }
  std::optional<AccessCounting> access_counting() const override {
    AccessCounting counting;
    counting.granularity = parameters_.granularity;
    counting.threshold = parameters_.threshold;
    counting.map_remote_on_eviction = true;
    return counting;
  }
  PageMask on_notification(const CountedPages& counted, SimTime /*now*/) override {
    if (counted.remote.none()) return {};
    Region& region = region_of(counted.device, counted.block, counted.remote.next(0));
    region.accesses += parameters_.threshold;
    if (static_cast<double>(region.accesses) < threshold(region, counted.used)) return {};
    region.accesses = 0;
    return counted.remote;
  }
  void on_evicted(DeviceId device, BlockSlot block, const PageMask& pages, SimTime /*now*/) override {
    full_ = true;
    for (unsigned page = pages.next(0); page < kPagesPerBlock; page = pages.next((page / pages_ + 1) * pages_)) {
      Region& region = region_of(device, block, page);
      ++region.round_trips;
      region.accesses = 0;
    }
  }

 private:
  struct Region {
    std::uint64_t accesses = 0;     // over the link, since it was last here
    std::uint64_t round_trips = 0;  // that it has made
  };

  double threshold(const Region& region, double used) const {
    const auto base = static_cast<double>(parameters_.threshold);
    if (!full_) return base * used + 1;
    return base * static_cast<double>(region.round_trips + 1) * static_cast<double>(parameters_.penalty);
  }
  Region& region_of(DeviceId device, BlockSlot block, unsigned page) {
    if (device.value() >= devices_.size()) devices_.resize(device.value() + std::size_t{1});
    std::vector<Region>& regions = devices_[device.value()];
    const std::size_t index = std::size_t{block.value()} * (kPagesPerBlock / pages_) + page / pages_;
    if (index >= regions.size()) regions.resize(index + 1 + index / 2);
    return regions[index];
  }

  AdaptiveParameters parameters_;
  unsigned pages_;     // of a region
  bool full_ = false;  // some device has been
  std::vector<std::vector<Region>> devices_;
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_adaptive(const AdaptiveParameters& parameters) {
  return std::make_unique<Adaptive>(parameters);
}

}  // namespace farfault
