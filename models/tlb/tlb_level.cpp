#include "models/tlb/tlb_level.h"

namespace farfault {
namespace {

constexpr unsigned kSizeBits = 2;

std::uint64_t number_of(PageNumber page, EntrySize size) { return page.value() >> pages_shift(size); }

std::uint64_t tag_of(std::uint64_t number, EntrySize size) {
  return number << kSizeBits | static_cast<std::uint64_t>(size);
}

/// Whether an entry maps a page of the set.
bool maps(std::uint64_t tag, BlockNumber block, const PageMask& pages) {
  const auto size = static_cast<EntrySize>(tag & ((1U << kSizeBits) - 1));
  const unsigned shift = pages_shift(size);
  const PageNumber first(tag >> kSizeBits << shift);
  if (first.block() != block) return false;
  const unsigned begin = first.index_in_block();
  return pages.next(begin) < begin + (1U << shift);
}

}  // namespace

TlbLevel::TlbLevel(const TlbLevelSpec& spec)
    : entries_(spec.entries.value, spec.ways.value), huge_(spec.huge_entries.value, spec.huge_ways.value) {}

bool TlbLevel::look_up(PageNumber page, EntrySize size) {
  LruSets& sets = array(size);
  const std::uint64_t number = number_of(page, size);
  const bool hit = sets.find(sets.set_of(number), tag_of(number, size)) != nullptr;
  ++(hit ? hits_ : misses_);
  return hit;
}

void TlbLevel::fill(PageNumber page, EntrySize size) {
  LruSets& sets = array(size);
  const std::uint64_t number = number_of(page, size);
  sets.insert(sets.set_of(number), {tag_of(number, size), 0});
}

std::uint64_t TlbLevel::drop(BlockNumber block, const PageMask& pages) {
  const auto gone = [&](const LruSets::Entry& entry) { return maps(entry.tag, block, pages); };
  return entries_.erase_if(gone) + huge_.erase_if(gone);
}

void TlbLevel::clear() {
  entries_.clear();
  huge_.clear();
}

}  // namespace farfault
