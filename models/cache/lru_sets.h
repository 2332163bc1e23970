/// Tags of a set-associative structure whose sets replace what was used least recently: TLBs, walk caches and caches.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace farfault {

/// Entries of a set lie in the order of their use, the most recent first, and empty ones behind. Looking one up costs
/// as many comparisons as entries were used since.
class LruSets {
 public:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
  struct Entry {
    std::uint64_t tag = kEmpty;
    std::uint64_t state = 0;  ///< the owner's
  };

  /// REQUIRES: ways > 0, and a divisor of `entries`. No entries at all are legal: nothing is ever found then.
  LruSets(std::uint64_t entries, std::uint64_t ways)
      : ways_(ways), sets_(entries / ways), mask_(sets_ - 1), power_of_two_((sets_ & mask_) == 0), entries_(entries) {}

  std::uint64_t sets() const { return sets_; }
  std::uint64_t ways() const { return ways_; }
  std::uint64_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  /// `number` modulo sets(). REQUIRES: !empty().
  std::uint64_t set_of(std::uint64_t number) const { return power_of_two_ ? number & mask_ : number % sets_; }

  /// The entry, which is now the one used last in its set; null if it is not there. Valid until the next call.
  Entry* find(std::uint64_t set, std::uint64_t tag) {
    Entry* const first = entries_.data() + set * ways_;
    if (first->tag == tag) return first;
    for (Entry* at = first + 1; at != first + ways_; ++at) {
      if (at->tag != tag) continue;
      const Entry found = *at;
      std::copy_backward(first, at, at + 1);
      *first = found;
      return first;
    }
    return nullptr;
  }

  /// Puts an entry in as the one used last. Returns what had to go; its tag is kEmpty if there was room.
  /// REQUIRES: the tag is not there.
  Entry insert(std::uint64_t set, Entry entry) {
    Entry* const first = entries_.data() + set * ways_;
    const Entry out = first[ways_ - 1];
    std::copy_backward(first, first + ways_ - 1, first + ways_);
    *first = entry;
    return out;
  }

  /// Takes an entry out. Returns it; its tag is kEmpty if it was not there.
  Entry erase(std::uint64_t set, std::uint64_t tag) {
    Entry* const first = entries_.data() + set * ways_;
    Entry* const end = first + ways_;
    Entry* const at = std::find_if(first, end, [tag](const Entry& entry) { return entry.tag == tag; });
    if (at == end) return {};
    const Entry out = *at;
    std::copy(at + 1, end, at);
    end[-1] = Entry();
    return out;
  }

  /// Takes out every entry of which `gone(entry)` holds. Returns how many.
  template <class Gone>
  std::uint64_t erase_if(Gone&& gone) {
    std::uint64_t count = 0;
    for (std::uint64_t set = 0; set < sets_; ++set) {
      Entry* const first = entries_.data() + set * ways_;
      Entry* const end = first + ways_;
      Entry* const kept =
          std::remove_if(first, end, [&](const Entry& entry) { return entry.tag != kEmpty && gone(entry); });
      count += static_cast<std::uint64_t>(end - kept);
      std::fill(kept, end, Entry());
    }
    return count;
  }

  /// Takes everything out.
  void clear() { std::fill(entries_.begin(), entries_.end(), Entry()); }

 private:
  std::uint64_t ways_;
  std::uint64_t sets_;
  std::uint64_t mask_;
  bool power_of_two_;
  std::vector<Entry> entries_;
};

}  // namespace farfault
