/// The fast way to read hexadecimal numbers as tools print them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "traces/readers/cursor.h"

namespace farfault::traces {

/// The value of eight lower-case hexadecimal digits, all at once. False if one of them is something else.
inline bool parse_hex8(const char* text, std::uint64_t& value) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t v = 0;
  std::memcpy(&v, text, sizeof v);
  if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap64(v);
  // The top bit of each byte says whether it lies in '0'..'9' or 'a'..'f'. A byte above 0x7f may carry into the next
  // one and spoil its answer, but is itself refused by ~v, and with it the whole.
  const std::uint64_t digit = (v + kOnes * (0x80 - '0')) & ~(v + kOnes * (0x80 - '9' - 1));
  const std::uint64_t letter = (v + kOnes * (0x80 - 'a')) & ~(v + kOnes * (0x80 - 'f' - 1)) & (kOnes << 7U);
  if (((digit | letter) & ~v & (kOnes << 7U)) != kOnes << 7U) return false;
  v = (v & (kOnes * 0x0f)) + (letter >> 7U) * 9;
  v = (v << 4U | v >> 8U) & 0x00ff00ff00ff00ff;
  v = (v << 8U | v >> 16U) & 0x0000ffff0000ffff;
  value = (v << 16U | v >> 32U) & 0xffffffff;
  return true;
}

/// Takes an address as tools print them off the front: hexadecimal, with or without "0x". Nothing, and all left as it
/// was, if there is none of 1 to 16 digits.
inline std::optional<std::uint64_t> take_address(Cursor& text) {
  constexpr std::size_t kPadded = 18;  // "0x00007f1200000000"
  const std::string_view rest = text.rest();
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  if (rest.size() >= kPadded && rest[0] == '0' && rest[1] == 'x' && parse_hex8(rest.data() + 2, high) &&
      parse_hex8(rest.data() + 10, low) && (rest.size() == kPadded || hex_value(rest[kPadded]) >= 16)) [[likely]] {
    text = Cursor(rest.substr(kPadded));
    return high << 32U | low;
  }
  Cursor ahead = text;
  ahead.take("0x");
  const std::optional<std::uint64_t> address = ahead.take_hex();
  if (address) text = ahead;
  return address;
}

}  // namespace farfault::traces
