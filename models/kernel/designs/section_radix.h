/// Memory by 128 MiB section in a radix tree, as `pgmap_radix` (kernel/memremap.c, 4.9) and `hmm_devmem_radix`
/// (mm/hmm.c, 4.14 to 4.20) keep it, and persistent memory in such a tree.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/kernel/designs/zone_device.h"
#include "models/kernel/trees/radix_tree.h"

namespace farfault {

class SectionRadix {
 public:
  enum class AltmapLookups : std::uint8_t { kNone, kPerSection };

  /// Looks up and inserts each section of the range, and books that on the figures. With kPerSection, each section is
  /// looked up once more: to_vmem_altmap(), whenever a section's struct pages are made (to 4.15).
  void add(MemorySetup& setup, PhysicalRange range, std::uint64_t owner, AltmapLookups altmap,
           MetadataFigures& figures);
  /// Time to find the section of an address. REQUIRES: add() was called.
  SimTime look_up(std::uint64_t address);

 private:
  std::optional<RadixTree> tree_;  // made by the first add(): a design has no cache before
};

/// Persistent memory whose pgmap is found through a SectionRadix: to 6.16, get_user_pages() took a reference on the
/// pgmap for each page (get_dev_pagemap()), and looked up only when the page before lay in another one.
class PmemInRadix {
 public:
  /// Takes the lowest room above memory, two passes over struct pages. Throws InputError where there is none.
  MetadataFigures add(MemorySetup& setup, const DesignSpec& spec, Bytes capacity, SectionRadix& radix,
                      SectionRadix::AltmapLookups altmap);
  /// As KernelDesign::hold_pmem().
  SimTime hold(SectionRadix& radix, std::uint64_t first_page, std::uint64_t pages) const;

 private:
  struct Region {
    std::uint64_t first_page = 0;
    std::uint64_t pages = 0;
    std::uint64_t address = 0;
  };
  std::vector<Region> regions_;  // in the order of their pages
  SimTime reference_;
};

}  // namespace farfault
