#include "models/pagetable/page_table.h"

#include <algorithm>
#include <bit>

namespace farfault {
namespace {

constexpr unsigned kBigPageLanes = 16;

/// The lowest bit of each 16-bit lane of `word` that is all ones. A lane of ~word is zero exactly then, and the sum
/// below carries into a lane's highest bit exactly where the lane is not.
constexpr std::uint64_t full_lanes(std::uint64_t word) {
  constexpr std::uint64_t kLow = 0x7fff7fff7fff7fffU;
  const std::uint64_t absent = ~word;
  const std::uint64_t nonzero = ((absent & kLow) + kLow) | absent;
  return (~nonzero & ~kLow) >> (kBigPageLanes - 1);
}

}  // namespace

PageTable::PageTable(const PageTableSpec& spec) : spec_(spec), entries_(spec.upper_bits.size()) {
  unsigned below = 0;
  bits_below_.resize(spec.upper_bits.size());
  for (std::size_t level = spec.upper_bits.size(); level-- > 0;) {
    below += static_cast<unsigned>(spec.upper_bits[level]);
    bits_below_[level] = below;
  }
}

PageTable::Form PageTable::form_of(const PageMask& mapped) const {
  Form form;
  if (spec_.huge_pages && mapped.full()) {
    form.huge = true;
    return form;
  }
  for (const std::uint64_t word : mapped.words()) {
    const std::uint64_t big = big_lanes(word);
    form.big = form.big || big != 0;
    form.small = form.small || (word & ~(big * 0xffffU)) != 0;
  }
  return form;
}

std::uint64_t PageTable::prefix(BlockNumber block, std::size_t level) const {
  return bits_below_[level] >= 64 ? 0 : block.value() >> bits_below_[level];
}

std::uint64_t PageTable::big_lanes(std::uint64_t word) const {
  return spec_.large_leaf_bytes == Bytes(0) ? 0 : full_lanes(word);
}

void PageTable::add_node(Bytes bytes, Change& change) {
  ++nodes_;
  ++change.nodes_made;
  bytes_ += bytes;
  peak_bytes_ = std::max(peak_bytes_, bytes_);
}

void PageTable::drop_node(Bytes bytes, Change& change) {
  --nodes_;
  ++change.nodes_freed;
  bytes_ -= bytes;
}

void PageTable::attach(BlockNumber block, Change& change) {
  // From the lowest upper level to the root, as far as nodes have to be made.
  for (std::size_t level = entries_.size(); level-- > 0;) {
    std::uint32_t& count = entries_[level][prefix(block, level)];
    ++change.entries;
    if (count++ != 0) return;
    add_node(spec_.node_bytes, change);
  }
}

void PageTable::detach(BlockNumber block, Change& change) {
  for (std::size_t level = entries_.size(); level-- > 0;) {
    const auto it = entries_[level].find(prefix(block, level));
    ++change.entries;
    if (--it.value() != 0) return;
    entries_[level].erase(it);
    drop_node(spec_.node_bytes, change);
  }
}

EntrySize PageTable::entry_size(const PageMask& mapped, unsigned page) const {
  if (spec_.huge_pages && mapped.full()) return EntrySize::k2MiB;
  const std::uint64_t big = big_lanes(mapped.words()[page >> 6U]);
  return (big >> (page & 63U & ~(kBigPageLanes - 1)) & 1U) != 0 ? EntrySize::k64KiB : EntrySize::k4KiB;
}

std::uint64_t PageTable::entries_over(const PageMask& mapped, const PageMask& pages) const {
  if (spec_.huge_pages && mapped.full()) return pages.any() ? 1 : 0;
  std::uint64_t entries = 0;
  for (unsigned w = 0; w < PageMask::kWords; ++w) {
    const std::uint64_t big = big_lanes(mapped.words()[w]);
    const std::uint64_t meant = pages.words()[w] & mapped.words()[w];
    entries += static_cast<unsigned>(std::popcount(meant & ~(big * 0xffffU)));
    for (unsigned lane = 0; lane < 64; lane += kBigPageLanes) {
      if ((big >> lane & 1U) != 0 && (meant >> lane & 0xffffU) != 0) ++entries;
    }
  }
  return entries;
}

PageTable::Change PageTable::update(BlockNumber block, const PageMask& before, const PageMask& after) {
  if (on_unmapped && !after.contains(before)) {
    const PageMask gone = before & ~after;
    on_unmapped(block, gone, entries_over(before, gone));
  }
  Change change;
  Form old_form;
  Form new_form;
  old_form.huge = spec_.huge_pages && before.full();
  new_form.huge = spec_.huge_pages && after.full();
  for (unsigned w = 0; w < PageMask::kWords; ++w) {
    // A 2 MiB entry stands in for all entries below it.
    const std::uint64_t old_word = old_form.huge ? 0 : before.words()[w];
    const std::uint64_t new_word = new_form.huge ? 0 : after.words()[w];
    if ((old_word | new_word) == 0) continue;
    const std::uint64_t old_big = big_lanes(old_word);
    const std::uint64_t new_big = big_lanes(new_word);
    const std::uint64_t old_small = old_word & ~(old_big * 0xffffU);
    const std::uint64_t new_small = new_word & ~(new_big * 0xffffU);
    old_form.big |= old_big != 0;
    new_form.big |= new_big != 0;
    old_form.small |= old_small != 0;
    new_form.small |= new_small != 0;
    change.entries += static_cast<unsigned>(std::popcount(old_big ^ new_big) + std::popcount(old_small ^ new_small));
  }

  if (!old_form.mapped() && new_form.mapped()) attach(block, change);
  if (!old_form.small && new_form.small) add_node(spec_.leaf_bytes, change);
  if (!old_form.big && new_form.big) add_node(spec_.large_leaf_bytes, change);
  if (old_form.small && !new_form.small) drop_node(spec_.leaf_bytes, change);
  if (old_form.big && !new_form.big) drop_node(spec_.large_leaf_bytes, change);
  if (old_form.mapped() && !new_form.mapped()) detach(block, change);
  // Between a table and a 2 MiB entry the last upper entry is rewritten.
  if (old_form.mapped() && new_form.mapped() && old_form.huge != new_form.huge) ++change.entries;
  entries_written_ += change.entries;
  return change;
}

unsigned PageTable::walk(BlockNumber block, const PageMask& mapped, unsigned /*page*/) {
  unsigned levels = 0;
  bool reached = true;
  for (std::size_t level = 0; level < entries_.size() && reached; ++level) {
    ++levels;
    const std::size_t below = level + 1;
    reached = below == entries_.size() ? mapped.any() : entries_[below].contains(prefix(block, below));
  }
  // Below is a 2 MiB entry, or tables: one of 64 KiB entries is read beside the one of 4 KiB entries, which counts as
  // one level, whether or not the page has an entry there.
  if (reached && !(spec_.huge_pages && mapped.full())) ++levels;
  ++walks_;
  walk_levels_ += levels;
  return levels;
}

}  // namespace farfault
