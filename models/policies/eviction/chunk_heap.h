/// Chunks by rank, the lowest first: for policies whose order no list can keep.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/policies/eviction/per_chunk.h"

namespace farfault {

/// A binary heap that knows where each chunk is. Equal ranks leave in the order in which they got them. Operations take
/// O(log n), and allocate only when there are more chunks, or a larger id, than ever before.
class ChunkHeap {
 public:
  /// REQUIRES: the chunk is not there.
  void push(ChunkId chunk, std::uint64_t rank) {
    places_.reach(chunk);
    heap_.push_back({rank, ++ranked_, chunk});
    up(heap_.size() - 1);
  }
  /// REQUIRES: the chunk is there, and its rank is not above `rank`.
  void raise(ChunkId chunk, std::uint64_t rank) {
    const std::size_t at = places_[chunk];
    heap_[at].rank = rank;
    heap_[at].order = ++ranked_;
    down(at);
  }
  /// REQUIRES: the chunk is there.
  void change(ChunkId chunk, std::uint64_t rank) {
    const std::size_t at = places_[chunk];
    heap_[at].rank = rank;
    heap_[at].order = ++ranked_;
    up(at);
    down(places_[chunk]);
  }
  /// REQUIRES: the chunk is there.
  std::uint64_t rank(ChunkId chunk) const { return heap_[places_[chunk]].rank; }
  /// REQUIRES: the chunk is there.
  void remove(ChunkId chunk) {
    const std::size_t at = places_[chunk];
    const Entry last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    put(at, last);
    up(at);
    down(places_[last.chunk]);
  }
  /// The lowest for which `accept(chunk)` holds. Each that is lower costs O(log n).
  template <class Accept>
  std::optional<ChunkId> first(Accept&& accept) {
    std::optional<ChunkId> found;
    refused_.clear();
    while (!heap_.empty() && !found) {
      const Entry lowest = heap_.front();
      if (accept(lowest.chunk)) {
        found = lowest.chunk;
      } else {
        refused_.push_back(lowest);
        remove(lowest.chunk);
      }
    }
    for (const Entry& entry : refused_) {
      heap_.push_back(entry);
      up(heap_.size() - 1);
    }
    return found;
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Entry& entry : heap_) visit(entry.chunk);
  }
  /// Gives each chunk the rank `map(its rank)`. O(n log n). REQUIRES: what was lower does not become higher.
  template <class Map>
  void map_ranks(Map&& map) {
    for (Entry& entry : heap_) entry.rank = map(entry.rank);
    // Ranks that have become equal are in the order in which they were given, as all others.
    std::sort(heap_.begin(), heap_.end(), [](const Entry& a, const Entry& b) { return a.before(b); });
    for (std::size_t at = 0; at < heap_.size(); ++at) places_[heap_[at].chunk] = static_cast<std::uint32_t>(at);
  }

 private:
  struct Entry {
    std::uint64_t rank;
    std::uint64_t order;  ///< in which ranks were given
    ChunkId chunk;
    bool before(const Entry& o) const { return rank != o.rank ? rank < o.rank : order < o.order; }
  };

  void put(std::size_t at, const Entry& entry) {
    heap_[at] = entry;
    places_[entry.chunk] = static_cast<std::uint32_t>(at);
  }
  void up(std::size_t at) {
    const Entry entry = heap_[at];
    for (; at != 0 && entry.before(heap_[(at - 1) / 2]); at = (at - 1) / 2) put(at, heap_[(at - 1) / 2]);
    put(at, entry);
  }
  void down(std::size_t at) {
    const Entry entry = heap_[at];
    for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
      if (!heap_[child].before(entry)) break;
      put(at, heap_[child]);
      at = child;
    }
    put(at, entry);
  }

  std::vector<Entry> heap_;
  PerChunk<std::uint32_t> places_;  // index in heap_
  std::vector<Entry> refused_;
  std::uint64_t ranked_ = 0;
};

}  // namespace farfault
