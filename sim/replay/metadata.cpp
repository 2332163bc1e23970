#include "sim/replay/metadata.h"

namespace farfault {

void add_metadata(Statistics& out, const MetadataFigures& figures, const std::string& prefix,
                  const std::string& whose) {
  const std::string of = " of " + whose;
  out.count(prefix + ".tree_entries", figures.tree_entries, "entries" + of + " in the design's tree");
  out.count(prefix + ".tree_nodes", figures.tree_nodes, "nodes of the tree that were made for them");
  out.bytes(prefix + ".tree_bytes", figures.tree_bytes, "memory of these nodes");
  out.count(prefix + ".tree_height", figures.tree_height, "height of the tree, with all that is in it");
  out.bytes(prefix + ".struct_page_bytes", figures.struct_page_bytes, "struct pages" + of);
  out.bytes(prefix + ".linear_map_bytes", figures.linear_map_bytes, "page tables of a linear map" + of);
  out.bytes(prefix + ".linear_map_leaf_bytes", figures.linear_map_leaf_bytes, "of these, tables of the lowest level");
  out.bytes(prefix + ".address_space", figures.address_space, "physical addresses" + of);
  out.bytes(prefix + ".exposed", figures.exposed, "of these, mapped though no CPU can address what is behind");
  out.time(prefix + ".setup_time", figures.setup_time, "adding the memory to the kernel; not part of time.total");
  out.time(prefix + ".setup_time.tree", figures.tree_time, "of this, the tree");
  out.time(prefix + ".setup_time.memmap", figures.memmap_time, "of this, struct pages");
  out.time(prefix + ".setup_time.linear_map", figures.linear_map_time, "of this, the linear map");
  out.time(prefix + ".setup_time.sections", figures.section_time, "of this, hotplug of sections");
  out.time(prefix + ".hotplug_lock_time", figures.hotplug_lock_time, "of this, under the hotplug lock");
}

void add_parallel_setup(Statistics& out, SimTime time) {
  out.time("metadata.setup_time.parallel", time,
           "set-up of all devices at once, each by a thread of its own that queues for the hotplug lock");
}

}  // namespace farfault
