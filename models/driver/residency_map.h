/// Where every page is, and what each processor may do with it without asking.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/driver/block_frames.h"
#include "models/driver/block_table.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// What the replay loop tests for each access, per processor and block. A bit is set by a page's first access after it
/// arrived (so first uses are seen and counted) and cleared when the page leaves.
struct alignas(64) AccessMasks {
  PageMask readable;  ///< local: loads hit
  PageMask writable;  ///< local: stores hit; not set before the first store
  PageMask remote;    ///< reached over the link
};

/// A block as one device has it.
struct DeviceBlock {
  PageMask resident;       ///< in the device's memory (perhaps still on the way)
  PageMask remote_mapped;  ///< mapped where it is: in host memory, or another device's
  PageMask once;           ///< of the mapped ones: the first access takes the mapping away
  PageMask prefetched;     ///< came by prefetch and was not accessed since
  PageMask evicted;        ///< was pushed out and has not come back
  PageMask copies;         ///< of the resident ones: copies of host pages, for one kernel launch, or, with managed
                           ///< memory, duplicates that are read only
  BlockFrames frames;
  std::uint32_t root = BlockFrames::kNone;  ///< first frame of the 2 MiB chunk that the block holds as a whole
  bool folio = false;                       ///< the whole block is one 2 MiB folio here
  bool served = false;                      ///< the driver has served a fault here before
};

/// A block as a whole.
struct BlockState {
  BlockNumber number;
  PageMask host;                    ///< in host memory (perhaps still on the way)
  PageMask touched;                 ///< accessed at least once
  PageMask transit;                 ///< being moved by `owner`
  PageMask pinned;                  ///< somebody holds a reference that keeps the page where it is
  PageMask shared;                  ///< shared with a child since a fork: a write copies
  std::uint32_t owner = 0;          ///< who has the block locked; 0: nobody
  std::uint32_t invalidations = 0;  ///< mmu_interval sequence: changes of mappings that devices were told of
  bool split = false;               ///< host memory here is no longer one 2 MiB folio, if it was
};

/// Processor 0 is the host, processor d + 1 is device d. References stay valid until the next add().
class ResidencyMap {
 public:
  ResidencyMap(std::size_t devices, std::uint64_t block_limit);

  /// The slot of a block, made if new.
  BlockSlot slot(BlockNumber block);
  std::optional<BlockSlot> find(BlockNumber block) const { return table_.find(block); }

  BlockState& block(BlockSlot slot) { return blocks_[slot.value()]; }
  const BlockState& block(BlockSlot slot) const { return blocks_[slot.value()]; }
  DeviceBlock& device(DeviceId device, BlockSlot slot) { return devices_[device.value()][slot.value()]; }
  const DeviceBlock& device(DeviceId device, BlockSlot slot) const { return devices_[device.value()][slot.value()]; }
  AccessMasks& masks(std::size_t processor, BlockSlot slot) { return masks_[processor][slot.value()]; }
  const AccessMasks& masks(std::size_t processor, BlockSlot slot) const { return masks_[processor][slot.value()]; }

  /// For the replay loop.
  const std::uint32_t* index() const { return table_.index(); }
  const AccessMasks* masks(std::size_t processor) const { return masks_[processor].data(); }

  std::size_t blocks() const { return blocks_.size(); }
  /// Whether slot() would throw for a new block.
  bool full() const { return table_.full(); }
  std::size_t device_count() const { return devices_.size(); }

  /// Pages that have contents anywhere.
  PageMask populated(BlockSlot slot) const;

 private:
  BlockTable table_;
  std::vector<BlockState> blocks_;
  std::vector<std::vector<DeviceBlock>> devices_;
  std::vector<std::vector<AccessMasks>> masks_;
};

}  // namespace farfault
