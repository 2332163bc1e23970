/// Pseudo-random numbers whose every bit is specified here, so that a seed gives the same trace with any compiler and
/// standard library.
#pragma once

#include <bit>
#include <cstdint>

#include "sim/core/mix.h"

namespace farfault::traces {

/// SplitMix64 (Steele, Lea, Flood 2014; constants of Vigna's splitmix64.c). Spreads a seed over other generators'
/// state.
class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }

  /// A bijection of the 64-bit integers that changes half of the bits on average.
  static constexpr std::uint64_t mix(std::uint64_t z) { return mix64(z); }

 private:
  std::uint64_t state_;
};

/// xoshiro256** 1.0 (Blackman, Vigna 2018): period 2^256 - 1.
class Xoshiro256 {
 public:
  explicit constexpr Xoshiro256(std::uint64_t seed) {
    SplitMix64 spread(seed);
    for (std::uint64_t& word : state_) word = spread.next();
  }
  /// REQUIRES: not all of them are zero.
  constexpr Xoshiro256(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) : state_{a, b, c, d} {}

  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform over 0 .. bound - 1, without bias (Lemire 2019). REQUIRES: bound > 0.
  constexpr std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    Wide product = Wide{next()} * bound;
    if (static_cast<std::uint64_t>(product) < bound) [[unlikely]] {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold) product = Wide{next()} * bound;
    }
    return static_cast<std::uint64_t>(product >> 64U);
  }

  /// Uniform over the multiples of 2^-53 in [0, 1).
  constexpr double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

 private:
  std::uint64_t state_[4] = {};
};

}  // namespace farfault::traces
