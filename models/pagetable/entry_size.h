/// The sizes of what one page-table entry, and so one TLB entry, maps.
#pragma once

#include <cstdint>

namespace farfault {

enum class EntrySize : std::uint8_t { k4KiB, k64KiB, k2MiB };

/// log2 of the 4 KiB pages of an entry.
constexpr unsigned pages_shift(EntrySize size) {
  return size == EntrySize::k4KiB ? 0 : size == EntrySize::k64KiB ? 4 : 9;
}

}  // namespace farfault
