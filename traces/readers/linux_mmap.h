/// What the arguments of Linux's mmap and its like mean.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "sim/core/units.h"
#include "traces/access.h"

namespace farfault::traces {

inline constexpr std::uint64_t kMapShared = 0x1;  ///< of the two bits that MAP_SHARED_VALIDATE sets, too
inline constexpr std::uint64_t kMapFixed = 0x10;
inline constexpr std::uint64_t kMapAnonymous = 0x20;
inline constexpr std::uint64_t kProtectionBits = 7;
inline constexpr std::uint8_t kProtExec = 4;

inline Backing backing_of(std::uint64_t flags, std::uint8_t protection) {
  if ((flags & kMapShared) != 0) return Backing::kShared;
  if ((flags & kMapAnonymous) != 0) return Backing::kPrivateAnonymous;
  return (protection & kProtExec) != 0 ? Backing::kExecutable : Backing::kFile;
}

/// The length of a range that begins at `address`, rounded up to whole pages, as the kernel does; nothing if it then
/// goes past the end of the address space.
inline std::optional<std::uint64_t> length_in_pages(std::uint64_t address, std::uint64_t length) {
  constexpr std::uint64_t kPageMask = kPageSize.count() - 1;
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - address;
  const std::uint64_t rounded = (length + kPageMask) & ~kPageMask;
  if (length + kPageMask < length || rounded > room) return std::nullopt;
  return rounded;
}

}  // namespace farfault::traces
