#include "models/kernel/physical_map.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace farfault {

namespace {

std::uint64_t section_floor(std::uint64_t address) { return address / kSection.count() * kSection.count(); }
std::uint64_t section_ceil(std::uint64_t address) { return section_floor(address + kSection.count() - 1); }

}  // namespace

PhysicalMap::PhysicalMap(unsigned bits) : bits_(bits) { assert(36 <= bits && bits <= 52); }

bool PhysicalMap::take(PhysicalUse use, PhysicalRange range) {
  const std::uint64_t size = std::uint64_t{1} << bits_;
  if (range.length == Bytes(0) || range.start > size || range.length.count() > size - range.start) return false;
  const auto above = ranges_.lower_bound(range.start);
  if (above != ranges_.end() && above->first < range.end()) return false;
  if (above != ranges_.begin() && std::prev(above)->second.end > range.start) return false;
  ranges_.emplace_hint(above, range.start, Taken{range.end(), use});
  return true;
}

// Free runs of whole sections at or above an address, upwards.
std::vector<PhysicalRange> PhysicalMap::holes(std::uint64_t from) const {
  std::vector<PhysicalRange> found;
  std::uint64_t start = from;
  const auto add = [&found, &start](std::uint64_t end) {
    const std::uint64_t first = section_ceil(start);
    const std::uint64_t last = section_floor(end);
    if (first < last) found.push_back({first, Bytes(last - first)});
  };
  for (const auto& [first, taken] : ranges_) {
    add(first);
    start = std::max(start, taken.end);
  }
  add(std::uint64_t{1} << bits_);
  return found;
}

std::optional<PhysicalRange> PhysicalMap::take_from_top(PhysicalUse use, Bytes length) {
  const std::vector<PhysicalRange> free = holes(0);
  for (auto hole = free.rbegin(); hole != free.rend(); ++hole) {
    if (hole->length < length) continue;
    const Bytes whole(section_ceil(length.count()));
    const PhysicalRange range{hole->end() - whole.count(), whole};
    take(use, range);
    return range;
  }
  return std::nullopt;
}

std::optional<PhysicalRange> PhysicalMap::take_from_bottom(PhysicalUse use, std::uint64_t from, Bytes length) {
  if (from >> bits_ != 0) return std::nullopt;
  for (const PhysicalRange& hole : holes(from)) {
    if (hole.length < length) continue;
    const PhysicalRange range{hole.start, Bytes(section_ceil(length.count()))};
    take(use, range);
    return range;
  }
  return std::nullopt;
}

std::optional<PhysicalUse> PhysicalMap::use_at(std::uint64_t address) const {
  const auto above = ranges_.upper_bound(address);
  if (above == ranges_.begin()) return std::nullopt;
  const Taken& taken = std::prev(above)->second;
  if (taken.end <= address) return std::nullopt;
  return taken.use;
}

Bytes PhysicalMap::largest_hole() const {
  Bytes largest;
  for (const PhysicalRange& hole : holes(0)) largest = std::max(largest, hole.length);
  return largest;
}

Bytes PhysicalMap::taken(PhysicalUse use) const {
  Bytes sum;
  for (const auto& [first, range] : ranges_) {
    if (range.use == use) sum += Bytes(range.end - first);
  }
  return sum;
}

}  // namespace farfault
