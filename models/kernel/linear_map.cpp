#include "models/kernel/linear_map.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>

namespace farfault {

namespace {

// Bits of an address below an entry of each level, and below a table of it.
constexpr unsigned kEntryBits = 9;
constexpr std::array<unsigned, 3> kPageBits = {12, 21, 30};

std::uint64_t table_of(std::uint64_t address, std::size_t level) { return address >> kPageBits[level] >> kEntryBits; }
std::uint64_t floor_to(std::uint64_t address, unsigned bits) { return address >> bits << bits; }
std::uint64_t ceil_to(std::uint64_t address, unsigned bits) {
  return floor_to(address + (std::uint64_t{1} << bits) - 1, bits);
}

}  // namespace

std::uint64_t LinearMap::Runs::make(std::uint64_t first, std::uint64_t end) {
  if (first >= end) return 0;
  std::uint64_t present = 0;
  std::uint64_t merged_first = first;
  std::uint64_t merged_end = end;
  auto run = runs_.upper_bound(first);
  if (run != runs_.begin() && std::prev(run)->second >= first) --run;
  while (run != runs_.end() && run->first <= end) {
    const std::uint64_t from = std::max(run->first, first);
    const std::uint64_t to = std::min(run->second, end);
    present += to - from;
    merged_first = std::min(merged_first, run->first);
    merged_end = std::max(merged_end, run->second);
    run = runs_.erase(run);
  }
  runs_.emplace(merged_first, merged_end);
  const std::uint64_t made = end - first - present;
  size_ += made;
  return made;
}

LinearMap::Added LinearMap::add(PhysicalRange range, LinearMapPages pages) {
  assert(pages != LinearMapPages::kNone);
  Added added{};
  if (range.length == Bytes(0)) return added;
  const std::size_t top = pages == LinearMapPages::k4KiB ? 0 : pages == LinearMapPages::k2MiB ? 1 : 2;
  const std::array<Runs*, 3> runs = {&pte_, &pmd_, &pud_};
  std::array<std::uint64_t, 3> made{};
  const auto map = [&](std::uint64_t start, std::uint64_t end, std::size_t size) {
    if (start >= end) return;
    added.entries += (end - start) >> kPageBits[size];
    for (std::size_t level = size; level < runs.size(); ++level) {
      made[level] += runs[level]->make(table_of(start, level), table_of(end - 1, level) + 1);
    }
  };

  // Each larger size takes the aligned middle of what is left, and leaves the ends to the next smaller one.
  std::uint64_t start = floor_to(range.start, kPageBits[0]);
  std::uint64_t end = ceil_to(range.end(), kPageBits[0]);
  for (std::size_t size = 0; size < top && start < end; ++size) {
    const std::uint64_t middle = std::min(ceil_to(start, kPageBits[size + 1]), end);
    map(start, middle, size);
    const std::uint64_t middle_end = std::max(floor_to(end, kPageBits[size + 1]), middle);
    map(middle_end, end, size);
    start = middle;
    end = middle_end;
  }
  map(start, end, top);

  for (std::size_t level = 0; level < made.size(); ++level) {
    added.tables += kPageSize * made[level];
    if (level <= top) added.leaf_tables += kPageSize * made[level];
    added.entries += made[level];
  }
  return added;
}

Bytes LinearMap::table_bytes() const { return kPageSize * (pte_.size() + pmd_.size() + pud_.size()); }

}  // namespace farfault
