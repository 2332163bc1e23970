/// Physical memory of a device in chunks of 2 MiB, 64 KiB and 4 KiB.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// Sizes of chunk that the allocator hands out.
enum class ChunkSize : std::uint8_t { k4KiB, k64KiB, k2MiB };

constexpr unsigned pages_of(ChunkSize size) {
  return size == ChunkSize::k4KiB ? 1 : size == ChunkSize::k64KiB ? 16 : kPagesPerBlock;
}

/// Root chunks of 2 MiB that split on demand and merge when all of their parts are free, as in the production driver
/// (uvm_pmm_gpu.c). A small chunk is taken from the most broken root that has one, so that whole ones stay whole. All
/// operations take constant time, apart from a scan of one root's 512 bits. A 4 KiB chunk can be had while any page is
/// free; a larger one may not, through fragmentation.
class ChunkAllocator {
 public:
  /// `capacity` is rounded down to whole 4 KiB pages.
  explicit ChunkAllocator(Bytes capacity);

  /// The first 4 KiB frame of a chunk, or nothing if there is no such chunk.
  std::optional<std::uint32_t> allocate(ChunkSize size);
  /// Frees `pages` frames from `first`. REQUIRES: they are allocated, and in one root.
  void free(std::uint32_t first, unsigned pages);

  std::uint64_t capacity_pages() const { return capacity_; }
  std::uint64_t free_pages() const { return free_; }
  std::uint64_t used_pages() const { return capacity_ - free_; }
  /// Root chunks of which nothing is taken.
  std::uint64_t whole_chunks() const { return whole_pages_ / kPagesPerBlock; }
  std::uint64_t peak_pages() const { return peak_; }
  /// Share of the free pages that is not in wholly free root chunks; 0 if nothing is free.
  double fragmentation() const;

 private:
  /// What a root can still give, worst first: kFull, pages only, 64 KiB, everything.
  enum class Class : std::uint8_t { kFull, kPages, kBigPages, kWhole };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Root {
    PageMask free;
    Class listed = Class::kFull;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };

  Class class_of(std::uint32_t root) const;
  void relist(std::uint32_t root);
  void list(std::uint32_t root, Class cls);
  void unlist(std::uint32_t root);
  std::uint32_t take(std::uint32_t root, unsigned first, unsigned pages);

  std::vector<Root> roots_;
  std::uint32_t heads_[4] = {kNone, kNone, kNone, kNone};
  std::uint64_t capacity_;
  std::uint64_t free_;
  std::uint64_t whole_pages_ = 0;  // pages of wholly free roots
  std::uint64_t peak_ = 0;
  unsigned last_root_pages_ = 0;
};

}  // namespace farfault
