/// A doubly linked list of chunks in two 32-bit words a chunk: the order that list-based eviction policies keep.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// All operations are O(1) and allocate only when a chunk id is larger than any before.
class ChunkList {
 public:
  std::size_t size() const { return size_; }
  bool contains(ChunkId chunk) const {
    const std::size_t node = node_of(chunk);
    return node < nodes_.size() && nodes_[node].next != kAbsent;
  }
  /// REQUIRES: !contains(chunk).
  void push_back(ChunkId chunk) {
    const std::size_t node = node_of(chunk);
    if (node >= nodes_.size()) nodes_.resize(node + 1 + node / 2);
    link_before_end(static_cast<std::uint32_t>(node));
    ++size_;
  }
  /// REQUIRES: contains(chunk).
  void remove(ChunkId chunk) {
    const std::size_t node = node_of(chunk);
    unlink(static_cast<std::uint32_t>(node));
    nodes_[node] = Node{};
    --size_;
  }
  /// REQUIRES: contains(chunk).
  void move_to_back(ChunkId chunk) {
    const auto node = static_cast<std::uint32_t>(node_of(chunk));
    if (nodes_[kEnd].previous == node) return;
    unlink(node);
    link_before_end(node);
  }
  /// The first chunk, from the front, for which `accept(chunk)` holds.
  template <class Accept>
  std::optional<ChunkId> first(Accept&& accept) const {
    for (std::uint32_t node = nodes_[kEnd].next; node != kEnd; node = nodes_[node].next) {
      const ChunkId chunk(node - 1);
      if (accept(chunk)) return chunk;
    }
    return std::nullopt;
  }
  /// The first one from the back.
  template <class Accept>
  std::optional<ChunkId> last(Accept&& accept) const {
    for (std::uint32_t node = nodes_[kEnd].previous; node != kEnd; node = nodes_[node].previous) {
      const ChunkId chunk(node - 1);
      if (accept(chunk)) return chunk;
    }
    return std::nullopt;
  }
  std::optional<ChunkId> front() const { return chunk_at(nodes_[kEnd].next); }
  /// The one behind. REQUIRES: contains(chunk).
  std::optional<ChunkId> behind(ChunkId chunk) const { return chunk_at(nodes_[node_of(chunk)].next); }
  /// Asks the processor for a chunk's links ahead of their use.
  void prefetch(ChunkId chunk) const {
    const std::size_t node = node_of(chunk);
    if (node < nodes_.size()) __builtin_prefetch(&nodes_[node], 1);
  }

 private:
  static constexpr std::uint32_t kEnd = 0;
  static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};
  struct Node {
    std::uint32_t previous = kAbsent;
    std::uint32_t next = kAbsent;
  };

  static std::optional<ChunkId> chunk_at(std::uint32_t node) {
    return node == kEnd ? std::nullopt : std::optional(ChunkId(node - 1));
  }
  static std::size_t node_of(ChunkId chunk) { return std::size_t{chunk.value()} + 1; }

  void link_before_end(std::uint32_t node) {
    const std::uint32_t last = nodes_[kEnd].previous;
    nodes_[node] = Node{last, kEnd};
    nodes_[last].next = node;
    nodes_[kEnd].previous = node;
  }
  void unlink(std::uint32_t node) {
    const Node links = nodes_[node];
    nodes_[links.previous].next = links.next;
    nodes_[links.next].previous = links.previous;
  }

  std::size_t size_ = 0;
  std::vector<Node> nodes_ = {Node{kEnd, kEnd}};  // node 0 closes the ring; chunk c is node c + 1
};

}  // namespace farfault
