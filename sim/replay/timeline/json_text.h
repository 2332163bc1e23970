/// Numbers of timeline.json as text.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

namespace farfault::timeline {

inline void append(std::string& out, std::uint64_t value) { out += std::to_string(value); }
/// Six digits: of a mean, more would be noise and bytes.
inline void append(std::string& out, double value) {
  std::array<char, 32> text{};
  out.append(text.data(),
             std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6).ptr);
}

/// "[1,2,3]"
template <class T>
std::string list_of(const std::vector<T>& values) {
  std::string out = "[";
  for (const T& value : values) {
    if (out.size() > 1) out += ',';
    append(out, value);
  }
  return out + ']';
}

/// Runs of equal values: "[value,times,value,times]".
template <class T>
std::string runs_of(const std::vector<T>& values) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    if (out.size() > 1) out += ',';
    append(out, values[i]);
    out += ',';
    append(out, static_cast<std::uint64_t>(end - i));
    i = end;
  }
  return out + ']';
}

}  // namespace farfault::timeline
