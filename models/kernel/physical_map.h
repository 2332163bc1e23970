/// The physical address space: what lies where, in sections of 128 MiB, and where room for more is.
///
/// Source: x86-64 SECTION_SIZE_BITS 27 (arch/x86/include/asm/sparsemem.h); request_free_mem_region()
/// (kernel/resource.c) for the search from the top downwards; memory_hotplug.c for what is added above memory. The
/// kernel's search goes down in steps of the length itself, and so may pass over room that the search here finds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/core/units.h"

namespace farfault {

inline constexpr Bytes kSection = Bytes::mib(128);

struct PhysicalRange {
  std::uint64_t start = 0;  ///< address
  Bytes length;
  std::uint64_t end() const { return start + length.count(); }
  std::uint64_t first_section() const { return start / kSection.count(); }
  std::uint64_t sections() const { return (end() + kSection.count() - 1) / kSection.count() - first_section(); }
  bool operator==(const PhysicalRange&) const = default;
};

enum class PhysicalUse : std::uint8_t { kMemory, kWindow, kPmem, kDevice };

class PhysicalMap {
 public:
  /// Addresses end at 2^bits. REQUIRES: 36 <= bits <= 52.
  explicit PhysicalMap(unsigned bits);

  /// Takes a given range, not aligned to anything. False if it is empty, overlaps what is there or goes beyond the end.
  bool take(PhysicalUse use, PhysicalRange range);
  /// Takes `length`, rounded up to whole sections, as high as possible. Nothing where no hole is large enough.
  /// REQUIRES, here and below: length is not zero.
  std::optional<PhysicalRange> take_from_top(PhysicalUse use, Bytes length);
  /// Takes `length`, rounded up to whole sections, as low as possible at or above `from`.
  std::optional<PhysicalRange> take_from_bottom(PhysicalUse use, std::uint64_t from, Bytes length);

  std::optional<PhysicalUse> use_at(std::uint64_t address) const;
  /// Length of the largest hole, in whole sections.
  Bytes largest_hole() const;
  Bytes taken(PhysicalUse use) const;
  unsigned bits() const { return bits_; }

 private:
  struct Taken {
    std::uint64_t end = 0;
    PhysicalUse use = PhysicalUse::kMemory;
  };
  std::vector<PhysicalRange> holes(std::uint64_t from) const;

  unsigned bits_;
  std::map<std::uint64_t, Taken> ranges_;  ///< by start; they do not overlap
};

}  // namespace farfault
