/// The numbers of HPC Challenge RandomAccess.
#pragma once

#include <array>
#include <cstdint>

namespace farfault::traces {

/// x^n modulo x^64 + x^2 + x + 1 over the field of two elements, a bit a coefficient: HPCC RandomAccess (Luszczek et
/// al., "The HPC Challenge (HPCC) Benchmark Suite", SC 2006).
class HpccRandom {
 public:
  /// At x^n: 1, 2, 4, ... for n = 0, 1, 2, ...; in constant time. REQUIRES: n < 2^62.
  explicit constexpr HpccRandom(std::uint64_t n = 0) {
    // By squaring: the square of x^i is x^(2i).
    std::array<std::uint64_t, 64> squares{};
    std::uint64_t power = 1;
    for (std::uint64_t& each : squares) {
      each = power;
      power = doubled(doubled(power));
    }
    for (int bit = 62; bit >= 0; --bit) {
      std::uint64_t square = 0;
      for (unsigned i = 0; i < 64; ++i) square ^= (value_ >> i & 1U) != 0 ? squares[i] : 0;
      value_ = (n >> static_cast<unsigned>(bit) & 1U) != 0 ? doubled(square) : square;
    }
  }

  constexpr std::uint64_t value() const { return value_; }
  constexpr std::uint64_t next() { return value_ = doubled(value_); }

 private:
  static constexpr std::uint64_t doubled(std::uint64_t x) { return x << 1U ^ (x >> 63U) * 7; }

  std::uint64_t value_ = 1;
};

}  // namespace farfault::traces
