/// Physical memory as the kernel knows it while memory is added: what all designs share.
#pragma once

#include <cstdint>

#include "models/kernel/kernel_spec.h"
#include "models/kernel/linear_map.h"
#include "models/kernel/node_cache.h"
#include "models/kernel/physical_map.h"
#include "sim/core/units.h"

namespace farfault {

/// What the bookkeeping of added memory takes, computed by real data structures. Figures of several devices add up,
/// except for the height.
struct MetadataFigures {
  std::uint64_t tree_entries = 0;
  std::uint64_t tree_nodes = 0;  ///< made for this memory
  Bytes tree_bytes;
  std::uint64_t tree_height = 0;  ///< of the tree, with all that is in it
  Bytes struct_page_bytes;
  Bytes linear_map_bytes;
  Bytes linear_map_leaf_bytes;  ///< of these, tables of the lowest level
  Bytes address_space;          ///< physical addresses taken
  Bytes exposed;                ///< mapped by the linear map though no CPU can address what is behind
  SimTime setup_time;           ///< sum of the four below
  SimTime tree_time;
  SimTime memmap_time;
  SimTime linear_map_time;
  SimTime section_time;       ///< hotplug of sections
  SimTime hotplug_lock_time;  ///< for which the hotplug lock is held
  MetadataFigures& operator+=(const MetadataFigures& other);
};

/// Owned by the Kernel; designs add to it.
class MemorySetup {
 public:
  /// Lays out system memory of that size from address 0, and the PCI windows of the spec. The hole below 4 GiB, which
  /// moves a few GiB of real machines' memory up, is left out. Throws InputError where they do not fit.
  MemorySetup(const KernelSpec& spec, Bytes system_memory);

  const KernelSpec& spec() const { return spec_; }
  PhysicalMap& physical() { return physical_; }
  LinearMap& linear_map() { return linear_map_; }
  NodeCache& cache() { return cache_; }
  /// End of system memory: pmem and CPU-addressable device memory go above.
  std::uint64_t memory_end() const { return memory_end_; }

 private:
  KernelSpec spec_;
  PhysicalMap physical_;
  LinearMap linear_map_;
  NodeCache cache_;
  std::uint64_t memory_end_ = 0;
};

}  // namespace farfault
