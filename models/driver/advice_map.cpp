#include "models/driver/advice_map.h"

#include <algorithm>
#include <iterator>

namespace farfault {

void AdviceMap::split(std::uint64_t page) {
  auto it = ranges_.lower_bound(page);
  if (it == ranges_.begin() || (it != ranges_.end() && it->first == page)) return;
  --it;
  if (it->second.end <= page) return;
  const Range behind = it->second;
  it->second.end = page;
  ranges_.emplace(page, behind);
}

void AdviceMap::advise(VirtualAddress address, Bytes length, AdviceKind kind, std::size_t processor) {
  const std::uint64_t last = address.value() + length.count() - 1;
  if (length == Bytes(0) || last < address.value()) return;
  // A piece for each range that it meets, and one for each hole between them.
  const bool takes_back = kind == AdviceKind::kNone;
  if ((!takes_back && ranges_.size() >= kMaxRanges / 2) || ranges_.size() + 2 > kMaxRanges ||
      processor >= kMaxProcessors) {
    ++ignored_;
    return;
  }
  const std::uint64_t first = address.value() >> kPageShift;
  const std::uint64_t end = (last >> kPageShift) + 1;
  split(first);
  split(end);
  if (takes_back) {
    ranges_.erase(ranges_.lower_bound(first), ranges_.lower_bound(end));
    return;
  }
  has_read_mostly_ = has_read_mostly_ || kind == AdviceKind::kReadMostly;
  const auto set = [&](Range& range) {
    if (kind == AdviceKind::kPreferredLocation) range.preferred = static_cast<std::uint8_t>(processor);
    if (kind == AdviceKind::kAccessedBy) range.accessed_by |= std::uint64_t{1} << processor;
    if (kind == AdviceKind::kReadMostly) range.read_mostly = true;
  };
  std::uint64_t at = first;
  for (auto it = ranges_.lower_bound(first); at < end; ++it) {
    const std::uint64_t next = it == ranges_.end() ? end : std::min(it->first, end);
    if (at < next) {
      Range fresh;
      fresh.end = next;
      set(fresh);
      it = ranges_.emplace_hint(it, at, fresh);
      at = next;
      continue;
    }
    set(it->second);
    at = it->second.end;
  }
}

PageAdvice AdviceMap::of(BlockNumber block, unsigned page, DeviceId device) const {
  PageAdvice advice;
  const std::uint64_t number = block.value() * kPagesPerBlock + page;
  auto it = ranges_.upper_bound(number);
  if (it == ranges_.begin()) return advice;
  const Range& range = std::prev(it)->second;
  if (range.end <= number) return advice;
  if (range.preferred != kNobody) advice.preferred = range.preferred;
  advice.accessed_by = device.value() + std::size_t{1} < kMaxProcessors &&
                       (range.accessed_by >> (device.value() + std::size_t{1}) & 1U) != 0;
  advice.read_mostly = range.read_mostly;
  return advice;
}

template <class Wanted>
PageMask AdviceMap::pages_of(BlockNumber block, Wanted&& wanted) const {
  PageMask pages;
  const std::uint64_t first = block.value() * kPagesPerBlock;
  const std::uint64_t end = first + kPagesPerBlock;
  auto it = ranges_.upper_bound(first);
  if (it != ranges_.begin()) --it;
  for (; it != ranges_.end() && it->first < end; ++it) {
    const std::uint64_t from = std::max(it->first, first);
    const std::uint64_t to = std::min(it->second.end, end);
    if (from >= to || !wanted(it->second)) continue;
    pages |= PageMask::range(static_cast<unsigned>(from - first), static_cast<unsigned>(to - first));
  }
  return pages;
}

PageMask AdviceMap::accessed_by(BlockNumber block, DeviceId device) const {
  if (device.value() + std::size_t{1} >= kMaxProcessors) return {};
  const std::uint64_t bit = std::uint64_t{1} << (device.value() + std::size_t{1});
  return pages_of(block, [bit](const Range& range) { return (range.accessed_by & bit) != 0; });
}

PageMask AdviceMap::read_mostly(BlockNumber block) const {
  return pages_of(block, [](const Range& range) { return range.read_mostly; });
}

}  // namespace farfault
