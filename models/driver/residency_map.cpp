#include "models/driver/residency_map.h"

namespace farfault {

ResidencyMap::ResidencyMap(std::size_t devices, std::uint64_t block_limit)
    : table_(block_limit), devices_(devices), masks_(devices + 1) {}

BlockSlot ResidencyMap::slot(BlockNumber block) {
  if (const auto known = table_.find(block)) return *known;
  const BlockSlot slot = table_.add(block);
  blocks_.emplace_back().number = block;
  for (auto& device : devices_) device.emplace_back();
  for (auto& processor : masks_) processor.emplace_back();
  return slot;
}

PageMask ResidencyMap::populated(BlockSlot slot) const {
  PageMask pages = block(slot).host;
  for (const auto& device : devices_) pages |= device[slot.value()].resident;
  return pages;
}

}  // namespace farfault
