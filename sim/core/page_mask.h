/// A set of the 512 pages of one 2 MiB block.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "sim/core/units.h"

namespace farfault {

class PageMask {
 public:
  static constexpr unsigned kWords = kPagesPerBlock / 64;

  constexpr PageMask() = default;
  static constexpr PageMask all() {
    PageMask m;
    m.words_.fill(~std::uint64_t{0});
    return m;
  }
  static constexpr PageMask single(unsigned page) {
    PageMask m;
    m.set(page);
    return m;
  }
  /// Pages [first, end). REQUIRES: first <= end <= 512.
  static constexpr PageMask range(unsigned first, unsigned end) {
    PageMask m;
    if (first >= end) return m;
    const unsigned last_word = (end - 1) >> 6U;
    const std::uint64_t low = ~std::uint64_t{0} << (first & 63U);
    const std::uint64_t high = ~std::uint64_t{0} >> (63U - ((end - 1) & 63U));
    for (unsigned w = first >> 6U; w <= last_word; ++w) m.words_[w] = ~std::uint64_t{0};
    m.words_[first >> 6U] &= low;
    m.words_[last_word] &= high;
    return m;
  }

  constexpr bool test(unsigned page) const { return (words_[page >> 6U] >> (page & 63U) & 1U) != 0; }
  constexpr void set(unsigned page) { words_[page >> 6U] |= std::uint64_t{1} << (page & 63U); }
  constexpr void reset(unsigned page) { words_[page >> 6U] &= ~(std::uint64_t{1} << (page & 63U)); }

  /// Sets the 64 pages of a word at once.
  constexpr void set_word(unsigned word, std::uint64_t bits) { words_[word] = bits; }

  constexpr unsigned count() const {
    unsigned n = 0;
    for (const std::uint64_t w : words_) n += static_cast<unsigned>(std::popcount(w));
    return n;
  }
  /// Pages of the set in [first, end).
  constexpr unsigned count(unsigned first, unsigned end) const { return (*this & range(first, end)).count(); }
  constexpr bool none() const {
    std::uint64_t any = 0;
    for (const std::uint64_t w : words_) any |= w;
    return any == 0;
  }
  constexpr bool any() const { return !none(); }
  constexpr bool full() const { return count() == kPagesPerBlock; }
  constexpr bool contains(const PageMask& other) const { return (other & ~*this).none(); }
  constexpr bool intersects(const PageMask& other) const { return (*this & other).any(); }

  /// The first page of the set at or after `from`; 512 if there is none.
  constexpr unsigned next(unsigned from) const {
    if (from >= kPagesPerBlock) return kPagesPerBlock;
    unsigned w = from >> 6U;
    std::uint64_t bits = words_[w] & (~std::uint64_t{0} << (from & 63U));
    while (bits == 0) {
      if (++w == kWords) return kPagesPerBlock;
      bits = words_[w];
    }
    return w * 64 + static_cast<unsigned>(std::countr_zero(bits));
  }
  /// The first page at or after `from` that is not in the set; 512 if there is none.
  constexpr unsigned next_absent(unsigned from) const { return (~*this).next(from); }

  /// Calls `f(page)` for each page, ascending.
  template <class F>
  constexpr void for_each(F&& f) const {
    for (unsigned w = 0; w < kWords; ++w) {
      for (std::uint64_t bits = words_[w]; bits != 0; bits &= bits - 1) {
        f(w * 64 + static_cast<unsigned>(std::countr_zero(bits)));
      }
    }
  }
  /// Calls `f(first, end)` for each run of contiguous pages, ascending.
  template <class F>
  constexpr void for_each_run(F&& f) const {
    const PageMask absent = ~*this;
    for (unsigned first = next(0); first < kPagesPerBlock;) {
      const unsigned end = absent.next(first);
      f(first, end);
      first = next(end);
    }
  }
  /// Number of runs of contiguous pages.
  constexpr unsigned runs() const {
    unsigned n = 0;
    std::uint64_t carry = 0;
    for (const std::uint64_t w : words_) {
      n += static_cast<unsigned>(std::popcount(w & ~(w << 1U | carry)));
      carry = w >> 63U;
    }
    return n;
  }

  constexpr PageMask operator~() const {
    PageMask m;
    for (unsigned w = 0; w < kWords; ++w) m.words_[w] = ~words_[w];
    return m;
  }
  constexpr PageMask& operator|=(const PageMask& o) {
    for (unsigned w = 0; w < kWords; ++w) words_[w] |= o.words_[w];
    return *this;
  }
  constexpr PageMask& operator&=(const PageMask& o) {
    for (unsigned w = 0; w < kWords; ++w) words_[w] &= o.words_[w];
    return *this;
  }
  friend constexpr PageMask operator|(PageMask a, const PageMask& b) { return a |= b; }
  friend constexpr PageMask operator&(PageMask a, const PageMask& b) { return a &= b; }
  constexpr bool operator==(const PageMask&) const = default;

  /// The bits, page 0 the lowest of word 0: what the replay loop tests.
  constexpr const std::array<std::uint64_t, kWords>& words() const { return words_; }

 private:
  std::array<std::uint64_t, kWords> words_{};
};
static_assert(sizeof(PageMask) == 64);

}  // namespace farfault
