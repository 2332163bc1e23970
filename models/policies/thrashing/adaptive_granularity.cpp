#include "models/policies/thrashing/adaptive_granularity.h"

#include <array>
#include <vector>

namespace farfault {
namespace {

constexpr std::array<unsigned, 3> kSizes = {kPagesPerBlock, 16, 1};  // pages

class AdaptiveGranularity final : public ThrashingGuard {
 public:
  explicit AdaptiveGranularity(const AdaptiveGranularityParameters& parameters) : parameters_(parameters) {}
  std::string_view name() const override { return "adaptive_granularity/1"; }

  PageMask hold(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) override {
    return {};
  }
  PageMask beside(DeviceId /*device*/, BlockSlot slot, const PageMask& faulted, SimTime now) override {
    Block& block = of(slot);
    const PageMask back = faulted & block.left;
    if (back.any() && now - block.left_at <= parameters_.lapse) {
      block.left &= ~back;
      block.bounced_at = now;
      if (++block.bounces >= parameters_.bounces && block.step + std::size_t{1} < kSizes.size()) {
        ++block.step;
        block.bounces = 0;
      }
    } else if (block.step != 0 && now - block.bounced_at >= parameters_.calm) {
      --block.step;
      block.bounces = 0;
      block.bounced_at = now;
    }
    const unsigned pages = kSizes[block.step];
    if (pages == kPagesPerBlock) return PageMask::all();
    PageMask out;
    faulted.for_each([&](unsigned page) {
      const unsigned first = page & ~(pages - 1);
      out |= PageMask::range(first, first + pages);
    });
    return out;
  }
  void on_left(DeviceId /*device*/, BlockSlot slot, const PageMask& pages, Departure /*why*/, SimTime now) override {
    Block& block = of(slot);
    // Of what left before only that counts which might still be soon.
    if (now - block.left_at > parameters_.lapse) block.left = PageMask();
    block.left |= pages;
    block.left_at = now;
  }

 private:
  struct Block {
    PageMask left;    // within the lapse before left_at
    SimTime left_at;  // last
    SimTime bounced_at;
    std::uint64_t bounces = 0;  // since the last step
    std::size_t step = 0;       // index in kSizes
  };

  Block& of(BlockSlot slot) {
    if (slot.value() >= blocks_.size()) blocks_.resize(slot.value() + std::size_t{1} + slot.value() / 2);
    return blocks_[slot.value()];
  }

  AdaptiveGranularityParameters parameters_;
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<ThrashingGuard> make_adaptive_granularity(const AdaptiveGranularityParameters& parameters) {
  return std::make_unique<AdaptiveGranularity>(parameters);
}

}  // namespace farfault
