#include "models/policies/thrashing/throttle_pin.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace farfault {
namespace {

/// 0: the host; d + 1: device d.
using Processor = std::uint32_t;
constexpr Processor kHost = 0;
constexpr Processor kNobody = ~Processor{0};

enum class Hint : std::uint8_t { kNone, kThrottle, kPin };

class ThrottlePin final : public ThrashingGuard {
 public:
  explicit ThrottlePin(const ThrottlePinParameters& parameters)
      : parameters_(parameters),
        nap_(parameters.lapse * parameters.nap),
        epoch_(parameters.lapse * parameters.epoch),
        pin_(parameters.lapse * parameters.pin) {}

  std::string_view name() const override { return "throttle_pin/1"; }

  Throttle throttle(DeviceId device, BlockSlot slot, const PageMask& faulted, SimTime now) override {
    Throttle out;
    if (!known(slot)) return out;
    out.until = SimTime::max();
    faulted.for_each([&](unsigned page) {
      if (hint(slot, page, device.value() + 1, now) != Hint::kThrottle) return;
      out.pages.set(page);
      out.until = std::min(out.until, blocks_[slot.value()].pages->at(page).throttled_until);
    });
    return out;
  }

  PageMask hold(DeviceId /*device*/, BlockSlot slot, const PageMask& faulted, SimTime now) override {
    PageMask held;
    if (!known(slot)) return held;
    faulted.for_each([&](unsigned page) {
      if (is_pinned(blocks_[slot.value()].pages->at(page), now)) held.set(page);
    });
    return held;
  }

  std::optional<SimTime> hold_ends(DeviceId /*device*/, BlockSlot slot, const PageMask& held, SimTime now) override {
    SimTime last = now;
    held.for_each([&](unsigned page) { last = std::max(last, blocks_[slot.value()].pages->at(page).pinned_until); });
    return last;
  }

  SimTime earliest_return(DeviceId /*device*/, BlockSlot slot, unsigned page, SimTime now) override {
    if (!known(slot) || hint(slot, page, kHost, now) != Hint::kThrottle) return now;
    return blocks_[slot.value()].pages->at(page).throttled_until;
  }

  PageMask thrashing(BlockSlot slot, SimTime now) override {
    PageMask out;
    if (!known(slot)) return out;
    expire_pins(blocks_[slot.value()], now);
    return blocks_[slot.value()].thrashing;
  }

  void on_arrived(DeviceId device, BlockSlot slot, const PageMask& pages, SimTime now) override {
    on_event(device.value() + 1, slot, pages, now);
  }
  void on_left(DeviceId /*device*/, BlockSlot slot, const PageMask& pages, Departure why, SimTime now) override {
    if (why == Departure::kCpuFault) on_event(kHost, slot, pages, now);
  }

 private:
  struct Page {
    std::uint8_t events = 0;
    std::uint8_t throttles = 0;
    bool pinned = false;
    Processor not_throttled = kNobody;
    SimTime throttled_until;
    SimTime pinned_until;
    std::vector<Processor> throttled;  // in the order in which their naps began
  };
  struct Block {
    Processor last = kNobody;  // whose the last event was
    SimTime last_event;
    SimTime last_thrashing;
    bool has_thrashed = false;  // since the last reset
    std::uint64_t resets = 0;
    PageMask thrashing;
    PageMask pinned;
    std::unique_ptr<std::array<Page, kPagesPerBlock>> pages;  // from the first counted event on
  };

  /// Whether anything that could lead to a hint is known of the block.
  bool known(BlockSlot slot) const { return slot.value() < blocks_.size() && blocks_[slot.value()].pages != nullptr; }
  static bool is_pinned(const Page& page, SimTime now) { return page.pinned && now < page.pinned_until; }

  void on_event(Processor processor, BlockSlot slot, const PageMask& pages, SimTime now) {
    if (slot.value() >= blocks_.size()) blocks_.resize(slot.value() + 1 + slot.value() / 2);
    Block& block = blocks_[slot.value()];
    const bool counts = block.last != kNobody && block.last != processor && now - block.last_event <= parameters_.lapse;
    block.last = processor;
    block.last_event = now;
    if (!counts) return;
    if (!block.pages) block.pages = std::make_unique<std::array<Page, kPagesPerBlock>>();
    expire_pins(block, now);
    pages.for_each([&](unsigned number) {
      Page& page = (*block.pages)[number];
      if (page.events < 255) ++page.events;
      if (page.events < parameters_.threshold) return;
      if (!block.thrashing.test(number)) {
        block.thrashing.set(number);
        page.not_throttled = processor;
      }
      block.last_thrashing = now;
      block.has_thrashed = true;
    });
  }

  Hint hint(BlockSlot slot, unsigned number, Processor requester, SimTime now) {
    Block& block = blocks_[slot.value()];
    expire_pins(block, now);
    if (block.has_thrashed && now - block.last_thrashing > epoch_ && block.pinned.none() &&
        block.resets < parameters_.max_resets) {
      const std::uint64_t resets = block.resets + 1;
      auto pages = std::move(block.pages);
      pages->fill(Page());
      block = Block();
      block.resets = resets;
      block.pages = std::move(pages);
      return Hint::kNone;
    }
    if (!block.thrashing.test(number)) return Hint::kNone;
    Page& page = (*block.pages)[number];
    if (page.pinned) return Hint::kPin;
    bool rested = false;
    if (const auto nap = std::find(page.throttled.begin(), page.throttled.end(), requester);
        nap != page.throttled.end()) {
      if (now < page.throttled_until) return Hint::kThrottle;
      page.throttled.erase(nap);
      if (page.throttled.empty()) page.not_throttled = requester;
      rested = true;
    }
    if (page.throttles >= parameters_.pin_threshold) {
      page.pinned = true;
      page.pinned_until = now + pin_;
      block.pinned.set(number);
      return Hint::kPin;
    }
    if (rested || page.not_throttled == requester) return Hint::kNone;
    page.throttled.push_back(requester);
    page.throttled_until = std::max(page.throttled_until, now + nap_);
    ++page.throttles;
    return now < page.throttled_until ? Hint::kThrottle : Hint::kNone;
  }

  /// Pages whose pin is over begin anew.
  void expire_pins(Block& block, SimTime now) {
    if (block.pinned.none()) return;
    PageMask over;
    block.pinned.for_each([&](unsigned number) {
      Page& page = (*block.pages)[number];
      if (now < page.pinned_until) return;
      page = Page();
      over.set(number);
    });
    block.pinned &= ~over;
    block.thrashing &= ~over;
  }

  ThrottlePinParameters parameters_;
  SimTime nap_;
  SimTime epoch_;
  SimTime pin_;
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<ThrashingGuard> make_throttle_pin(const ThrottlePinParameters& parameters) {
  return std::make_unique<ThrottlePin>(parameters);
}

}  // namespace farfault
