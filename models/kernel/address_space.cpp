#include "models/kernel/address_space.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace farfault {
namespace {

/// First page and the page beyond the last; empty where the range is empty or wraps.
std::pair<std::uint64_t, std::uint64_t> pages_of(VirtualAddress address, Bytes length) {
  const std::uint64_t last = address.value() + length.count() - 1;
  if (length == Bytes(0) || last < address.value()) return {0, 0};
  return {address.value() >> kPageShift, (last >> kPageShift) + 1};
}

}  // namespace

void AddressSpace::carve(std::uint64_t first, std::uint64_t end) {
  auto it = ranges_.upper_bound(first);
  if (it != ranges_.begin()) {
    const auto before = std::prev(it);
    if (before->second.end > first) {
      const Range old = before->second;
      if (before->first < first) {
        before->second.end = first;
      } else {
        ranges_.erase(before);
      }
      if (old.end > end) {
        ranges_.emplace(end, old);
        return;
      }
    }
  }
  it = ranges_.lower_bound(first);
  while (it != ranges_.end() && it->first < end) {
    const Range old = it->second;
    it = ranges_.erase(it);
    if (old.end > end) {
      ranges_.emplace(end, old);
      return;
    }
  }
}

bool AddressSpace::splits(std::uint64_t first, std::uint64_t end) const {
  const auto it = ranges_.lower_bound(first);
  return it != ranges_.begin() && std::prev(it)->second.end > end;
}

void AddressSpace::map(VirtualAddress address, Bytes length, std::uint8_t kind) {
  const auto [first, end] = pages_of(address, length);
  if (first == end) return;
  if (ranges_.size() >= kMaxRanges) {
    ++ignored_;
    return;
  }
  carve(first, end);
  ranges_.emplace(first, Range{end, first, kind});
  any_known_ = true;
  seen_ |= kinds_of({vma_kind(kind)});
}

void AddressSpace::unmap(VirtualAddress address, Bytes length) {
  const auto [first, end] = pages_of(address, length);
  if (first == end) return;
  if (ranges_.size() >= kMaxRanges && splits(first, end)) {
    ++ignored_;
    return;
  }
  carve(first, end);
}

std::optional<std::uint8_t> AddressSpace::kind_at(VirtualAddress address) const {
  const std::uint64_t page = address.page().value();
  auto it = ranges_.upper_bound(page);
  if (it == ranges_.begin()) return std::nullopt;
  --it;
  if (it->second.end <= page) return std::nullopt;
  return it->second.kind;
}

AddressSpace::Piece AddressSpace::piece_at(VirtualAddress address) const {
  const std::uint64_t page = address.page().value();
  const std::uint64_t block = page / kPagesPerBlock * kPagesPerBlock;
  Piece hole{block, block + kPagesPerBlock, block, VmaKind::kUnknown};
  const auto after = ranges_.upper_bound(page);
  if (after != ranges_.end()) hole.end = std::min(hole.end, after->first);
  if (after == ranges_.begin()) return hole;
  const auto& [first, range] = *std::prev(after);
  if (range.end > page) return {first, range.end, range.mapping, vma_kind(range.kind)};
  hole.first = std::max(hole.first, range.end);
  return hole;
}

PageMask AddressSpace::of_kinds(BlockNumber block, VmaKinds kinds) const {
  // Most processes have no mapping that a fault could not use: nothing to look up for each fault.
  if ((seen_ & ~kinds) == 0) return PageMask::all();
  PageMask mask;
  for_each_in(block, [&](const PageMask& pages, std::uint64_t, VmaKind kind) {
    if ((kinds & kinds_of({kind})) != 0) mask |= pages;
  });
  return mask;
}

PageMask AddressSpace::mapped(BlockNumber block) const {
  const std::uint64_t first = block.value() << (kBlockShift - kPageShift);
  const std::uint64_t end = first + kPagesPerBlock;
  PageMask mask;
  auto it = ranges_.upper_bound(first);
  if (it != ranges_.begin()) --it;
  for (; it != ranges_.end() && it->first < end; ++it) {
    const std::uint64_t from = std::max(it->first, first);
    const std::uint64_t to = std::min(it->second.end, end);
    if (from < to) mask |= PageMask::range(static_cast<unsigned>(from - first), static_cast<unsigned>(to - first));
  }
  return any_known_ ? mask : PageMask::all();
}

}  // namespace farfault
