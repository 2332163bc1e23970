/// Pages of virtual memory, beyond a single block.
#pragma once

#include <cstdint>

namespace farfault {

struct PageRange {
  std::uint64_t first = 0;  ///< page number
  std::uint64_t pages = 0;  ///< 0: nothing, or not known

  constexpr std::uint64_t end() const { return first + pages; }
  constexpr bool operator==(const PageRange&) const = default;
};

}  // namespace farfault
