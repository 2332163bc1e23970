/// The numbers that glibc's rand() gives, for programs whose inputs are drawn with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace farfault::traces {

/// The additive feedback generator r[i] = r[i - 3] + r[i - 31] over 32 bits, of which the lowest bit is dropped: glibc
/// stdlib/random_r.c, TYPE_3. Seed 1 is what a program gets that never calls srand().
class GlibcRandom {
 public:
  static constexpr std::uint32_t kMax = 0x7fffffff;  ///< RAND_MAX

  explicit constexpr GlibcRandom(std::uint32_t seed = 1) {
    // A Lehmer generator fills the state; a seed of 0 would leave it at 0.
    std::int64_t word = seed == 0 ? 1 : static_cast<std::int32_t>(seed);
    for (std::uint32_t& each : state_) {
      each = static_cast<std::uint32_t>(word);
      word = 16807 * word % kMax;
      if (word < 0) word += kMax;
    }
    for (std::size_t i = 0; i < 10 * state_.size(); ++i) next();
  }

  /// Uniform over 0 .. kMax.
  constexpr std::uint32_t next() {
    const std::uint32_t sum = state_[front_] += state_[back_];
    if (++front_ == state_.size()) front_ = 0;
    if (++back_ == state_.size()) back_ = 0;
    return sum >> 1U;
  }

 private:
  std::array<std::uint32_t, 31> state_{};
  std::size_t front_ = 3;
  std::size_t back_ = 0;
};

}  // namespace farfault::traces
