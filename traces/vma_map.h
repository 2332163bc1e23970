/// The mappings of a trace's address space at one place of it, as its events make and change them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "traces/access.h"

namespace farfault::traces {

/// A range of virtual memory whose pages are alike.
struct Vma {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  std::uint8_t protection = 0;  ///< as Event::protection
  Backing backing = Backing::kUnknown;
  std::string name;

  bool operator==(const Vma&) const = default;
};

/// Follows mmap, munmap, mremap, mprotect and brk. One address space: processes of a trace are taken as one. Memory: at
/// most kMaxRanges ranges and kMaxNameBytes of names, whatever the events say. Not thread-safe.
class VmaMap {
 public:
  static constexpr std::size_t kMaxRanges = 65536;
  static constexpr std::size_t kMaxNameBytes = std::size_t{16} << 20U;

  /// Other events than those above change nothing. What is mapped over something else replaces it; what is unmapped in
  /// the middle of a range leaves two.
  void apply(const Event& event);

  /// By their start, without overlaps. Equal neighbours are one range only where mprotect or brk made them equal.
  const std::map<std::uint64_t, Vma>& ranges() const { return ranges_; }
  /// The range that holds the address; null if none does. Valid until the next apply().
  const Vma* find(std::uint64_t address) const;
  /// Whether a range or a name was left out because there were too many.
  bool full() const { return full_; }
  /// What makes these mappings in an empty address space: kBrk for the heap first, then kMmap, ordered by address.
  /// Their position and agent are 0.
  std::vector<Event> as_events() const;

 private:
  using Ranges = std::map<std::uint64_t, Vma>;

  void add(Vma vma);
  void remove(std::uint64_t start, std::uint64_t end);
  /// Makes `address` a border between ranges.
  void split(std::uint64_t address);
  Ranges::iterator erase(Ranges::iterator at);
  void protect(std::uint64_t start, std::uint64_t end, std::uint8_t protection);
  /// Whether they were alike and touched.
  bool merge_with_next(Ranges::iterator at);
  void move(const Event& event);
  void set_heap(std::uint64_t base, std::uint64_t length);
  bool is_plain_heap(const Vma& vma) const;

  Ranges ranges_;
  std::size_t name_bytes_ = 0;
  bool has_heap_ = false;
  std::uint64_t heap_base_ = 0;
  std::uint64_t heap_length_ = 0;
  bool full_ = false;
};

}  // namespace farfault::traces
