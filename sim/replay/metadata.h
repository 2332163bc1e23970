/// What the kernel's bookkeeping of added memory takes, as named figures.
#pragma once

#include <string>

#include "models/kernel/memory_setup.h"
#include "sim/core/statistics.h"

namespace farfault {

/// Adds PREFIX.tree_entries, .tree_nodes, .tree_bytes, .tree_height, .struct_page_bytes, .linear_map_bytes,
/// .linear_map_leaf_bytes, .address_space, .exposed, .setup_time with .tree, .memmap, .linear_map and .sections, and
/// .hotplug_lock_time. `whose` ends their descriptions: "device memory".
void add_metadata(Statistics& out, const MetadataFigures& figures, const std::string& prefix = "metadata",
                  const std::string& whose = "device memory");

/// Adds metadata.setup_time.parallel.
void add_parallel_setup(Statistics& out, SimTime time);

}  // namespace farfault
