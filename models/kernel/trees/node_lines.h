/// Where the nodes of a tree lie, in lines of a NodeCache.
#pragma once

#include <cstdint>
#include <vector>

#include "models/kernel/node_cache.h"
#include "sim/core/units.h"

namespace farfault {

/// Gives each node a place. Places of freed nodes are used again, the last freed first, as slab allocators do.
class NodeLines {
 public:
  /// Borrows the cache. REQUIRES: node_bytes is a multiple of a line.
  NodeLines(NodeCache& cache, Bytes node_bytes)
      : cache_(&cache), region_(cache.new_region()), lines_(node_bytes / NodeCache::kLine) {}

  std::uint64_t make();
  void free(std::uint64_t id) { free_.push_back(id); }
  /// Nodes that are made and not freed.
  std::uint64_t live() const { return made_ - free_.size(); }

  /// Line of a byte of a node, counted from the node's start.
  static std::uint64_t line_of(std::uint64_t byte) { return byte / NodeCache::kLine.count(); }
  SimTime read(std::uint64_t id, std::uint64_t line) { return cache_->read(region_ + id * lines_ + line); }
  SimTime read_all(std::uint64_t id);

 private:
  NodeCache* cache_;
  std::uint64_t region_;
  std::uint64_t lines_;
  std::uint64_t made_ = 0;  ///< different places
  std::vector<std::uint64_t> free_;
};

}  // namespace farfault
