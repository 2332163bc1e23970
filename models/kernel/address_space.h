/// The mappings (VMAs) of the process whose trace is replayed, as far as the trace tells them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// Ranges of pages that do not overlap. Bounded: when more than kMaxRanges are known, the oldest knowledge is kept and
/// further mappings, and holes in known ones, are ignored (and counted).
class AddressSpace {
 public:
  static constexpr std::size_t kMaxRanges = 1U << 20U;

  /// Maps [address, address + length), over whatever was there. Partial pages count whole. Empty and wrapping ranges
  /// are ignored.
  void map(VirtualAddress address, Bytes length, std::uint8_t kind);
  void unmap(VirtualAddress address, Bytes length);

  /// The kind given to map(), or nothing where the trace told nothing.
  std::optional<std::uint8_t> kind_at(VirtualAddress address) const;
  /// The pages of a block that are known to be mapped. All of them as long as no mapping was ever told of: some trace
  /// formats tell of none.
  PageMask mapped(BlockNumber block) const;

  std::size_t ranges() const { return ranges_.size(); }
  std::uint64_t ignored() const { return ignored_; }

 private:
  struct Range {
    std::uint64_t end = 0;  // page number beyond the last
    std::uint8_t kind = 0;
  };
  /// Whether a hole would make one range two.
  bool splits(std::uint64_t first, std::uint64_t end) const;
  void carve(std::uint64_t first, std::uint64_t end);

  std::map<std::uint64_t, Range> ranges_;  // by first page number
  std::uint64_t ignored_ = 0;
  bool any_known_ = false;
};

}  // namespace farfault
