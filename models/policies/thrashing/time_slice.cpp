#include "models/policies/thrashing/time_slice.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace farfault {
namespace {

/// A date for each chunk of each block, zero until it is set.
class ChunkDates {
 public:
  explicit ChunkDates(unsigned pages_a_chunk) : pages_(pages_a_chunk) {}

  SimTime of(BlockSlot block, unsigned page) const {
    const std::size_t index = index_of(block, page);
    return index < dates_.size() ? dates_[index] : SimTime::zero();
  }
  SimTime& at(BlockSlot block, unsigned page) {
    const std::size_t index = index_of(block, page);
    if (index >= dates_.size()) dates_.resize(index + 1 + index / 2);
    return dates_[index];
  }

 private:
  std::size_t index_of(BlockSlot block, unsigned page) const {
    return std::size_t{block.value()} * (kPagesPerBlock / pages_) + page / pages_;
  }

  unsigned pages_;
  std::vector<SimTime> dates_;
};

class TimeSlice final : public ThrashingGuard {
 public:
  TimeSlice(SimTime slice, Bytes granularity)
      : slice_(slice), pages_(static_cast<unsigned>(granularity / kPageSize)), on_host_(pages_) {}

  std::string_view name() const override { return "time_slice/1"; }

  PageMask hold(DeviceId /*device*/, BlockSlot block, const PageMask& faulted, SimTime now) override {
    PageMask held;
    for_each_chunk(faulted, [&](unsigned first, const PageMask& chunk) {
      if (now < on_host_.of(block, first)) held |= faulted & chunk;
    });
    return held;
  }
  std::optional<SimTime> hold_ends(DeviceId /*device*/, BlockSlot block, const PageMask& held, SimTime now) override {
    SimTime last = now;
    for_each_chunk(held, [&](unsigned first, const PageMask&) { last = std::max(last, on_host_.of(block, first)); });
    return last;
  }
  SimTime earliest_return(DeviceId device, BlockSlot block, unsigned page, SimTime now) override {
    if (device.value() >= on_device_.size()) return now;
    return std::max(now, on_device_[device.value()].of(block, page));
  }
  void on_arrived(DeviceId device, BlockSlot block, const PageMask& pages, SimTime now) override {
    while (on_device_.size() <= device.value()) on_device_.emplace_back(pages_);
    ChunkDates& until = on_device_[device.value()];
    for_each_chunk(pages, [&](unsigned first, const PageMask&) {
      SimTime& date = until.at(block, first);
      if (date <= now) date = now + slice_;
    });
  }
  void on_left(DeviceId /*device*/, BlockSlot block, const PageMask& pages, Departure why, SimTime now) override {
    if (why != Departure::kCpuFault) return;
    for_each_chunk(pages, [&](unsigned first, const PageMask&) { on_host_.at(block, first) = now + slice_; });
  }

 private:
  template <class Visit>
  void for_each_chunk(const PageMask& pages, Visit&& visit) const {
    for (unsigned page = pages.next(0); page < kPagesPerBlock;) {
      const unsigned first = page & ~(pages_ - 1);
      visit(first, PageMask::range(first, first + pages_));
      page = pages.next(first + pages_);
    }
  }

  SimTime slice_;
  unsigned pages_;                     // of a chunk
  std::vector<ChunkDates> on_device_;  // until when chunks stay there, by device
  ChunkDates on_host_;                 // until when chunks stay there, whichever device they were on
};

}  // namespace

std::unique_ptr<ThrashingGuard> make_time_slice(SimTime slice, Bytes granularity) {
  return std::make_unique<TimeSlice>(slice, granularity);
}

}  // namespace farfault
