/// Numbers that look random and are the same everywhere, from a key.
#pragma once

#include <cstdint>

namespace farfault {

/// A bijection of the 64-bit integers that changes half of the bits on average: the finalizer of SplitMix64 (Steele,
/// Lea, Flood 2014; constants of Vigna's splitmix64.c).
constexpr std::uint64_t mix64(std::uint64_t z) {
  z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27U) * 0x94d049bb133111eb;
  return z ^ z >> 31U;
}

/// In [0, 1), with 53 bits.
constexpr double unit_interval(std::uint64_t key) { return static_cast<double>(mix64(key) >> 11U) * 0x1p-53; }

}  // namespace farfault
