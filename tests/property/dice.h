/// Random decisions of a property.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <initializer_list>

namespace farfault::testing {

/// A stream of bits that a property draws once: rapidcheck's own containers stay too small for long histories.
class Dice {
 public:
  Dice() : Dice(*rc::gen::arbitrary<std::uint64_t>()) {}
  explicit Dice(std::uint64_t seed) : state_(seed | 1U) {}
  std::uint64_t below(std::uint64_t n) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return (state_ * 0x9E3779B97F4A7C15ULL >> 32U) % n;
  }
  bool once_in(std::uint64_t n) { return below(n) == 0; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return *(choices.begin() + below(choices.size()));
  }

 private:
  std::uint64_t state_;
};

}  // namespace farfault::testing
