#include "models/kernel/designs/section_radix.h"

#include <algorithm>
#include <stdexcept>

namespace farfault {
void SectionRadix::add(MemorySetup& setup, PhysicalRange range, std::uint64_t owner, AltmapLookups altmap,
                       MetadataFigures& figures) {
  if (!tree_) tree_.emplace(setup.cache());
  const TreeGrowth growth(*tree_);
  const std::uint64_t end = range.first_section() + range.sections();
  for (std::uint64_t section = range.first_section(); section < end; ++section) {
    if (tree_->lookup(section) || !tree_->insert(section, owner)) {
      throw std::logic_error("a section of physical memory is added twice");
    }
  }
  if (altmap == AltmapLookups::kPerSection) {
    for (std::uint64_t section = range.first_section(); section < end; ++section) tree_->lookup(section);
  }
  growth.book(figures);
}

SimTime SectionRadix::look_up(std::uint64_t address) {
  const SimTime before = tree_->cost().time;
  tree_->lookup(address / kSection.count());
  return tree_->cost().time - before;
}

MetadataFigures PmemInRadix::add(MemorySetup& setup, const DesignSpec& spec, Bytes capacity, SectionRadix& radix,
                                 SectionRadix::AltmapLookups altmap) {
  const std::string name = "persistent memory";
  const PhysicalRange range = take_above_memory(setup, PhysicalUse::kPmem, capacity, name);
  MetadataFigures figures = add_zone_device(setup, spec, range, persistent_memory(MemmapInit::kTwoPasses), name);
  radix.add(setup, range, kFirstPmemOwner + regions_.size(), altmap, figures);
  const std::uint64_t first = regions_.empty() ? 0 : regions_.back().first_page + regions_.back().pages;
  regions_.push_back(Region{first, pages_of(capacity), range.start});
  reference_ = setup.spec().gup.pgmap_reference.value;
  return figures;
}

SimTime PmemInRadix::hold(SectionRadix& radix, std::uint64_t first_page, std::uint64_t pages) const {
  SimTime time = reference_ * pages;
  const std::uint64_t end = first_page + pages;
  for (const Region& region : regions_) {
    const std::uint64_t from = std::max(first_page, region.first_page);
    if (from >= std::min(end, region.first_page + region.pages)) continue;
    time += radix.look_up(region.address + (from - region.first_page) * kPageSize.count());
  }
  return time;
}

}  // namespace farfault
