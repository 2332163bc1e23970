/// The mappings (VMAs) of the process whose trace is replayed, as far as the trace tells them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// What a mapping is; the numbers are those of traces::Backing.
enum class VmaKind : std::uint8_t {
  kUnknown,
  kPrivateAnonymous,
  kHeap,
  kStack,
  kFile,
  kShared,
  kExecutable,
  kHugeTlb,
  kDax,
  kSpecial,  ///< device mappings and the like, without pages that anyone could take (VM_PFNMAP, VM_IO)
};
inline constexpr std::size_t kVmaKindCount = 10;

/// A set of VmaKind, a bit each.
using VmaKinds = std::uint32_t;
constexpr VmaKinds kinds_of(std::initializer_list<VmaKind> list) {
  VmaKinds kinds = 0;
  for (const VmaKind kind : list) kinds |= VmaKinds{1} << static_cast<unsigned>(kind);
  return kinds;
}
inline constexpr VmaKinds kAllKinds = (VmaKinds{1} << kVmaKindCount) - 1;
/// Anonymous memory of one process, and what a trace tells nothing of.
inline constexpr VmaKinds kAnonymousKinds =
    kinds_of({VmaKind::kUnknown, VmaKind::kPrivateAnonymous, VmaKind::kHeap, VmaKind::kStack});

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
  /// The pages of a block that lie in mappings of these kinds; pages of no mapping that the trace told of are kUnknown.
  PageMask of_kinds(BlockNumber block, VmaKinds kinds) const;
  /// The pages of a block that are known to be mapped. All of them as long as no mapping was ever told of: some trace
  /// formats tell of none.
  PageMask mapped(BlockNumber block) const;

  /// A mapping, or a piece that is left of one, around a page.
  struct Piece {
    std::uint64_t first = 0;    ///< page number
    std::uint64_t end = 0;      ///< page number beyond the last
    std::uint64_t mapping = 0;  ///< number of the mapping, as for_each_in() gives it
    VmaKind kind = VmaKind::kUnknown;
  };
  /// What holds the address; where nothing that the trace told of does, the hole around it within the block.
  Piece piece_at(VirtualAddress address) const;

  /// Calls `visit(pages, mapping, kind)` for each mapping that meets a block, by address; `mapping` is a number that it
  /// keeps whatever is unmapped of it. Pages of no known mapping come last, as one of kind kUnknown that is the block's
  /// alone.
  template <class Visit>
  void for_each_in(BlockNumber block, Visit&& visit) const {
    const std::uint64_t first = block.value() << (kBlockShift - kPageShift);
    const std::uint64_t end = first + kPagesPerBlock;
    PageMask unknown = PageMask::all();
    auto it = ranges_.upper_bound(first);
    if (it != ranges_.begin()) --it;
    for (; it != ranges_.end() && it->first < end; ++it) {
      const std::uint64_t from = std::max(it->first, first);
      const std::uint64_t to = std::min(it->second.end, end);
      if (from >= to) continue;
      const PageMask pages = PageMask::range(static_cast<unsigned>(from - first), static_cast<unsigned>(to - first));
      unknown &= ~pages;
      visit(pages, it->second.mapping, vma_kind(it->second.kind));
    }
    if (unknown.any()) visit(unknown, first, VmaKind::kUnknown);
  }

  std::size_t ranges() const { return ranges_.size(); }
  std::uint64_t ignored() const { return ignored_; }

 private:
  struct Range {
    std::uint64_t end = 0;      // page number beyond the last
    std::uint64_t mapping = 0;  // its first page when it was mapped
    std::uint8_t kind = 0;
  };
  static VmaKind vma_kind(std::uint8_t kind) {
    return kind < kVmaKindCount ? static_cast<VmaKind>(kind) : VmaKind::kUnknown;
  }
  /// Whether a hole would make one range two.
  bool splits(std::uint64_t first, std::uint64_t end) const;
  void carve(std::uint64_t first, std::uint64_t end);

  std::map<std::uint64_t, Range> ranges_;  // by first page number
  std::uint64_t ignored_ = 0;
  bool any_known_ = false;
  VmaKinds seen_ = kinds_of({VmaKind::kUnknown});  // kinds that there has ever been a page of
};

}  // namespace farfault
