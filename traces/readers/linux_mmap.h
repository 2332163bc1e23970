/// What the arguments of Linux's mmap and its like mean.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "sim/core/units.h"
#include "traces/access.h"

namespace farfault::traces {

inline constexpr std::uint64_t kMapShared = 0x1;  ///< of the two bits that MAP_SHARED_VALIDATE sets, too
inline constexpr std::uint64_t kMapFixed = 0x10;
inline constexpr std::uint64_t kMapAnonymous = 0x20;
inline constexpr std::uint64_t kMapSharedValidate = 0x3;
inline constexpr std::uint64_t kMapHugeTlb = 0x40000;
inline constexpr std::uint64_t kMapSync = 0x80000;  ///< only files on DAX take it, and only with kMapSharedValidate
inline constexpr std::uint64_t kProtectionBits = 7;
inline constexpr std::uint8_t kProtExec = 4;

/// Where the name of what is mapped says it: a path of an open file, or a name in /proc/PID/maps. Nothing where the
/// flags decide.
inline std::optional<Backing> backing_by_name(std::string_view name) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (name.ends_with(kDeleted)) name.remove_suffix(kDeleted.size());
  if (name == "/anon_hugepage" || name.starts_with("/dev/hugepages")) return Backing::kHugeTlb;
  if (name.starts_with("/dev/dax")) return Backing::kDax;
  if (name == "[vvar]" || name == "[vvar_vclock]") return Backing::kSpecial;
  // Files in memory, and anonymous memory by another name.
  if (name.starts_with("/dev/shm/") || name == "/dev/zero") return std::nullopt;
  return name.starts_with("/dev/") ? std::optional(Backing::kSpecial) : std::nullopt;
}

/// `name` is that of the file, if it is known.
inline Backing backing_of(std::uint64_t flags, std::uint8_t protection, std::string_view name = {}) {
  if (const std::optional<Backing> named = backing_by_name(name)) return *named;
  if ((flags & kMapAnonymous) != 0 && (flags & kMapHugeTlb) != 0) return Backing::kHugeTlb;
  if ((flags & kMapSharedValidate) == kMapSharedValidate && (flags & kMapSync) != 0) return Backing::kDax;
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
