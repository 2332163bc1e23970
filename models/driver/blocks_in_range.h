/// Walks the blocks of an address range that a run knows.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/driver/residency_map.h"

namespace farfault {

/// Calls `visit(slot, pages)` for each known block that [address, address + length) meets, in the order of addresses,
/// or of slots where the range is larger than all that is known. Partial pages count whole; empty and wrapping ranges
/// meet nothing.
template <class Visit>
void for_each_block_in(const ResidencyMap& residency, VirtualAddress address, Bytes length, Visit&& visit) {
  const std::uint64_t last_byte = address.value() + length.count() - 1;
  if (length == Bytes(0) || last_byte < address.value()) return;
  const std::uint64_t first = address.page().value();
  const std::uint64_t end = (last_byte >> kPageShift) + 1;
  const auto in_block = [&](BlockSlot slot) {
    const std::uint64_t base = residency.block(slot).number.value() * kPagesPerBlock;
    const std::uint64_t from = std::max(first, base);
    const std::uint64_t to = std::min(end, base + kPagesPerBlock);
    if (from < to) {
      visit(slot, PageMask::range(static_cast<unsigned>(from - base), static_cast<unsigned>(to - base)));
    }
  };
  const std::uint64_t first_block = first / kPagesPerBlock;
  const std::uint64_t end_block = (end + kPagesPerBlock - 1) / kPagesPerBlock;
  if (end_block - first_block > residency.blocks()) {
    for (std::uint32_t slot = 0; slot < residency.blocks(); ++slot) in_block(BlockSlot(slot));
    return;
  }
  for (std::uint64_t block = first_block; block < end_block; ++block) {
    if (const auto slot = residency.find(BlockNumber(block))) in_block(*slot);
  }
}

}  // namespace farfault
