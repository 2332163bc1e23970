#include "models/tlb/walk_cache.h"

#include <algorithm>

namespace farfault {
namespace {

constexpr unsigned kLevelBits = 4;  // more than the levels that a page table may have

}  // namespace

WalkCache::WalkCache(std::uint64_t entries, const PageTableSpec& table)
    : bits_below_(table.upper_bits.size() + 1), pointers_(entries, std::max<std::uint64_t>(1, entries)) {
  for (std::size_t level = table.upper_bits.size(); level-- > 0;) {
    bits_below_[level] = bits_below_[level + 1] + static_cast<unsigned>(table.upper_bits[level]);
  }
}

std::uint64_t WalkCache::tag(BlockNumber block, unsigned level) const {
  const unsigned bits = bits_below_[level];
  return (bits >= 64 ? 0 : block.value() >> bits) << kLevelBits | level;
}

unsigned WalkCache::walk(BlockNumber block, EntrySize size) {
  // A 2 MiB entry is in the last upper table, smaller ones in the table below.
  const auto last = static_cast<unsigned>(bits_below_.size()) - (size == EntrySize::k2MiB ? 2 : 1);
  if (pointers_.empty()) return last + 1;
  unsigned known = last;
  while (known > 0 && pointers_.find(0, tag(block, known)) == nullptr) --known;
  for (unsigned level = known + 1; level <= last; ++level) pointers_.insert(0, {tag(block, level), 0});
  return last - known + 1;
}

}  // namespace farfault
