#include "sim/replay/metadata.h"

namespace farfault {

void add_metadata(Statistics& out, const MetadataFigures& figures) {
  out.count("metadata.tree_entries", figures.tree_entries, "entries of the design's physical-address tree");
  out.count("metadata.tree_nodes", figures.tree_nodes, "its nodes");
  out.bytes("metadata.tree_bytes", figures.tree_bytes, "its memory");
  out.count("metadata.tree_height", figures.tree_height, "its height");
  out.bytes("metadata.struct_page_bytes", figures.struct_page_bytes, "struct pages of device memory");
  out.bytes("metadata.linear_map_bytes", figures.linear_map_bytes, "page tables of a linear map of device memory");
  out.bytes("metadata.linear_map_leaf_bytes", figures.linear_map_leaf_bytes, "of these, tables of the lowest level");
  out.bytes("metadata.address_space", figures.address_space, "physical addresses that device memory takes");
  out.bytes("metadata.exposed", figures.exposed, "mapped by the linear map though no CPU can address what is behind");
  out.time("metadata.setup_time", figures.setup_time, "set-up of all devices one after the other; not in time.total");
  out.time("metadata.setup_time.tree", figures.tree_time, "of this, the tree's work");
  out.time("metadata.setup_time.memmap", figures.memmap_time, "of this, initialisation of struct pages");
  out.time("metadata.setup_time.linear_map", figures.linear_map_time, "of this, writing the linear map");
  out.time("metadata.setup_time.sections", figures.section_time, "of this, hotplug of sections");
  out.time("metadata.hotplug_lock_time", figures.hotplug_lock_time, "time for which set-up holds the hotplug lock");
}

}  // namespace farfault
