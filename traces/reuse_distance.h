/// Reuse distances of pages: how many other pages were touched since a page was touched last. What a memory of N pages
/// with LRU replacement keeps are exactly the touches at a distance below N.
///
/// After Bennett and Kruskal, "LRU Stack Processing", IBM J. Res. Dev. 1975: pages stand in the order of their last
/// touches, and the pages behind one are counted with a tree of partial sums (Fenwick 1994). The pages that were
/// touched last stand in an array before the tree, since most touches are of them.
#pragma once

#include <tsl/robin_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "traces/page_set.h"

namespace farfault::traces {

/// Exact. Memory: below 100 bytes a page, and at most `page_limit` pages. Not thread-safe.
class ReuseDistances {
 public:
  /// Touches at a distance below kBounds[i] and not below kBounds[i - 1].
  static constexpr std::array<std::uint64_t, 5> kBounds = {1, 16, 256, 4096, 65536};

  struct Counts {
    std::array<std::uint64_t, kBounds.size()> below{};
    std::uint64_t beyond = 0;  ///< a distance of kBounds.back() or more
    std::uint64_t first = 0;   ///< touches of a page that was not touched before

    bool operator==(const Counts&) const = default;
  };

  /// With `every_distance`, by_distance() is kept as well: 8 bytes more a page.
  explicit ReuseDistances(std::uint64_t page_limit, bool every_distance = false)
      : page_limit_(page_limit), every_distance_(every_distance) {}

  void touch(std::uint64_t page) {
    if (recent_size_ != 0 && page == recent_[0]) {
      ++counts_.below[0];
    } else {
      touch_other(page);
    }
  }
  /// Touches so far, by distance. Nothing once there were too many pages.
  std::optional<Counts> counts() const;
  /// Touches of pages that had been touched before, each at the index of its distance. Nothing once there were too many
  /// pages. REQUIRES: every_distance.
  std::optional<std::vector<std::uint64_t>> by_distance() const;

 private:
  /// As many as the second bound, so that a page in the array needs no counting.
  static constexpr std::size_t kRecent = kBounds[1];
  static constexpr std::uint32_t kNoSlot = 0xffffffff;

  void touch_other(std::uint64_t page);
  void make_recent(std::uint64_t page, std::size_t from);
  void count(std::uint64_t distance);
  void count_exactly(std::uint64_t distance);
  std::uint64_t take_out(std::uint32_t slot);
  void append(std::uint64_t page);
  void close_gaps();
  void add_to_sums(std::size_t word, std::uint32_t difference);

  std::uint64_t page_limit_;
  bool every_distance_;
  std::vector<std::uint64_t> by_distance_;  ///< without those of distance 0, which counts_ has
  bool full_ = false;
  Counts counts_;

  std::array<std::uint64_t, kRecent> recent_{};  ///< the pages touched last, the very last one first
  std::size_t recent_size_ = 0;

  // Older pages, each in a slot; a later touch has a higher slot.
  tsl::robin_map<std::uint64_t, std::uint32_t, MixHash> slots_;  ///< of each page; kNoSlot while it is recent
  std::vector<std::uint64_t> pages_;                             ///< by slot; what it was where the slot is free again
  std::vector<std::uint64_t> taken_;                             ///< a bit for each slot
  std::vector<std::uint32_t> sums_;                              ///< Fenwick tree of the taken slots in each word
  std::size_t next_slot_ = 0;
  std::size_t old_pages_ = 0;  ///< taken slots
};

}  // namespace farfault::traces
