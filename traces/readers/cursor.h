/// Takes a line of text apart from its front, for readers of text formats.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace farfault::traces {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The value of a hexadecimal digit in lower case, or 16 and more.
constexpr unsigned hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return 16;
}

/// What is left of a line; each function takes something off its front, or leaves it as it is and says so.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  /// Up to, not including, the first of `ends`, or all.
  std::string_view take_until(std::string_view ends) {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(word.size());
    return word;
  }
  std::optional<std::uint64_t> take_decimal() {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t value = 0;
    std::size_t n = 0;
    for (; n < rest_.size() && is_digit(rest_[n]); ++n) {
      const auto digit = static_cast<std::uint64_t>(rest_[n] - '0');
      if (value > (kMax - digit) / 10) return std::nullopt;
      value = value * 10 + digit;
    }
    if (n == 0) return std::nullopt;
    rest_.remove_prefix(n);
    return value;
  }
  /// At most 16 digits.
  std::optional<std::uint64_t> take_hex() {
    std::uint64_t value = 0;
    std::size_t n = 0;
    for (; n < rest_.size() && hex_value(rest_[n]) < 16; ++n) {
      if (n == 16) return std::nullopt;
      value = value << 4U | hex_value(rest_[n]);
    }
    if (n == 0) return std::nullopt;
    rest_.remove_prefix(n);
    return value;
  }
  /// An argument of a system call: "0x" and hexadecimal, or decimal, maybe negative.
  std::optional<std::uint64_t> take_argument() {
    Cursor ahead = *this;
    const bool negative = ahead.take("-");
    const std::optional<std::uint64_t> value = ahead.take("0x") ? ahead.take_hex() : ahead.take_decimal();
    if (!value) return std::nullopt;
    *this = ahead;
    return negative ? 0 - *value : *value;
  }

 private:
  std::string_view rest_;
};

}  // namespace farfault::traces
