/// From a 2 MiB block of virtual address space to the dense slot that a run gave it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sim/core/units.h"

namespace farfault {

/// One array over the whole 48-bit address space, 4 bytes a block, of which the operating system provides only the
/// pages that are touched: a look-up is one load, and a page of the array (4 KiB) serves 2 GiB of addresses. Memory is
/// bounded by the limit on blocks, since a new block touches at most one new page.
class BlockTable {
 public:
  /// Addresses at or above 2^48 are not replayed.
  static constexpr unsigned kAddressBits = 48;
  static constexpr std::uint64_t kBlocks = std::uint64_t{1} << (kAddressBits - kBlockShift);

  /// `limit`: the most blocks that may be added. Throws RunError if the address range cannot be had.
  explicit BlockTable(std::uint64_t limit);
  ~BlockTable();
  BlockTable(const BlockTable&) = delete;
  BlockTable& operator=(const BlockTable&) = delete;

  std::optional<BlockSlot> find(BlockNumber block) const {
    if (block.value() >= kBlocks) return std::nullopt;
    const std::uint32_t entry = index_[block.value()];
    if (entry == 0) return std::nullopt;
    return BlockSlot(entry - 1);
  }
  /// The slot of a block that is not there yet; slots count up from zero. Throws InputError over the limit, or for a
  /// block above 2^48.
  BlockSlot add(BlockNumber block);

  std::uint64_t size() const { return size_; }
  /// Whether add() would throw over the limit.
  bool full() const { return size_ >= limit_; }
  /// For the replay loop: slot + 1 by block number, 0 for a block that was never seen.
  const std::uint32_t* index() const { return index_; }

 private:
  std::uint32_t* index_ = nullptr;
  std::uint64_t limit_;
  std::uint32_t size_ = 0;
};

}  // namespace farfault
