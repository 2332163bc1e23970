#include "models/policies/placement/memtis.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace farfault {
namespace {

class Memtis final : public PlacementPolicy {
 public:
  explicit Memtis(const MemtisParameters& parameters)
      : parameters_(parameters), pages_(static_cast<unsigned>(parameters.granularity / kPageSize)) {}
  std::string_view name() const override { return "memtis/1"; }

  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    return fault.room ? Placement::kMigrate : Placement::kMapRemote;
  }
  bool prefetch_evicts() const override { return false; }
  std::optional<std::uint64_t> sampling() const override { return parameters_.sample_period; }
  std::optional<SimTime> period() const override { return parameters_.period; }

  void on_sample(DeviceId device, BlockSlot block, unsigned page, SimTime /*now*/) override {
    Hotness& hotness = of(device);
    const std::size_t region = std::size_t{block.value()} * (kPagesPerBlock / pages_) + page / pages_;
    if (region >= hotness.regions.size()) hotness.regions.resize(region + 1 + region / 2);
    Region& seen = hotness.regions[region];
    cool(hotness, seen);
    if (seen.count != 0) --hotness.bins[bin_of(seen.count)];
    ++seen.count;
    ++hotness.bins[bin_of(seen.count)];
    if (!seen.listed) {
      seen.listed = true;
      hotness.sampled.push_back(region);
    }
    if (++hotness.samples % parameters_.cooling != 0) return;
    // Counts halve when they are next looked at; what they are then is one bin lower now.
    ++hotness.coolings;
    std::rotate(hotness.bins.begin(), hotness.bins.begin() + 1, hotness.bins.end());
    hotness.bins.back() = 0;
  }

  void on_period(DeviceId device, PlacementView& view, SimTime /*now*/) override {
    Hotness& hotness = of(device);
    std::uint64_t fits = view.capacity_pages() / pages_;
    std::size_t threshold = kBins;
    while (threshold != 0 && hotness.bins[threshold - 1] <= fits) fits -= hotness.bins[--threshold];
    for (const std::size_t region : hotness.sampled) {
      Region& seen = hotness.regions[region];
      seen.listed = false;
      cool(hotness, seen);
      if (seen.count == 0 || bin_of(seen.count) < threshold) continue;
      const std::size_t regions = kPagesPerBlock / pages_;
      const BlockSlot block(static_cast<std::uint32_t>(region / regions));
      const auto first = static_cast<unsigned>(region % regions * pages_);
      const PageMask pages = view.remote(block) & PageMask::range(first, first + pages_);
      if (pages.any()) view.bring(block, pages);
    }
    hotness.sampled.clear();
  }

 private:
  static constexpr std::size_t kBins = 32;
  struct Region {
    std::uint32_t count = 0;
    std::uint32_t coolings = 0;  // that the count has had
    bool listed = false;         // in `sampled`
  };
  struct Hotness {
    std::vector<Region> regions;
    std::array<std::uint64_t, kBins> bins{};  // regions with a count of 2^b to 2^(b + 1) - 1
    std::vector<std::size_t> sampled;         // regions since the last period
    std::uint64_t samples = 0;
    std::uint32_t coolings = 0;
  };

  static std::size_t bin_of(std::uint32_t count) { return static_cast<std::size_t>(std::bit_width(count)) - 1; }
  Hotness& of(DeviceId device) {
    if (device.value() >= devices_.size()) devices_.resize(device.value() + std::size_t{1});
    return devices_[device.value()];
  }
  static void cool(const Hotness& hotness, Region& region) {
    const std::uint32_t missing = hotness.coolings - region.coolings;
    region.count = missing < 32 ? region.count >> missing : 0;
    region.coolings = hotness.coolings;
  }

  MemtisParameters parameters_;
  unsigned pages_;  // of a region
  std::vector<Hotness> devices_;
};

}  // namespace

std::unique_ptr<PlacementPolicy> make_memtis(const MemtisParameters& parameters) {
  return std::make_unique<Memtis>(parameters);
}

}  // namespace farfault
