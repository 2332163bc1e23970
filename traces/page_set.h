/// The pages that a trace touches, as bitmaps of their 2 MiB blocks.
#pragma once

#include <tsl/robin_map.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/units.h"

namespace farfault::traces {

/// Numbers of blocks and pages come with equal low bits (one block a GiB); the table takes the low bits of the hash.
struct MixHash {
  std::size_t operator()(std::uint64_t number) const noexcept {
    number *= 0x9e3779b97f4a7c15;
    return static_cast<std::size_t>(number ^ number >> 32U);
  }
};

/// Memory: below 300 bytes a block.
class PageSet {
 public:
  /// `too_many` is the InputError that is thrown where there would be more than `block_limit` blocks.
  PageSet(Diagnostic too_many, std::uint64_t block_limit) : too_many_(std::move(too_many)), block_limit_(block_limit) {}

  /// Both ends are in. Returns how many of them are new.
  std::uint64_t add(std::uint64_t first_page, std::uint64_t last_page) {
    std::uint64_t added = 0;
    for (std::uint64_t page = first_page;;) {
      std::uint64_t& word = word_of(page);
      // The pages of the range that share the word.
      const std::uint64_t word_end = page | 63U;
      const std::uint64_t end = last_page < word_end ? last_page : word_end;
      const std::uint64_t before = word;
      word |= ~std::uint64_t{0} >> (63 - (end - page)) << (page & 63U);
      added += static_cast<std::uint64_t>(std::popcount(word ^ before));
      if (end == last_page) break;
      page = end + 1;
    }
    pages_ += added;
    return added;
  }
  /// Calls visit(page number) for each page, in no order that means anything.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [block, index] : index_) {
      for (std::uint64_t i = 0; i < maps_[index].size(); ++i) {
        for (std::uint64_t word = maps_[index][i]; word != 0; word &= word - 1) {
          visit(block * kPagesPerBlock + i * 64 + static_cast<unsigned>(std::countr_zero(word)));
        }
      }
    }
  }
  std::uint64_t blocks() const { return maps_.size(); }
  std::uint64_t pages() const { return pages_; }

 private:
  using Map = std::array<std::uint64_t, kPagesPerBlock / 64>;

  std::uint64_t& word_of(std::uint64_t page) {
    const std::uint64_t block = PageNumber(page).block().value();
    if (block != last_block_) [[unlikely]] {
      last_index_ = index_of(block);
      last_block_ = block;
    }
    return maps_[last_index_][PageNumber(page).index_in_block() / 64];
  }

  std::size_t index_of(std::uint64_t block) {
    const auto known = index_.find(block);
    if (known != index_.end()) return known->second;
    if (maps_.size() >= block_limit_) throw InputError(too_many_);
    index_.emplace(block, maps_.size());
    maps_.push_back({});
    return maps_.size() - 1;
  }

  Diagnostic too_many_;
  std::uint64_t block_limit_;
  tsl::robin_map<std::uint64_t, std::size_t, MixHash> index_;
  std::vector<Map> maps_;
  std::uint64_t pages_ = 0;
  std::uint64_t last_block_ = ~std::uint64_t{0};  ///< none: a block number has 43 bits
  std::size_t last_index_ = 0;
};

}  // namespace farfault::traces
